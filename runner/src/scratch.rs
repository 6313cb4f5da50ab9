//! Everything that a step can write to: remembered once, and made as it was before each test.
//!
//! No process of the submission is left when this runs, so nothing changes under its hands; and it
//! acts as the step user, so it can do nothing that the submission could not have done itself.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, DirBuilder, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use runner::protocol::{MAX_KEPT_BYTES, SCRATCH_DIRS, WORK_DIR};

use crate::failure::{Attempt, Failure};
use crate::identity::as_step_user;
use crate::sys;

/// The most files and directories that are remembered: more than any compiler leaves of a program
/// that fits into a request.
const MAX_KEPT_ENTRIES: usize = 20_000;

/// What a directory holds.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Kept {
    /// By path, so that a directory comes before what is in it.
    nodes: BTreeMap<PathBuf, Node>,
    bytes: u64,
}

#[derive(Debug, PartialEq, Eq)]
enum Node {
    Directory { mode: u32 },
    File { mode: u32, contents: Vec<u8> },
    Link { target: PathBuf },
}

impl Kept {
    /// Remembers what `root` holds.
    pub(crate) fn of(root: &Path) -> Result<Self, Failure> {
        let mut kept = Self::default();
        as_step_user(|| kept.add_directory(root, Path::new("")))
            .attempt_for_submission("remember the work directory for the tests")?;
        Ok(kept)
    }

    fn add_directory(&mut self, root: &Path, inside: &Path) -> io::Result<()> {
        for entry in fs::read_dir(root.join(inside))? {
            let entry = entry?;
            let path = inside.join(entry.file_name());
            let metadata = entry.metadata()?;
            let mode = metadata.permissions().mode() & 0o7777;
            let kind = metadata.file_type();
            self.bytes += metadata.len();
            if self.bytes > MAX_KEPT_BYTES || self.nodes.len() >= MAX_KEPT_ENTRIES {
                return Err(io::Error::new(
                    io::ErrorKind::FileTooLarge,
                    "what compiling left is more than 32 MiB or 20,000 files",
                ));
            }
            if kind.is_dir() {
                self.nodes.insert(path.clone(), Node::Directory { mode });
                self.add_directory(root, &path)?;
            } else if kind.is_file() {
                let contents = fs::read(entry.path())?;
                self.nodes.insert(path, Node::File { mode, contents });
            } else if kind.is_symlink() {
                let target = fs::read_link(entry.path())?;
                self.nodes.insert(path, Node::Link { target });
            }
            // A socket or a FIFO is of no use to a program that did not make it.
        }
        Ok(())
    }

    /// Writes everything into `root`, which must be empty.
    fn write(&self, root: &Path) -> io::Result<()> {
        for (inside, node) in &self.nodes {
            let path = root.join(inside);
            match node {
                Node::Directory { .. } => DirBuilder::new().mode(0o700).create(&path)?,
                Node::File { mode, contents } => {
                    let mut options = OpenOptions::new();
                    options.write(true).create_new(true).mode(*mode);
                    options.open(&path)?.write_all(contents)?;
                }
                Node::Link { target } => symlink(target, &path)?,
            }
        }
        // Modes last, and the innermost first: a directory may not allow what is done in it.
        for (inside, node) in self.nodes.iter().rev() {
            if let Node::Directory { mode } | Node::File { mode, .. } = node {
                fs::set_permissions(root.join(inside), Permissions::from_mode(*mode))?;
            }
        }
        Ok(())
    }
}

/// Makes the work directory what was kept, and everything else that a step can write to empty.
pub(crate) fn restore(kept: &Kept) -> Result<(), Failure> {
    as_step_user(|| {
        sys::remove_system_v_ipc()?;
        for directory in SCRATCH_DIRS {
            empty(Path::new(directory))?;
        }
        let work = Path::new(WORK_DIR);
        // Its owner may have taken from itself the right to write to it.
        fs::set_permissions(work, Permissions::from_mode(0o700))?;
        empty(work)?;
        kept.write(work)
    })
    .attempt_for_submission("clean up between two tests")
}

/// Removes everything in a directory, but not the directory.
fn empty(directory: &Path) -> io::Result<()> {
    let names: Vec<OsString> = match fs::read_dir(directory) {
        Ok(entries) => entries.map(|entry| Ok(entry?.file_name())).collect::<io::Result<_>>()?,
        // Not every engine mounts message queues.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    for name in names {
        let path = directory.join(name);
        if fs::symlink_metadata(&path)?.is_dir() {
            remove_tree(&path)?;
        } else {
            fs::remove_file(&path)?;
        }
    }
    Ok(())
}

/// Removes a directory and everything in it, whatever modes a program has set.
fn remove_tree(directory: &Path) -> io::Result<()> {
    match fs::remove_dir_all(directory) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            open_up(directory)?;
            fs::remove_dir_all(directory)
        }
        done => done,
    }
}

fn open_up(directory: &Path) -> io::Result<()> {
    fs::set_permissions(directory, Permissions::from_mode(0o700))?;
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            open_up(&entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_comes_back_as_it_was() {
        let root = tempfile::tempdir().unwrap();
        let at = |path: &str| root.path().join(path);
        fs::create_dir_all(at("build/empty")).unwrap();
        fs::write(at("main"), "program").unwrap();
        fs::set_permissions(at("main"), Permissions::from_mode(0o755)).unwrap();
        fs::write(at("build/data"), "data").unwrap();
        symlink("main", at("link")).unwrap();
        fs::set_permissions(at("build"), Permissions::from_mode(0o555)).unwrap();
        let mut kept = Kept::default();
        kept.add_directory(root.path(), Path::new("")).unwrap();

        fs::remove_file(at("link")).unwrap();
        fs::write(at("main"), "changed").unwrap();
        fs::set_permissions(at("build"), Permissions::from_mode(0o700)).unwrap();
        fs::create_dir_all(at("left/behind")).unwrap();
        fs::set_permissions(at("left"), Permissions::from_mode(0o0)).unwrap();
        empty(root.path()).unwrap();
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0);
        kept.write(root.path()).unwrap();

        let mut again = Kept::default();
        again.add_directory(root.path(), Path::new("")).unwrap();
        assert_eq!(again, kept);
        assert_eq!(fs::read(at("main")).unwrap(), b"program");
    }

    #[test]
    fn what_is_not_there_is_empty() {
        empty(Path::new("/nonexistent")).unwrap();
    }

    #[test]
    fn more_than_fits_is_refused() {
        let root = tempfile::tempdir().unwrap();
        let file = fs::File::create(root.path().join("large")).unwrap();
        file.set_len(MAX_KEPT_BYTES + 1).unwrap();
        let refused = Kept::default().add_directory(root.path(), Path::new("")).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::FileTooLarge);
    }
}
