//! Settings: where they come from, how they are read, and how every one of them is documented.
//!
//! A concern declares its settings with [`settings!`](crate::settings!): name, default, type and
//! doc comment stand in one place, `.env.example` is generated from it, and a process that starts
//! with unusable settings reports all of them at once. Nothing falls back silently.
//!
//! A setting `HTTP_LISTEN` comes from the variable `AIRLOCK_HTTP_LISTEN`, else from `http_listen`
//! in the TOML file that `AIRLOCK_CONFIG` names, else from its default. An empty variable counts
//! as absent. A setting that is a [`Secret`] may instead be in a file of its own, which
//! `AIRLOCK_<NAME>_FILE` names.

use std::fmt;
use std::io::Read;
use std::path::PathBuf;
use std::str::FromStr;

use secrecy::{ExposeSecret, SecretString};

/// What every setting's variable begins with.
const PREFIX: &str = "AIRLOCK";

/// One setting, as it is documented.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// The name without the prefix, in capitals; its end names the unit.
    pub name: &'static str,
    /// The default as text; empty for none.
    pub default: &'static str,
    /// What it means.
    pub doc: &'static str,
    /// Whether it may be in a file of its own.
    pub is_secret: bool,
}

/// The largest file that is read as a secret, in bytes.
const MAX_SECRET_BYTES: u64 = 64 * 1024;

/// Whether a setting of the type of this name is a [`Secret`]; for the macro, which has only the name.
pub const fn is_secret(type_name: &str) -> bool {
    matches!(type_name.as_bytes(), b"Secret")
}

/// A group of settings of one concern.
pub trait Settings: Sized {
    /// What the group is about, one line.
    const TITLE: &'static str;
    /// Every setting of the group.
    const ENTRIES: &'static [Entry];

    /// Reads the group; a setting that does not parse is noted in `source` and gives `None`.
    fn read(source: &mut Source) -> Option<Self>;
}

