program endless
    implicit none
    integer, volatile :: turns = 0
    print '(a)', 'before'
    do
        turns = ieor(turns, 1)
    end do
end program endless
