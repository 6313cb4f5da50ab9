! Reverses a line by code points: character kind ISO_10646 holds them, and encoding='utf-8' reads and writes them.
program unicode
    use, intrinsic :: iso_fortran_env, only: input_unit, output_unit
    implicit none
    integer, parameter :: ucs4 = selected_char_kind('ISO_10646')
    character(kind=ucs4, len=100) :: line
    integer :: i, n
    open (input_unit, encoding='utf-8')
    open (output_unit, encoding='utf-8')
    read '(a)', line
    n = len_trim(line)
    print '(*(a))', ucs4_'Gr' // char(int(z'FC'), ucs4) // ucs4_'n: ', (line(i:i), i = n, 1, -1)
    close (output_unit)
    open (output_unit, file='/dev/stdout', access='stream', form='formatted')
    print '(a, i0, a)', 'Grüße, 世界 (', n, ')'
end program unicode