/// Declares a group of settings: a struct, its defaults and its documentation.
#[macro_export]
macro_rules! settings {
    (
        #[doc = $title:literal]
        $(#[doc = $more:literal])*
        pub struct $group:ident {
            $(
                $(#[doc = $doc:literal])+
                pub $field:ident: $type:ty = $name:literal, $default:literal;
            )+
        }
    ) => {
        #[doc = $title]
        $(#[doc = $more])*
        #[derive(Debug, Clone)]
        pub struct $group {
            $( $(#[doc = $doc])+ pub $field: $type, )+
        }

        impl $crate::settings::Settings for $group {
            const TITLE: &'static str = $title;
            const ENTRIES: &'static [$crate::settings::Entry] = &[
                $( $crate::settings::Entry {
                    name: $name,
                    default: $default,
                    doc: concat!($($doc, "\n"),+),
                    is_secret: $crate::settings::is_secret(stringify!($type)),
                }, )+
            ];

            fn read(source: &mut $crate::settings::Source) -> Option<Self> {
                let mut entries = Self::ENTRIES.iter();
                $( let $field = entries.next().and_then(|entry| source.value::<$type>(entry)); )+
                Some(Self { $( $field: $field?, )+ })
            }
        }
    };
}

/// Where settings are read from, and what was wrong with them.
#[derive(Debug)]
pub struct Source {
    values: config::Config,
    problems: Vec<String>,
}

/// Everything that is wrong with the settings, one line each.
#[derive(Debug, thiserror::Error)]
#[error("the settings cannot be used:\n  {}", .0.join("\n  "))]
pub struct SettingsError(Vec<String>);

impl Source {
    /// The process's environment and the file that `AIRLOCK_CONFIG` names, if it names one.
    pub fn from_process() -> Result<Self, SettingsError> {
        Self::new(
            std::env::var_os("AIRLOCK_CONFIG").filter(|path| !path.is_empty()).map(PathBuf::from),
            std::env::vars_os()
                .filter_map(|(name, value)| {
                    Some((name.into_string().ok()?, value.into_string().ok()?))
                })
                .collect(),
        )
    }

    /// A given file and given variables.
    pub fn new(
        file: Option<PathBuf>,
        variables: std::collections::HashMap<String, String>,
    ) -> Result<Self, SettingsError> {
        let environment = config::Environment::with_prefix(PREFIX)
            .prefix_separator("_")
            .ignore_empty(true)
            .source(Some(variables));
        let mut builder = config::Config::builder();
        if let Some(file) = file {
            builder = builder.add_source(config::File::from(file).format(config::FileFormat::Toml));
        }
        let values = builder
            .add_source(environment)
            .build()
            .map_err(|error| SettingsError(vec![format!("AIRLOCK_CONFIG: {error}")]))?;
        Ok(Self { values, problems: Vec::new() })
    }

    /// Reads one setting. What does not parse is noted, for [`Source::finish`] to report.
    pub fn value<T>(&mut self, entry: &Entry) -> Option<T>
    where
        T: FromStr<Err: fmt::Display>,
    {
        let Entry { name, default, is_secret, .. } = *entry;
        let given = self.text(name)?;
        let file = if is_secret { self.text(&format!("{name}_FILE"))? } else { None };
        let file = file.filter(|file| !file.is_empty());
        let text = match (given, file) {
            (Some(_), Some(_)) => {
                self.reject(name, &format!("there is {PREFIX}_{name}_FILE too; one is enough"));
                return None;
            }
            (None, Some(file)) => self.read_file(&format!("{name}_FILE"), &file)?,
            (given, None) => given.unwrap_or_else(|| default.to_owned()),
        };
        match text.parse() {
            Ok(value) => Some(value),
            // The value is not repeated: it may be a secret in the wrong place.
            Err(error) => {
                self.problems.push(format!("{PREFIX}_{name}: {error}"));
                None
            }
        }
    }

    /// What is said of a setting; the outer `None`: nothing that can be used.
    fn text(&mut self, name: &str) -> Option<Option<String>> {
        match self.values.get_string(&name.to_lowercase()) {
            Ok(text) => Some(Some(text)),
            Err(config::ConfigError::NotFound(_)) => Some(None),
            Err(error) => {
                self.problems.push(format!("{PREFIX}_{name}: {error}"));
                None
            }
        }
    }

    /// The secret in a file, without the end of its line.
    fn read_file(&mut self, name: &str, path: &str) -> Option<String> {
        let mut text = String::new();
        let read = std::fs::File::open(path)
            .and_then(|file| file.take(MAX_SECRET_BYTES + 1).read_to_string(&mut text));
        match read {
            Ok(length) if length as u64 <= MAX_SECRET_BYTES => {
                Some(text.trim_end_matches(['\r', '\n']).to_owned())
            }
            Ok(_) => {
                self.reject(name, "the file is too large to be a secret");
                None
            }
            Err(error) => {
                self.reject(name, &format!("cannot read `{path}`: {error}"));
                None
            }
        }
    }

    /// Notes a problem that only shows between settings.
    pub fn reject(&mut self, name: &str, problem: &str) {
        self.problems.push(format!("{PREFIX}_{name}: {problem}"));
    }

    /// Gives what was read, or all that was wrong.
    pub fn finish<T>(self, read: Option<T>) -> Result<T, SettingsError> {
        match read {
            Some(settings) if self.problems.is_empty() => Ok(settings),
            _ => Err(SettingsError(self.problems)),
        }
    }
}

/// A value that must not be printed: it shows as `[redacted]`.
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// The value itself, for the one place that needs it.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(SecretString::from(text))
    }
}

impl FromStr for Secret {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(SecretString::from(text)))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// The lines of `.env.example` for one group.
pub fn env_example<S: Settings>() -> String {
    let mut text = format!("# --- {} ---\n", S::TITLE.trim().trim_end_matches('.'));
    for entry in S::ENTRIES {
        for line in entry.doc.trim_end().lines() {
            text.push_str(&format!("#{}\n", line.trim_end()));
        }
        if entry.is_secret {
            text.push_str(&format!(
                "# It may be in a file, which {PREFIX}_{}_FILE names.\n",
                entry.name
            ));
        }
        text.push_str(&format!("#{PREFIX}_{}={}\n\n", entry.name, entry.default));
    }
    text
}

#[cfg(test)]
#[expect(unreachable_pub, reason = "the macro declares what a service exports")]
mod tests {
    use std::collections::HashMap;
    use std::io::Write;

    use super::*;

    crate::settings! {
        /// A group for tests.
        pub struct Sample {
            /// How many.
            pub count: u32 = "COUNT", "3";
            /// Who.
            ///
            /// In full.
            pub name: String = "NAME", "nobody";
            /// A key.
            pub key: Secret = "KEY", "";
        }
    }

    fn read(file: Option<&str>, variables: &[(&str, &str)]) -> Result<Sample, SettingsError> {
        let mut on_disk = tempfile::NamedTempFile::new().unwrap();
        on_disk.write_all(file.unwrap_or_default().as_bytes()).unwrap();
        let variables: HashMap<_, _> =
            variables.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        let mut source = Source::new(file.map(|_| on_disk.path().to_owned()), variables)?;
        let sample = Sample::read(&mut source);
        source.finish(sample)
    }

    #[test]
    fn a_variable_beats_the_file_and_the_file_beats_the_default() {
        let sample = read(None, &[]).unwrap();
        assert_eq!((sample.count, sample.name.as_str()), (3, "nobody"));
        let sample = read(Some("count = 4\nname = 'file'"), &[("AIRLOCK_COUNT", "5")]).unwrap();
        assert_eq!((sample.count, sample.name.as_str()), (5, "file"));
        let sample = read(Some("count = 4"), &[("AIRLOCK_COUNT", "")]).unwrap();
        assert_eq!(sample.count, 4, "an empty variable is absent");
    }

    #[test]
    fn all_problems_are_reported_at_once_by_their_variables_names() {
        let error = read(Some("name = ['a']"), &[("AIRLOCK_COUNT", "many")]).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("AIRLOCK_COUNT: invalid digit"), "{text}");
        assert!(text.contains("AIRLOCK_NAME: "), "{text}");
    }

    #[test]
    fn a_file_that_is_named_must_be_there_and_be_toml() {
        assert!(Source::new(Some("/nonexistent/airlock.toml".into()), HashMap::new()).is_err());
        assert!(read(Some("count = = 1"), &[]).is_err());
    }

    #[test]
    fn a_secret_is_never_printed() {
        let sample = read(None, &[("AIRLOCK_KEY", "hunter2")]).unwrap();
        assert_eq!(sample.key.expose(), "hunter2");
        assert!(!format!("{sample:?}").contains("hunter2"));
    }

    #[test]
    fn a_secret_may_be_in_a_file_of_its_own() {
        let mut secret = tempfile::NamedTempFile::new().unwrap();
        secret.write_all(b"hunter2\n").unwrap();
        let path = secret.path().to_owned();
        let path = path.to_str().unwrap();
        let sample = read(None, &[("AIRLOCK_KEY_FILE", path)]).unwrap();
        assert_eq!(sample.key.expose(), "hunter2");
        let both = [("AIRLOCK_KEY_FILE", path), ("AIRLOCK_KEY", "hunter3")];
        let text = read(None, &both).unwrap_err().to_string();
        assert!(text.contains("AIRLOCK_KEY: there is AIRLOCK_KEY_FILE too"), "{text}");
        let text = read(None, &[("AIRLOCK_KEY_FILE", "/nonexistent")]).unwrap_err().to_string();
        assert!(text.contains("AIRLOCK_KEY_FILE: cannot read `/nonexistent`"), "{text}");
        let sample = read(None, &[("AIRLOCK_NAME_FILE", path)]).unwrap();
        assert_eq!(sample.name, "nobody", "only a secret may be");
        secret.write_all(&[b'x'; 65_536]).unwrap();
        assert!(read(None, &[("AIRLOCK_KEY_FILE", path)]).is_err());
    }

    #[test]
    fn the_example_file_documents_every_setting() {
        let text = env_example::<Sample>();
        assert!(text.contains("AIRLOCK_KEY_FILE names.\n#AIRLOCK_KEY=\n"), "{text}");
        assert!(text.contains("# In full.\n#AIRLOCK_NAME=nobody\n"), "{text}");
    }
}
