program failing
    implicit none
    integer :: number
    print '(a)', 'before'
    read *, number
    print *, number
end program failing
