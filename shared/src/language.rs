//! Languages: a folder each, with a `language.toml` that says how to compile and run a program.
//!
//! No code names a language. Adding one is adding a folder.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::limits::LimitOverrides;

crate::settings! {
    /// Languages.
    pub struct LanguageSettings {
        /// The folder that holds a folder for each language.
        pub dir: String = "LANGUAGES_DIR", "images";
    }
}

/// What a `language.toml` says.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Language {
    /// The canonical name: lower-case letters, digits, `+`, `#`, `-`, `_`, `.`; at most 32 characters.
    pub name: String,
    /// The name for people.
    pub display_name: String,
    /// Other names that a submission may use.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// The file that the source is written to.
    pub source_file: String,
    /// Prints the version of the interpreter or compiler; its first line is shown.
    pub version_command: Vec<String>,
    /// Turns the source into a program; absent where there is nothing to compile.
    #[serde(default)]
    pub compile: Option<Vec<String>>,
    /// Runs the program.
    pub run: Vec<String>,
    /// A program that prints `Hello, World!`.
    pub hello: String,
    /// Added to the environment of both steps.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// Limits that differ from the defaults.
    #[serde(default)]
    pub limits: LimitOverrides,
    /// Limits of the compile step that differ from the defaults.
    #[serde(default)]
    pub compile_limits: LimitOverrides,
}

/// All languages of a folder.
#[derive(Debug, Clone, Default)]
pub struct Languages {
    by_name: BTreeMap<String, Language>,
    names: BTreeMap<String, String>,
}

/// Why a folder of languages cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LanguageError {
    /// The folder or a file in it cannot be read.
    #[error("cannot read {}", path.display())]
    Unreadable {
        /// What could not be read.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A `language.toml` that is not one. The message names file, line and key.
    #[error("{}: {message}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
    },
    /// No folder in it holds a `language.toml`.
    #[error("no language in {}", .0.display())]
    Empty(PathBuf),
}

const MAX_NAME_CHARS: usize = 32;

impl Languages {
    /// Loads every folder of `dir` that holds a `language.toml`.
    pub fn load(dir: &Path) -> Result<Self, LanguageError> {
        let unreadable =
            |path: &Path, source| LanguageError::Unreadable { path: path.to_owned(), source };
        let mut languages = Self::default();
        for entry in std::fs::read_dir(dir).map_err(|error| unreadable(dir, error))? {
            let folder = entry.map_err(|error| unreadable(dir, error))?;
            let path = folder.path().join("language.toml");
            if !path.is_file() {
                continue;
            }
            let text = std::fs::read_to_string(&path).map_err(|error| unreadable(&path, error))?;
            languages
                .add(&folder.file_name().to_string_lossy(), &text)
                .map_err(|message| LanguageError::Invalid { path: path.clone(), message })?;
        }
        match languages.by_name.is_empty() {
            true => Err(LanguageError::Empty(dir.to_owned())),
            false => Ok(languages),
        }
    }

    fn add(&mut self, folder: &str, text: &str) -> Result<(), String> {
        let language: Language = toml::from_str(text).map_err(|error| error.to_string())?;
        language.check()?;
        if language.name != folder {
            return Err(format!(
                "the language `{}` must be in a folder of that name",
                language.name
            ));
        }
        for name in std::iter::once(&language.name).chain(&language.aliases) {
            if let Some(other) = self.names.insert(name.clone(), language.name.clone()) {
                return Err(format!("`{name}` already names the language `{other}`"));
            }
        }
        self.by_name.insert(language.name.clone(), language);
        Ok(())
    }

    /// The language with this name or alias.
    pub fn find(&self, name: &str) -> Option<&Language> {
        self.by_name.get(self.names.get(name)?)
    }

    /// All languages, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Language> {
        self.by_name.values()
    }
}

