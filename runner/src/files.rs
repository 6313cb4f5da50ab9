//! Writing a submission's files into the work directory.

use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Component, Path, PathBuf};

use runner::protocol::SourceFile;

use crate::failure::{Attempt, Failure};
use crate::identity::as_step_user;

/// Writes every file below `root`, which belongs to the step user as they will.
///
/// No user code has run yet, so there is no link in `root` that could lead elsewhere.
pub(crate) fn write_all(root: &Path, files: &[SourceFile]) -> Result<(), Failure> {
    for file in files {
        let what = || format!("write the file {:?}", file.path);
        let inside = relative(&file.path)
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "it is not a path inside"))
            .attempt(&what())?;
        let mode = if file.executable { 0o755 } else { 0o644 };
        // It may be larger than the disk, or its name longer than a name can be.
        as_step_user(|| write(&root.join(inside), mode, &file.contents))
            .attempt_for_submission(&what())?;
    }
    Ok(())
}

/// Writes one file that must not be there yet, and makes the directories that lead to it.
fn write(path: &Path, mode: u32, contents: &[u8]) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        DirBuilder::new().recursive(true).create(parent)?;
    }
    // Two files of one name are a mistake, and neither is the right one to keep.
    OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?.write_all(contents)
}

/// The path if it names something strictly inside the directory that it is relative to.
fn relative(path: &str) -> Option<PathBuf> {
    if path.contains('\0') || path.ends_with('/') {
        return None;
    }
    let path = Path::new(path);
    let inside = path.components().all(|part| matches!(part, Component::Normal(_)));
    (inside && path.file_name().is_some()).then(|| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stays_inside_the_work_directory() {
        for good in ["main.py", "src/lib/a b.c", "ä", "...", "a/..b"] {
            assert_eq!(relative(good), Some(PathBuf::from(good)), "{good:?}");
        }
        for bad in
            ["", "/", "/etc/passwd", "..", "../x", "a/../b", "./x", ".", "a/..", "a\0b", "a/"]
        {
            assert_eq!(relative(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn parents_are_made_and_nothing_is_written_twice() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("a/b/main.c");
        write(&path, 0o644, b"\0\xff").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"\0\xff");
        assert_eq!(write(&path, 0o644, b"").unwrap_err().kind(), io::ErrorKind::AlreadyExists);
    }
}
