//! What an image is built from: files, their digest, and the archive that the engine takes.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use sha2::{Digest, Sha256};

/// The largest build context; a language's folder holds a few small files.
const MAX_BYTES: usize = 64 * 1024 * 1024;

/// Digits of the digest that a tag shows. 64 bits: a clash is not an accident.
const DIGEST_DIGITS: usize = 16;

/// The files of a build, by path.
#[derive(Debug, Clone, Default)]
pub(super) struct BuildContext {
    files: BTreeMap<String, (u32, Vec<u8>)>,
}

impl BuildContext {
    /// A language's folder. What says how to use the image is no part of it: `language.toml` and
    /// `smoke/` can change without a build.
    pub(super) fn of_language(folder: &Path) -> io::Result<Self> {
        let mut context = Self::default();
        context.add_folder(folder, "")?;
        Ok(context)
    }

    fn add_folder(&mut self, folder: &Path, prefix: &str) -> io::Result<()> {
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name().into_string().map_err(|_| {
                io::Error::new(io::ErrorKind::InvalidData, "a file's name is not UTF-8")
            })?;
            let path = format!("{prefix}{name}");
            let kind = entry.file_type()?;
            if path == "language.toml" || path == "smoke" {
                continue;
            } else if kind.is_dir() {
                self.add_folder(&entry.path(), &format!("{path}/"))?;
            } else if kind.is_file() {
                self.add(&path, 0o644, std::fs::read(entry.path())?);
            }
        }
        let size: usize = self.files.values().map(|(_, contents)| contents.len()).sum();
        match size <= MAX_BYTES {
            true => Ok(()),
            false => Err(io::Error::new(io::ErrorKind::FileTooLarge, "more than 64 MiB")),
        }
    }

    /// Adds one file.
    pub(super) fn add(&mut self, path: &str, mode: u32, contents: Vec<u8>) {
        self.files.insert(path.to_owned(), (mode, contents));
    }

    /// Names the contents: the same files give the same digest on every machine.
    pub(super) fn digest(&self) -> String {
        let mut hash = Sha256::new();
        for (path, (mode, contents)) in &self.files {
            // Lengths keep one file's end apart from the next one's beginning.
            hash.update((path.len() as u64).to_le_bytes());
            hash.update(path);
            hash.update(mode.to_le_bytes());
            hash.update((contents.len() as u64).to_le_bytes());
            hash.update(contents);
        }
        let digits: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        digits[..DIGEST_DIGITS].to_owned()
    }

    /// The archive for the engine. No time, owner or order of a file system gets into it, so that
    /// the engine's own cache recognises it.
    pub(super) fn into_tar(self) -> io::Result<Vec<u8>> {
        let mut archive = tar::Builder::new(Vec::new());
        for (path, (mode, contents)) in self.files {
            let mut header = tar::Header::new_gnu();
            header.set_size(contents.len() as u64);
            header.set_mode(mode);
            header.set_entry_type(tar::EntryType::Regular);
            archive.append_data(&mut header, path, contents.as_slice())?;
        }
        archive.into_inner()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context(files: &[(&str, &str)]) -> BuildContext {
        let mut context = BuildContext::default();
        for (path, contents) in files {
            context.add(path, 0o644, (*contents).into());
        }
        context
    }

    #[test]
    fn the_digest_names_paths_and_contents() {
        let digest = |files: &[(&str, &str)]| context(files).digest();
        assert_eq!(digest(&[("a", "1"), ("b", "2")]), digest(&[("b", "2"), ("a", "1")]));
        assert_ne!(digest(&[("a", "1")]), digest(&[("a", "2")]));
        assert_ne!(digest(&[("a", "1")]), digest(&[("b", "1")]));
        assert_ne!(digest(&[("a", "1b")]), digest(&[("a1", "b")]));
    }

    #[test]
    fn only_what_the_image_is_made_of_counts() {
        let dir = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| std::fs::write(dir.path().join(path), text).unwrap();
        std::fs::create_dir(dir.path().join("smoke")).unwrap();
        std::fs::create_dir(dir.path().join("extra")).unwrap();
        write("Dockerfile", "FROM scratch");
        write("extra/file", "1");
        let before = BuildContext::of_language(dir.path()).unwrap().digest();
        write("language.toml", "name = 'toy'");
        write("smoke/hello", "1");
        assert_eq!(BuildContext::of_language(dir.path()).unwrap().digest(), before);
        write("extra/file", "2");
        assert_ne!(BuildContext::of_language(dir.path()).unwrap().digest(), before);
    }
}