impl Language {
    fn check(&self) -> Result<(), String> {
        for name in std::iter::once(&self.name).chain(&self.aliases) {
            let allowed = |c: char| {
                c.is_ascii_lowercase()
                    || c.is_ascii_digit()
                    || matches!(c, '+' | '#' | '-' | '_' | '.')
            };
            let starts_well = name.starts_with(|c: char| c.is_ascii_alphanumeric());
            if !starts_well || name.len() > MAX_NAME_CHARS || !name.chars().all(allowed) {
                return Err(format!("`{name}` is not a name for a language"));
            }
        }
        // The canonical name becomes part of an image's name, which allows less.
        if self.name.contains(['+', '#']) {
            return Err(format!(
                "`{}` can be an alias, but not a name: an image cannot be called so",
                self.name
            ));
        }
        let source_file = Path::new(&self.source_file);
        if source_file.file_name().is_none_or(|name| name != source_file.as_os_str()) {
            return Err("source_file must be a plain file name".into());
        }
        for (key, argv) in [
            ("version_command", Some(&self.version_command)),
            ("compile", self.compile.as_ref()),
            ("run", Some(&self.run)),
        ] {
            if argv.is_some_and(|argv| argv.first().is_none_or(String::is_empty)) {
                return Err(format!("{key} must name a program"));
            }
        }
        if self.compile_limits.disk_bytes.is_some() {
            return Err("compile_limits: both steps share the work directory; set \
                        limits.disk_bytes"
                .into());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const TOY: &str = r#"
        name = "toy"
        display_name = "Toy"
        aliases = ["t", "toy++"]
        source_file = "main.toy"
        version_command = ["toy", "--version"]
        run = ["toy", "main.toy"]
        hello = "print Hello, World!"
        [limits]
        processes = 8
    "#;

    fn load(files: &[(&str, &str)]) -> Result<Languages, LanguageError> {
        let dir = tempfile::tempdir().unwrap();
        for (folder, text) in files {
            std::fs::create_dir(dir.path().join(folder)).unwrap();
            std::fs::write(dir.path().join(folder).join("language.toml"), text).unwrap();
        }
        std::fs::write(dir.path().join("README.md"), "not a language").unwrap();
        Languages::load(dir.path())
    }

    #[test]
    fn a_folder_is_a_language_under_its_name_and_its_aliases() {
        let languages = load(&[("toy", TOY)]).unwrap();
        for name in ["toy", "t", "toy++"] {
            assert_eq!(languages.find(name).unwrap().display_name, "Toy");
        }
        assert!(languages.find("Toy").is_none());
        assert_eq!(languages.iter().count(), 1);
    }

    #[rstest]
    #[case("display_name", "displayName", "displayName")]
    #[case("\"toy\"", "\"../toy\"", "not a name")]
    #[case("name = \"toy\"", "name = \"toy++\"", "but not a name")]
    #[case("\"main.toy\"\n", "\"../main.toy\"\n", "plain file name")]
    #[case("[\"toy\", \"main.toy\"]", "[]", "run must name a program")]
    #[case("name = \"toy\"", "name = \"yot\"", "in a folder of that name")]
    #[case("processes = 8", "processes = \"8\"", "invalid type")]
    #[case("[limits]", "[compile_limits]\ndisk_bytes = 1\n[limits]", "share the work directory")]
    fn a_wrong_file_is_an_error_that_says_what_is_wrong(
        #[case] from: &str,
        #[case] to: &str,
        #[case] says: &str,
    ) {
        assert!(TOY.contains(from));
        let error = load(&[("toy", &TOY.replacen(from, to, 1))]).unwrap_err().to_string();
        assert!(error.contains("toy/language.toml") && error.contains(says), "{error}");
    }

    #[test]
    fn two_languages_cannot_share_a_name() {
        let other = TOY.replacen("name = \"toy\"", "name = \"other\"", 1);
        let error = load(&[("toy", TOY), ("other", &other)]).unwrap_err().to_string();
        assert!(error.contains("already names the language"), "{error}");
    }

    #[test]
    fn a_folder_without_languages_is_an_error() {
        assert!(matches!(load(&[]), Err(LanguageError::Empty(_))));
        assert!(matches!(
            Languages::load(Path::new("/nonexistent")),
            Err(LanguageError::Unreadable { .. })
        ));
    }
}
