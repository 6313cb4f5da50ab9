//! What a submission wants executed: source, input, tests, and what it may use.

use std::collections::{BTreeMap, HashSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::limits::LimitOverrides;

/// The most tests that one submission may have.
pub const MAX_TESTS: usize = 1000;

/// The most files that one submission may have.
pub const MAX_FILES: usize = 256;

/// The longest path of a file, in bytes.
const MAX_PATH_BYTES: usize = 512;

/// The longest name of a file or directory, in bytes: more than any file system takes is of no use.
const MAX_NAME_BYTES: usize = 255;

/// Everything that decides what is executed. It is stored as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Program {
    /// The canonical name of its language.
    pub lang: String,
    /// The source text, which becomes the language's main file. Empty where that is among `files`.
    #[serde(default)]
    pub code: String,
    /// Further files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<ProgramFile>,
    /// What the program reads on its stdin; `None` where the client gave none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub std_input: Option<String>,
    /// Arguments of the program.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub args: Vec<String>,
    /// Added to the program's environment, beyond the language's own.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub env: BTreeMap<String, String>,
    /// Further arguments of the compiler.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub compiler_args: Vec<String>,
    /// Inputs to run the program with, each on its own; none: it is run once, with `std_input`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tests: Vec<TestCase>,
    /// Whether no test is run after one that was not passed.
    #[serde(default)]
    pub stop_on_first_failure: bool,
    /// Patterns of the files to bring back, relative to the work directory.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub output_files: Vec<String>,
    /// Limits of the run step that differ from the language's.
    #[serde(default)]
    pub limits: LimitOverrides,
    /// Limits of the compile step that differ from the language's.
    #[serde(default)]
    pub compile_limits: LimitOverrides,
}

/// One file of a submission.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProgramFile {
    /// Where it goes.
    pub path: FilePath,
    /// Its contents.
    #[serde(with = "serde_bytes")]
    pub contents: Vec<u8>,
}

/// One run of a program that has tests.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TestCase {
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What the program reads on its stdin.
    #[serde(default)]
    pub stdin: String,
    /// What it must print, save for white space at the end of lines and of the whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_output: Option<String>,
}

/// A path strictly inside the work directory.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FilePath(String);

/// Why text is no [`FilePath`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidPath(&'static str);

impl FilePath {
    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for FilePath {
    type Error = InvalidPath;

    fn try_from(path: String) -> Result<Self, InvalidPath> {
        let refuse = |why| Err(InvalidPath(why));
        if path.is_empty() {
            return refuse("it is empty");
        }
        if path.len() > MAX_PATH_BYTES {
            return refuse("it is longer than 512 bytes");
        }
        if path.starts_with('/') {
            return refuse("it is absolute");
        }
        if path.chars().any(char::is_control) {
            return refuse("it has a control character");
        }
        for name in path.split('/') {
            match name {
                "" => return refuse("it has an empty part"),
                "." | ".." => return refuse("it has a part `.` or `..`"),
                name if name.len() > MAX_NAME_BYTES => {
                    return refuse("a part of it is longer than 255 bytes");
                }
                _ => {}
            }
        }
        Ok(Self(path))
    }
}

impl From<FilePath> for String {
    fn from(path: FilePath) -> Self {
        path.0
    }
}

impl fmt::Display for FilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The first path that is there twice, or that is both a file and another file's directory.
pub fn collision<'a>(paths: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let paths: Vec<&str> = paths.into_iter().collect();
    let directories: HashSet<&str> = paths.iter().flat_map(|path| parents(path)).collect();
    let mut files = HashSet::new();
    paths.into_iter().find(|path| !files.insert(*path) || directories.contains(path))
}

fn parents(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(end, _)| &path[..end])
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("main.py")]
    #[case("src/lib/a b.c")]
    #[case("ä")]
    #[case("...")]
    #[case("a/..b")]
    #[case(".hidden")]
    fn a_path_inside_is_taken(#[case] path: &str) {
        assert_eq!(FilePath::try_from(path.to_owned()).unwrap().as_str(), path);
    }

    #[rstest]
    #[case("")]
    #[case("/")]
    #[case("/etc/passwd")]
    #[case("..")]
    #[case("../x")]
    #[case("a/../b")]
    #[case("./x")]
    #[case("a/.")]
    #[case("a//b")]
    #[case("a/")]
    #[case("a\0b")]
    #[case("a\nb")]
    #[case(&"a/".repeat(300))]
    #[case(&"a".repeat(256))]
    fn a_path_that_could_lead_elsewhere_is_refused(#[case] path: &str) {
        assert!(FilePath::try_from(path.to_owned()).is_err());
    }

    #[test]
    fn two_files_cannot_be_in_one_place() {
        assert_eq!(collision(["a", "b/c", "b/d"]), None);
        assert_eq!(collision(["a", "b", "a"]), Some("a"));
        assert_eq!(collision(["a", "b/c/d", "b/c"]), Some("b/c"));
        assert_eq!(collision(["b", "b/c"]), Some("b"));
        assert_eq!(collision(["b.c", "b/c"]), None);
    }
}
