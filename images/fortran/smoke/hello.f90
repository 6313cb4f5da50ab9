program hello
    implicit none
    character(len=100) :: name
    read '(a)', name
    print '(3a)', 'Hello, ', trim(name), '!'
end program hello
