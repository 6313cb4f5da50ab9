//! Whether a program printed what was expected, as judges compare it. Pure.

/// Whether two outputs are the same but for white space at the end of lines, and empty lines at the
/// end of the whole.
pub(crate) fn same(printed: &[u8], expected: &[u8]) -> bool {
    lines(printed).eq(lines(expected))
}

fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    // Line ends are white space too, so what is cut off here are the empty lines at the end.
    text.trim_ascii_end().split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii_end)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::the_same(b"1 2\n3\n", b"1 2\n3\n")]
    #[case::no_last_line_end(b"1 2\n3", b"1 2\n3\n")]
    #[case::empty_lines_at_the_end(b"1\n\n\n", b"1")]
    #[case::white_space_at_line_ends(b"1 \t\n2\r\n", b"1\n2\n")]
    #[case::nothing(b"", b" \n\n")]
    #[case::not_text(b"\xff\0\n", b"\xff\0")]
    fn white_space_at_the_end_does_not_count(#[case] printed: &[u8], #[case] expected: &[u8]) {
        assert!(same(printed, expected) && same(expected, printed));
    }

    #[rstest]
    #[case::other_text(b"1\n2\n", b"1\n3\n")]
    #[case::white_space_at_line_starts(b" 1\n", b"1\n")]
    #[case::white_space_inside(b"1  2\n", b"1 2\n")]
    #[case::an_empty_line_between(b"1\n\n2\n", b"1\n2\n")]
    #[case::less(b"1\n", b"1\n2\n")]
    #[case::nothing(b"", b"0")]
    #[case::a_nul_at_the_end(b"1\0", b"1")]
    fn everything_else_does(#[case] printed: &[u8], #[case] expected: &[u8]) {
        assert!(!same(printed, expected) && !same(expected, printed));
    }
}
