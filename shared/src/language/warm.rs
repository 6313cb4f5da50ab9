//! Interpreters that are started before there is a program for them.

use serde::{Deserialize, Serialize};

/// The lines of a source that may say how it is to be read.
const HEAD_LINES: usize = 2;

/// How a language's interpreter is started ahead: with its `run` command, whose `source_file` it opens
/// and waits at. It must read that from beginning to end, once, as a pipe can be read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Warm {
    /// A source whose first two lines have one of these is read in another way: its interpreter is
    /// started for it.
    #[serde(default)]
    pub unless: Vec<String>,
}

impl Warm {
    /// Whether the interpreter can read this source from a pipe as it would from a file.
    pub fn takes(&self, source: &[u8]) -> bool {
        let Ok(text) = std::str::from_utf8(source) else { return false };
        let mut head = text.lines().take(HEAD_LINES);
        let reads_otherwise = |line: &str| self.unless.iter().any(|word| line.contains(word));
        !text.is_empty() && !text.contains('\0') && !head.any(reads_otherwise)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(b"print(1)", true)]
    #[case("print('ä')".as_bytes(), true)]
    #[case(b"#!/usr/bin/python3\n# -*- coding: latin-1 -*-\n", false)]
    #[case(b"\n\n# coding: too late to count\n", true)]
    #[case(b"", false)]
    #[case(b"PK\x03\x04\0", false)]
    #[case(b"\xff\xfe", false)]
    fn a_source_that_is_read_otherwise_is_not_taken(#[case] source: &[u8], #[case] taken: bool) {
        let warm = Warm { unless: vec!["coding".into()] };
        assert_eq!(warm.takes(source), taken);
    }
}
