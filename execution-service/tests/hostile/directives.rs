//! A program's own words on itself: the comment that it begins with.
//!
//! ```text
//! # What it tries, in a sentence or two.
//! # expect: processLimit
//! # stdout: held
//! # limits: {"wallMs": 1000}
//! ```
//!
//! | directive | means |
//! |---|---|
//! | `expect` | the verdict, several with <code>\|</code> where the kernel leaves it open, or `refused` (422) |
//! | `stdout` | all it prints, trimmed; `held` is what a probe prints that found every door shut |
//! | `limits`, `compileLimits` | JSON of the request's fields of these names |
//! | `request` | JSON that is merged into the request |
//! | `stdinBytes` | so many bytes of stdin |
//! | `result` | JSON that the result must contain |
//! | `artifacts` | the paths of all files that must come back |
//!
//! In the source, `@HOST_PORT@` and `@HOST_SOCKET@` become a TCP port and an abstract socket's name on
//! which the host listens.

use std::fs;
use std::path::Path;

use serde_json::{Map, Value, json};

/// Where the programs are.
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/hostile");

/// What must come of a program.
#[derive(Debug)]
pub(crate) enum Expected {
    /// One of these verdicts.
    Verdicts(Vec<String>),
    /// The API does not accept the request.
    Refused,
}

/// One hostile program.
#[derive(Debug)]
pub(crate) struct Program {
    pub(crate) name: String,
    pub(crate) purpose: String,
    pub(crate) lang: &'static str,
    pub(crate) code: String,
    pub(crate) expected: Expected,
    pub(crate) stdout: Option<String>,
    pub(crate) result: Value,
    pub(crate) artifacts: Option<Vec<String>>,
    /// What the request has beside `code` and `lang`.
    pub(crate) request: Map<String, Value>,
}

/// Every program of the corpus, by name.
pub(crate) fn corpus() -> Vec<Program> {
    let mut programs: Vec<_> =
        fs::read_dir(FOLDER).unwrap().filter_map(|entry| read(&entry.unwrap().path())).collect();
    programs.sort_by(|one, other| one.name.cmp(&other.name));
    programs
}

/// `None` for what is no program: the harness itself and its probes.
fn read(path: &Path) -> Option<Program> {
    let (lang, comment) = match path.extension()?.to_str()? {
        "py" => ("python", "#"),
        "sh" => ("bash", "#"),
        "c" => ("c", "//"),
        "cpp" => ("cpp", "//"),
        "js" => ("javascript", "//"),
        _ => return None,
    };
    let name = path.file_name()?.to_str()?.to_owned();
    let code = fs::read_to_string(path).unwrap();
    Some(parse(name, lang, comment, code))
}

fn parse(name: String, lang: &'static str, comment: &str, code: String) -> Program {
    let mut program = Program {
        name,
        purpose: String::new(),
        lang,
        code: String::new(),
        expected: Expected::Verdicts(Vec::new()),
        stdout: None,
        result: json!({}),
        artifacts: None,
        request: Map::new(),
    };
    for line in code.lines().map_while(|line| line.strip_prefix(comment)) {
        let line = line.trim();
        // Prose begins with a capital letter, or has none of its colons after a single word.
        let is_directive = |word: &str| {
            word.starts_with(|c: char| c.is_ascii_lowercase())
                && word.chars().all(|c| c.is_ascii_alphabetic())
        };
        match line.split_once(": ").filter(|(word, _)| is_directive(word)) {
            Some((directive, value)) => program.take(directive, value),
            None => program.purpose.push_str(line),
        }
    }
    let decided = matches!(&program.expected, Expected::Verdicts(list) if list.is_empty());
    assert!(!decided, "{} does not say what to expect", program.name);
    program.code = code;
    program
}

impl Program {
    fn take(&mut self, directive: &str, value: &str) {
        let json = || -> Value {
            serde_json::from_str(value)
                .unwrap_or_else(|error| panic!("{}: {directive}: {error}", self.name))
        };
        match directive {
            "expect" if value == "refused" => self.expected = Expected::Refused,
            "expect" => {
                self.expected =
                    Expected::Verdicts(value.split('|').map(|one| one.trim().to_owned()).collect());
            }
            "stdout" => self.stdout = Some(value.to_owned()),
            "limits" | "compileLimits" => {
                let limits = json();
                self.request.insert(directive.to_owned(), limits);
            }
            "request" => {
                let Value::Object(fields) = json() else { panic!("{}: no object", self.name) };
                self.request.extend(fields);
            }
            "stdinBytes" => {
                let stdin = "x".repeat(value.parse().unwrap());
                self.request.insert("stdInput".to_owned(), stdin.into());
            }
            "result" => self.result = json(),
            "artifacts" => {
                self.artifacts = Some(serde_json::from_value(json()).unwrap());
            }
            _ => panic!("{}: there is no directive `{directive}`", self.name),
        }
    }
}
