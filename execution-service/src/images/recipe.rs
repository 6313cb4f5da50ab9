//! What an image is made of: its folder, and the folders of the images that it is built upon.
//!
//! A Dockerfile that says `FROM airlock/NAME` is built upon the image of the folder NAME, so that
//! images share layers. Which image exactly is part of what the image is made of.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use shared::language::Dirs;

use super::context::BuildContext;

const DOCKERFILE: &str = "Dockerfile";

/// Begins the names of images that are built from folders.
const OWN: &str = "airlock/";

/// Images upon images upon images: more than this is a circle.
const MAX_DEPTH: usize = 8;

/// One image.
#[derive(Debug, Clone)]
pub(crate) struct Recipe {
    /// The folder's name.
    pub(super) name: String,
    /// The image's name and the digest of everything that it is made of.
    pub(crate) tag: String,
    pub(super) context: BuildContext,
    /// The images that it is built upon.
    pub(super) parents: Vec<Recipe>,
}

impl Recipe {
    /// The recipe of the folder with this name, in the first of `dirs` that has it.
    pub(crate) fn of(dirs: &Dirs, name: &str) -> anyhow::Result<Self> {
        Self::at_depth(dirs, name, 0)
    }

    fn at_depth(dirs: &Dirs, name: &str, depth: usize) -> anyhow::Result<Self> {
        if depth > MAX_DEPTH {
            bail!("the image of `{name}` is built upon itself");
        }
        let folder = folder(dirs, name)?;
        let unreadable = || format!("cannot read {}", folder.display());
        let mut context = BuildContext::of_language(&folder).with_context(unreadable)?;
        let path = folder.join(DOCKERFILE);
        let dockerfile = std::fs::read_to_string(path).with_context(unreadable)?;
        let mut parents = Vec::new();
        let mut resolved = String::new();
        for line in dockerfile.lines() {
            match parent_of(line) {
                Some((parent, rest)) => {
                    let parent = Self::at_depth(dirs, parent, depth + 1)
                        .with_context(|| format!("what `{name}` is built upon"))?;
                    resolved.push_str(&format!("FROM {}{rest}\n", parent.tag));
                    parents.push(parent);
                }
                None => {
                    resolved.push_str(line);
                    resolved.push('\n');
                }
            }
        }
        context.add(DOCKERFILE, 0o644, resolved.into_bytes());
        let image = name.replace('@', "-");
        let tag = format!("{OWN}language-{image}:{}", context.digest());
        Ok(Self { name: name.to_owned(), tag, context, parents })
    }
}

/// The folder with this name.
fn folder(dirs: &Dirs, name: &str) -> anyhow::Result<PathBuf> {
    // It comes from a Dockerfile, too: a name and no path.
    if Path::new(name).file_name().is_none_or(|file_name| file_name != name) {
        bail!("`{name}` is not a folder's name");
    }
    let mut folders = dirs.iter().map(|dir| dir.join(name));
    let found = folders.find(|folder| folder.join(DOCKERFILE).is_file());
    found.with_context(|| format!("there is no Dockerfile in a folder `{name}`"))
}

/// Of a line that says to build upon the image of a folder: the folder, and what else it says.
fn parent_of(line: &str) -> Option<(&str, &str)> {
    let image = line.strip_prefix("FROM ")?.trim_start().strip_prefix(OWN)?;
    let end = image.find(char::is_whitespace).unwrap_or(image.len());
    Some(image.split_at(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Folders with these Dockerfiles.
    fn dirs(dockerfiles: &[(&str, &str)]) -> (tempfile::TempDir, Dirs) {
        let dir = tempfile::tempdir().unwrap();
        for (name, dockerfile) in dockerfiles {
            std::fs::create_dir(dir.path().join(name)).unwrap();
            std::fs::write(dir.path().join(name).join(DOCKERFILE), dockerfile).unwrap();
        }
        let dirs = dir.path().to_str().unwrap().parse().unwrap();
        (dir, dirs)
    }

    #[test]
    fn an_image_upon_another_follows_its_changes() {
        let with_base = |base| {
            let child = "FROM airlock/base AS x\nRUN true\n";
            let (_dir, dirs) = dirs(&[("base", base), ("java@25", child), ("c", "FROM debian")]);
            let recipe = Recipe::of(&dirs, "java@25").unwrap();
            assert!(recipe.tag.starts_with("airlock/language-java-25:"), "{}", recipe.tag);
            assert_eq!(recipe.parents[0].tag, Recipe::of(&dirs, "base").unwrap().tag);
            (recipe.tag, Recipe::of(&dirs, "c").unwrap().tag)
        };
        let (one, two) = (with_base("FROM debian:1\n"), with_base("FROM debian:2\n"));
        assert_ne!(one.0, two.0);
        assert_eq!(one.1, two.1, "what is not built upon it does not follow");
    }

    #[test]
    fn a_line_names_its_parent() {
        assert_eq!(parent_of("FROM airlock/base"), Some(("base", "")));
        assert_eq!(parent_of("FROM airlock/c@clang AS build"), Some(("c@clang", " AS build")));
        for line in ["FROM debian:trixie-slim", "RUN echo FROM airlock/base", "# FROM airlock/c"] {
            assert_eq!(parent_of(line), None, "{line}");
        }
    }

    #[test]
    fn circles_and_paths_are_refused() {
        let (_dir, dirs) = dirs(&[("a", "FROM airlock/b"), ("b", "FROM airlock/a")]);
        let error = format!("{:#}", Recipe::of(&dirs, "a").unwrap_err());
        assert!(error.contains("built upon itself"), "{error}");
        for name in ["../a", "/etc", "..", "", "nothing"] {
            assert!(Recipe::of(&dirs, name).is_err(), "{name}");
        }
    }
}
