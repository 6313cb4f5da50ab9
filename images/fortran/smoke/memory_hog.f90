program hog
    implicit none
    type block
        integer :: bytes(262144)
        type(block), pointer :: next => null()
    end type block
    type(block), pointer, volatile :: blocks
    type(block), pointer :: fresh
    blocks => null()
    do
        allocate (fresh)
        fresh%bytes = 1
        fresh%next => blocks
        blocks => fresh
    end do
end program hog
