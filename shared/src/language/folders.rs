//! Reading folders of languages, and saying where in them something is wrong.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{Dirs, Language, Languages};

/// The file in a language's folder that says how to use it.
const DEFINITION: &str = "language.toml";

/// The file beside the languages' folders that names those that a new system gets first, one a line.
const FIRST: &str = "first";

/// Why folders of languages cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LanguageError {
    /// A folder or a file in it cannot be read.
    #[error("cannot read {}", path.display())]
    Unreadable {
        /// What could not be read.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A `language.toml` that is not one. The message names line and key.
    #[error("{}: {message}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
    },
    /// No folder in them holds a `language.toml`.
    #[error("no language in {0}")]
    Empty(String),
}

/// The languages of some folders, and where each one is.
#[derive(Debug, Clone, Default)]
pub struct Folders {
    /// The languages.
    pub languages: Languages,
    /// Those that a new system gets first.
    pub first: Vec<String>,
    paths: BTreeMap<String, PathBuf>,
}

impl Folders {
    /// Loads every folder in `dirs` that holds a `language.toml`.
    pub fn load(dirs: &Dirs) -> Result<Self, LanguageError> {
        let mut folders = Self::default();
        for dir in dirs.iter() {
            folders.load_dir(dir)?;
            folders.load_first(&dir.join(FIRST))?;
        }
        if folders.paths.is_empty() {
            let dirs: Vec<_> = dirs.iter().map(|dir| dir.display().to_string()).collect();
            return Err(LanguageError::Empty(dirs.join(", ")));
        }
        Ok(folders)
    }

    /// The folder of a language.
    pub fn path(&self, name: &str) -> Option<&Path> {
        self.paths.get(name).map(PathBuf::as_path)
    }

    fn load_dir(&mut self, dir: &Path) -> Result<(), LanguageError> {
        let unreadable =
            |path: &Path, source| LanguageError::Unreadable { path: path.to_owned(), source };
        for entry in std::fs::read_dir(dir).map_err(|error| unreadable(dir, error))? {
            let folder = entry.map_err(|error| unreadable(dir, error))?;
            let path = folder.path().join(DEFINITION);
            if !path.is_file() {
                continue;
            }
            let text = std::fs::read_to_string(&path).map_err(|error| unreadable(&path, error))?;
            self.add(&folder.path(), &text)
                .map_err(|message| LanguageError::Invalid { path, message })?;
        }
        Ok(())
    }

    fn load_first(&mut self, path: &Path) -> Result<(), LanguageError> {
        if !path.is_file() {
            return Ok(());
        }
        let text = std::fs::read_to_string(path)
            .map_err(|source| LanguageError::Unreadable { path: path.to_owned(), source })?;
        for (number, line) in (1..).zip(text.lines().map(str::trim)) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if !self.paths.contains_key(line) {
                let message = format!("line {number}: there is no language `{line}`");
                return Err(LanguageError::Invalid { path: path.to_owned(), message });
            }
            self.first.push(line.to_owned());
        }
        Ok(())
    }

    fn add(&mut self, folder: &Path, text: &str) -> Result<(), String> {
        let at = |key, message: &str| format!("line {}: {key}: {message}", line_of(text, key));
        let language: Language = toml::from_str(text).map_err(|error| error.to_string())?;
        language.check().map_err(|problem| at(problem.key, &problem.message))?;
        let name = language.name.clone();
        if folder.file_name().is_none_or(|folder| folder != name.as_str()) {
            return Err(at("name", &format!("`{name}` must be in a folder of that name")));
        }
        self.languages.add(language).map_err(|(name, other)| {
            at("name", &format!("`{name}` already names the language `{other}`"))
        })?;
        self.paths.insert(name, folder.to_owned());
        Ok(())
    }
}

