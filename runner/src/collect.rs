//! Sending the files that a program left and that were asked for.
//!
//! No process of the submission is left when this runs. It reads as the step user, follows no link
//! and takes regular files only, so nothing comes out that the program could not have printed.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use glob::{MatchOptions, Pattern};
use runner::protocol::{Collect, Collected, Frame, MAX_OUTPUT_BYTES};

use crate::failure::{Attempt, Failure};
use crate::identity::as_step_user;
use crate::worker::Worker;

/// The most files that are sent.
const MAX_FILES: usize = 256;

/// The most entries of the work directory that are looked at. A program may leave a million.
const MAX_ENTRIES: usize = 50_000;

/// Deeper directories are not looked into.
const MAX_DEPTH: usize = 32;

/// A pattern names a place: `*` is one name or part of one, and says nothing of hidden files.
const MATCHING: MatchOptions = MatchOptions {
    case_sensitive: true,
    require_literal_separator: true,
    require_literal_leading_dot: false,
};

/// Queues every file below `root` that matches, by path, within the bounds.
pub(crate) fn send(
    root: &Path,
    wanted: &Collect,
    worker: &mut Worker,
) -> Result<Collected, Failure> {
    let patterns: Vec<Pattern> =
        wanted.patterns.iter().filter_map(|pattern| Pattern::new(pattern).ok()).collect();
    let mut search = Search { patterns, found: Vec::new(), entries: 0, truncated: false };
    // A directory that the program made unreadable holds nothing that it wants to give away.
    as_step_user(|| search.look_into(root, Path::new(""), 0)).attempt("look for files")?;
    search.found.sort_unstable();

    let mut left = wanted.max_bytes;
    let mut truncated = search.truncated;
    for path in search.found {
        let Ok(mut file) = as_step_user(|| open(&root.join(&path))) else { continue };
        let size = file.metadata().attempt("read a file's size")?.len();
        if size > left {
            truncated = true;
            continue;
        }
        left -= size;
        worker.queue(&Frame::Artifact(path));
        send_contents(&mut file, worker)?;
    }
    Ok(Collected { truncated })
}

struct Search {
    patterns: Vec<Pattern>,
    found: Vec<String>,
    entries: usize,
    truncated: bool,
}

impl Search {
    fn look_into(&mut self, root: &Path, inside: &Path, depth: usize) -> io::Result<()> {
        let Ok(entries) = fs::read_dir(root.join(inside)) else { return Ok(()) };
        for entry in entries {
            let entry = entry?;
            self.entries += 1;
            if self.entries > MAX_ENTRIES || self.found.len() >= MAX_FILES || depth > MAX_DEPTH {
                self.truncated = true;
                return Ok(());
            }
            let path = inside.join(entry.file_name());
            let kind = entry.file_type()?;
            if kind.is_dir() {
                self.look_into(root, &path, depth + 1)?;
            } else if kind.is_file()
                && let Some(name) = self.matching(path)
            {
                self.found.push(name);
            }
        }
        Ok(())
    }

    /// The path as text, if it matches. A name that is not UTF-8 matches nothing.
    fn matching(&self, path: PathBuf) -> Option<String> {
        let name = path.into_os_string().into_string().ok()?;
        self.patterns.iter().any(|pattern| pattern.matches_with(&name, MATCHING)).then_some(name)
    }
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK).open(path)
}

fn send_contents(file: &mut File, worker: &mut Worker) -> Result<(), Failure> {
    let mut chunk = vec![0; MAX_OUTPUT_BYTES];
    loop {
        match file.read(&mut chunk).attempt("read a file that was asked for")? {
            0 => return Ok(()),
            read => worker.queue(&Frame::ArtifactData(chunk[..read].to_vec())),
        }
        worker.flush()?;
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn search(root: &Path, patterns: &[&str]) -> Vec<String> {
        let patterns = patterns.iter().map(|pattern| Pattern::new(pattern).unwrap()).collect();
        let mut search = Search { patterns, found: Vec::new(), entries: 0, truncated: false };
        search.look_into(root, Path::new(""), 0).unwrap();
        search.found.sort_unstable();
        search.found
    }

    #[test]
    fn regular_files_that_match_are_found_and_nothing_else() {
        let root = tempfile::tempdir().unwrap();
        let at = |path: &str| root.path().join(path);
        fs::create_dir_all(at("out/deep")).unwrap();
        for path in ["a.txt", "b.log", "out/c.txt", "out/deep/d.txt"] {
            fs::write(at(path), "x").unwrap();
        }
        symlink("/etc/passwd", at("link.txt")).unwrap();
        symlink("/etc", at("etc")).unwrap();
        fs::create_dir(at("dir.txt")).unwrap();
        assert_eq!(search(root.path(), &["*.txt"]), ["a.txt"]);
        assert_eq!(search(root.path(), &["out/*"]), ["out/c.txt"]);
        assert_eq!(search(root.path(), &["**/*.txt", "b.log"]).len(), 4);
        assert_eq!(search(root.path(), &["etc/*", "/etc/passwd", "../*"]), [""; 0]);
        assert!(open(&at("link.txt")).is_err());
    }
}
