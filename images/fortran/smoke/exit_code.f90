program leaving
    implicit none
    stop 3, quiet=.true.
end program leaving
