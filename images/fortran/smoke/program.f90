! Linear algebra, a sort of records, and a life simulation: modules, derived types with procedures, array expressions.
module linear
    use, intrinsic :: iso_fortran_env, only: real64
    implicit none
contains
    ! Solves a x = b by elimination with a partial choice of the pivot.
    function solve(matrix, right) result(x)
        real(real64), intent(in) :: matrix(:, :), right(:)
        real(real64) :: x(size(right)), a(size(right), size(right) + 1), row(size(right) + 1)
        integer :: n, k, i, pivot
        n = size(right)
        a(:, :n) = matrix
        a(:, n + 1) = right
        do k = 1, n
            pivot = k - 1 + maxloc(abs(a(k:, k)), dim=1)
            row = a(k, :); a(k, :) = a(pivot, :); a(pivot, :) = row
            do i = k + 1, n
                a(i, k:) = a(i, k:) - a(i, k) / a(k, k) * a(k, k:)
            end do
        end do
        do k = n, 1, -1
            x(k) = (a(k, n + 1) - dot_product(a(k, k + 1:n), x(k + 1:))) / a(k, k)
        end do
    end function solve
end module linear

module people
    implicit none
    type :: person
        character(len=:), allocatable :: name
        integer :: born = 0
    contains
        procedure :: age_in
    end type person
contains
    pure integer function age_in(self, year)
        class(person), intent(in) :: self
        integer, intent(in) :: year
        age_in = year - self%born
    end function age_in

    recursive subroutine sort(list)
        type(person), intent(inout) :: list(:)
        type(person), allocatable :: left(:), right(:)
        integer :: i, l, r
        if (size(list) < 2) return
        left = list(:size(list) / 2)
        right = list(size(list) / 2 + 1:)
        call sort(left)
        call sort(right)
        l = 1
        r = 1
        do i = 1, size(list)
            if (r > size(right)) then
                list(i) = left(l); l = l + 1
            else if (l > size(left)) then
                list(i) = right(r); r = r + 1
            else if (left(l)%born <= right(r)%born) then
                list(i) = left(l); l = l + 1
            else
                list(i) = right(r); r = r + 1
            end if
        end do
    end subroutine sort
end module people

program main
    use, intrinsic :: iso_fortran_env, only: real64, iostat_end
    use linear
    use people
    implicit none
    type(person), allocatable :: list(:)
    character(len=20) :: name
    logical :: alive(8, 8) = .false.
    integer :: born, status, i, step, around(8, 8)

    print '(3f8.3)', solve(reshape([2, 1, -1, -3, -1, 2, -2, 1, 2] * 1.0_real64, [3, 3], order=[2, 1]), &
                           [8, -11, -3] * 1.0_real64)

    allocate (list(0))
    do
        read (*, *, iostat=status) name, born
        if (status == iostat_end) exit
        list = [list, person(trim(name), born)]
    end do
    call sort(list)
    do i = 1, size(list)
        print '(a, t14, i0, i5)', list(i)%name, list(i)%born, list(i)%age_in(2000)
    end do

    alive(1, 2) = .true.; alive(2, 3) = .true.; alive(3, 1:3) = .true.
    do step = 1, 8
        around = neighbours(merge(1, 0, alive))
        alive = around == 3 .or. alive .and. around == 2
    end do
    do i = 1, 8
        print '(*(a1))', merge('#', '.', alive(i, :))
    end do
    print '(a, i0)', 'alive: ', count(alive)
contains
    pure function neighbours(cells) result(total)
        integer, intent(in) :: cells(:, :)
        integer :: total(size(cells, 1), size(cells, 2)), rows(size(cells, 1), size(cells, 2))
        rows = cells + cshift(cells, 1, 1) + cshift(cells, -1, 1)
        total = rows + cshift(rows, 1, 2) + cshift(rows, -1, 2) - cells
    end function neighbours
end program main
