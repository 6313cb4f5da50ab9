//! Languages: a folder each, with a `language.toml` that says how to compile and run a program.
//!
//! No code names a language. Adding one is adding a folder; [`folders`] reads them.

mod folders;
mod warm;

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::limits::LimitOverrides;
pub use folders::{Folders, LanguageError};
pub use warm::Warm;

crate::settings! {
    /// Languages.
    pub struct LanguageSettings {
        /// The folders that hold a folder for each language, with `:` between them.
        pub dirs: Dirs = "LANGUAGES_DIR", "images";
        /// The languages that a worker serves, by name, with `,` between them. Empty: all whose
        /// images there are.
        pub only: Names = "LANGUAGES", "";
    }
}

/// Folders, written with `:` between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dirs(Vec<PathBuf>);

impl Dirs {
    /// The folders, in the order in which they were written.
    pub fn iter(&self) -> impl Iterator<Item = &Path> {
        self.0.iter().map(PathBuf::as_path)
    }
}

impl FromStr for Dirs {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let dirs: Vec<PathBuf> =
            text.split(':').filter(|dir| !dir.is_empty()).map(PathBuf::from).collect();
        if dirs.is_empty() { Err("names no folder") } else { Ok(Self(dirs)) }
    }
}

/// Names of languages, written with `,` between them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names(Vec<String>);

impl Names {
    /// The names.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Whether a language is among them; no names at all stand for every language.
    pub fn include(&self, language: &Language) -> bool {
        self.0.is_empty() || self.0.contains(&language.name)
    }
}

impl FromStr for Names {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
        Ok(Self(names.map(str::to_owned).collect()))
    }
}

/// What a `language.toml` says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Language {
    /// The canonical name: lower-case letters, digits, `-`, `_`, `.`; at most 32 characters. A
    /// further version of a language has it after an `@`: `java@25`.
    pub name: String,
    /// What people write after an `@` to have just this version: `python@3.13`. Absent where the
    /// name has one already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The name for people.
    pub display_name: String,
    /// Other names that a submission may use; they may hold `+` and `#` as well.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// The file that the source is written to.
    pub source_file: String,
    /// Prints the version of the interpreter or compiler; its first line is shown.
    pub version_command: Vec<String>,
    /// Turns the source into a program; absent where there is nothing to compile. In it and in
    /// `run`, [`MEMORY_MIB`] stands for the step's memory limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compile: Option<Vec<String>>,
    /// Runs the program.
    pub run: Vec<String>,
    /// Whether its interpreter is started before there is a program for it, and how.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warm: Option<Warm>,
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

/// In a command, what stands for the memory limit of its step, in MiB: a runtime that sizes its
/// heap by a number is told it so.
pub const MEMORY_MIB: &str = "{memory_mib}";

/// Begins the version in a name.
const VERSION_MARK: char = '@';

const MAX_NAME_CHARS: usize = 32;

/// What is wrong with a definition, and with which of its keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    key: &'static str,
    message: String,
}

impl Language {
    /// Everything that means this language in a submission: its name, its aliases, and each of them
    /// with the version.
    pub fn names(&self) -> impl Iterator<Item = String> {
        let plain = std::iter::once(&self.name).chain(&self.aliases);
        plain.flat_map(|name| {
            let version = self.version.as_ref().filter(|_| !name.contains(VERSION_MARK));
            let versioned = version.map(|version| format!("{name}{VERSION_MARK}{version}"));
            std::iter::once(name.clone()).chain(versioned)
        })
    }

    /// The name as it may stand in an image's.
    pub fn image_name(&self) -> String {
        self.name.replace(VERSION_MARK, "-")
    }

    pub(crate) fn check(&self) -> Result<(), Problem> {
        let wrong = |key, message: String| Err(Problem { key, message });
        if !is_name(&self.name) {
            return wrong("name", format!("`{}` is not a name for a language", self.name));
        }
        // The canonical name becomes part of an image's name, which allows less.
        if self.name.contains(['+', '#']) {
            let message =
                format!("`{}` can be an alias, but not a name: no image is called so", self.name);
            return wrong("name", message);
        }
        if let Some(alias) = self.aliases.iter().find(|alias| !is_name(alias)) {
            return wrong("aliases", format!("`{alias}` is not a name for a language"));
        }
        if let Some(version) = &self.version {
            if self.name.contains(VERSION_MARK) {
                return wrong("version", format!("`{}` has a version in its name", self.name));
            }
            if !is_name_part(version) {
                return wrong("version", format!("`{version}` cannot stand in a name"));
            }
        }
        let source_file = Path::new(&self.source_file);
        if source_file.file_name().is_none_or(|name| name != source_file.as_os_str()) {
            return wrong("source_file", "must be a plain file name".into());
        }
        for (key, argv) in [
            ("version_command", Some(&self.version_command)),
            ("compile", self.compile.as_ref()),
            ("run", Some(&self.run)),
        ] {
            if argv.is_some_and(|argv| argv.first().is_none_or(String::is_empty)) {
                return wrong(key, "must name a program".into());
            }
        }
        if self.warm.is_some() && self.compile.is_some() {
            let message = "what is compiled first cannot be started before".into();
            return wrong("compile", message);
        }
        if self.compile_limits.disk_bytes.is_some() {
            let message = "both steps share the work directory; it is limits.disk_bytes".into();
            return wrong("disk_bytes", message);
        }
        Ok(())
    }
}