/// The line, counted from 1, on which a key is set; the first, where it is set in an unusual way.
fn line_of(text: &str, key: &str) -> usize {
    let sets = |line: &str| {
        line.trim_start().strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with('='))
    };
    text.lines().position(sets).map_or(1, |index| index + 1)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const TOY: &str = r#"name = "toy"
        version = "1.0"
        display_name = "Toy"
        aliases = ["t", "toy++"]
        source_file = "main.toy"
        version_command = ["toy", "--version"]
        run = ["toy", "main.toy"]
        hello = "print Hello, World!"
        [limits]
        processes = 8
    "#;

    /// Loads dirs that hold these folders.
    fn load(dirs: &[&[(&str, &str)]]) -> Result<Folders, LanguageError> {
        let root = tempfile::tempdir().unwrap();
        let mut paths = Vec::new();
        for (index, folders) in dirs.iter().enumerate() {
            let dir = root.path().join(index.to_string());
            std::fs::create_dir(&dir).unwrap();
            std::fs::write(dir.join("README.md"), "not a language").unwrap();
            for (folder, text) in *folders {
                std::fs::create_dir(dir.join(folder)).unwrap();
                std::fs::write(dir.join(folder).join(DEFINITION), text).unwrap();
            }
            paths.push(dir.to_str().unwrap().to_owned());
        }
        Folders::load(&paths.join(":").parse().unwrap())
    }

    #[test]
    fn a_folder_is_a_language_wherever_it_is() {
        let other = TOY.replace("toy", "other").replace("\"t\"", "\"o\"");
        let folders = load(&[&[("toy", TOY)], &[], &[("other", &other)]]).unwrap();
        for name in ["toy", "t", "toy++", "toy++@1.0"] {
            assert_eq!(folders.languages.find(name).unwrap().name, "toy");
        }
        assert!(folders.path("toy").unwrap().ends_with("0/toy"));
        assert!(folders.path("other").unwrap().ends_with("2/other"));
        assert_eq!(folders.languages.iter().count(), 2);
    }

    #[rstest]
    #[case("display_name", "displayName", "line 3", "displayName")]
    #[case("\"toy\"", "\"../toy\"", "line 1", "not a name")]
    #[case("name = \"toy\"", "name = \"toy++\"", "line 1", "but not a name")]
    #[case("\"t\"", "\"T\"", "line 4", "not a name")]
    #[case("\"1.0\"", "\"1 0\"", "line 2", "cannot stand in a name")]
    #[case("\"main.toy\"\n", "\"../main.toy\"\n", "line 5", "plain file name")]
    #[case("[\"toy\", \"main.toy\"]", "[]", "line 7", "run: must name a program")]
    #[case("name = \"toy\"", "name = \"yot\"", "line 1", "in a folder of that name")]
    #[case("processes = 8", "processes = \"8\"", "line 10", "invalid type")]
    #[case("processes = 8", "processors = 8", "line 10", "processors")]
    #[case("[limits]", "[compile_limits]\ndisk_bytes = 1\n[limits]", "line 10", "share the work")]
    fn a_wrong_file_is_an_error_that_names_file_line_and_key(
        #[case] from: &str,
        #[case] to: &str,
        #[case] line: &str,
        #[case] says: &str,
    ) {
        assert!(TOY.contains(from));
        let error = load(&[&[("toy", &TOY.replacen(from, to, 1))]]).unwrap_err().to_string();
        for part in ["toy/language.toml", line, says] {
            assert!(error.contains(part), "{part}: {error}");
        }
    }

    #[test]
    fn the_first_languages_are_those_that_there_are() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("toy")).unwrap();
        std::fs::write(dir.path().join("toy").join(DEFINITION), TOY).unwrap();
        let dirs: Dirs = dir.path().to_str().unwrap().parse().unwrap();
        std::fs::write(dir.path().join(FIRST), "# comment\n\ntoy\n").unwrap();
        assert_eq!(Folders::load(&dirs).unwrap().first, ["toy"]);
        std::fs::write(dir.path().join(FIRST), "toy\nyot\n").unwrap();
        let error = Folders::load(&dirs).unwrap_err().to_string();
        assert!(error.contains("line 2") && error.contains("yot"), "{error}");
    }

    #[test]
    fn two_languages_cannot_share_a_name() {
        let other = TOY.replacen("name = \"toy\"", "name = \"other\"", 1);
        let error = load(&[&[("toy", TOY)], &[("other", &other)]]).unwrap_err().to_string();
        assert!(error.contains("already names the language"), "{error}");
    }

    #[test]
    fn folders_without_languages_are_an_error() {
        assert!(matches!(load(&[&[]]), Err(LanguageError::Empty(_))));
        assert!(matches!(
            Folders::load(&"/nonexistent".parse().unwrap()),
            Err(LanguageError::Unreadable { .. })
        ));
    }
}