/// A name, which may have a version behind an `@`.
fn is_name(text: &str) -> bool {
    let parts = text.split(VERSION_MARK);
    text.len() <= MAX_NAME_CHARS && parts.clone().count() <= 2 && parts.clone().all(is_name_part)
}

fn is_name_part(text: &str) -> bool {
    let allowed = |c: char| {
        c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '+' | '#' | '-' | '_' | '.')
    };
    text.starts_with(|c: char| c.is_ascii_alphanumeric()) && text.chars().all(allowed)
}

/// Languages, to be found by any of their names.
#[derive(Debug, Clone, Default)]
pub struct Languages {
    by_name: BTreeMap<String, Language>,
    names: HashMap<String, String>,
}

impl Languages {
    /// Adds a language. If a name of it means another one already, it is not added, and the answer
    /// is that name and the other's.
    pub fn add(&mut self, language: Language) -> Result<(), (String, String)> {
        for name in language.names() {
            if let Some(other) = self.names.get(&name) {
                return Err((name, other.clone()));
            }
        }
        self.names.extend(language.names().map(|name| (name, language.name.clone())));
        self.by_name.insert(language.name.clone(), language);
        Ok(())
    }

    /// The language that this name means.
    pub fn find(&self, name: &str) -> Option<&Language> {
        self.by_name.get(self.names.get(name)?)
    }

    /// All languages, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Language> {
        self.by_name.values()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn language(name: &str, version: Option<&str>, aliases: &[&str]) -> Language {
        Language {
            name: name.into(),
            version: version.map(str::to_owned),
            display_name: "Toy".into(),
            aliases: aliases.iter().map(|&alias| alias.to_owned()).collect(),
            source_file: "main.toy".into(),
            version_command: vec!["toy".into()],
            compile: None,
            run: vec!["toy".into()],
            warm: None,
            hello: String::new(),
            env: BTreeMap::new(),
            limits: LimitOverrides::default(),
            compile_limits: LimitOverrides::default(),
        }
    }

    #[test]
    fn a_language_is_found_by_name_alias_and_version() {
        let mut languages = Languages::default();
        languages.add(language("java", Some("21"), &["jdk", "openjdk@21.0"])).unwrap();
        languages.add(language("java@25", None, &[])).unwrap();
        for name in ["java", "jdk", "java@21", "jdk@21", "openjdk@21.0"] {
            assert_eq!(languages.find(name).unwrap().name, "java", "{name}");
        }
        assert_eq!(languages.find("java@25").unwrap().name, "java@25");
        for name in ["Java", "java@", "java@8", "@21", "openjdk"] {
            assert!(languages.find(name).is_none(), "{name}");
        }
        assert_eq!(languages.find("java@25").unwrap().image_name(), "java-25");
    }

    #[test]
    fn a_name_means_one_language() {
        let mut languages = Languages::default();
        languages.add(language("java", Some("21"), &[])).unwrap();
        let clash = languages.add(language("jvm", None, &["java@21"])).unwrap_err();
        assert_eq!(clash, ("java@21".into(), "java".into()));
        assert!(languages.find("jvm").is_none(), "all of it or nothing");
    }

    #[test]
    fn lists_in_settings_are_forgiving_about_spaces_and_nothing_else() {
        assert!("".parse::<Dirs>().is_err());
        let dirs: Dirs = "images:/etc/languages".parse().unwrap();
        assert_eq!(dirs.iter().count(), 2);
        let names: Names = "python, cpp,".parse().unwrap();
        assert_eq!(names.iter().collect::<Vec<_>>(), ["python", "cpp"]);
        assert!(names.include(&language("cpp", None, &[])));
        assert!(!names.include(&language("c", None, &[])));
        assert!(Names::default().include(&language("c", None, &[])));
    }
}
