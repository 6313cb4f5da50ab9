//! What `smoke/expected.toml` says of a language's smoke programs.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value};
use shared::limits::LimitOverrides;

/// The folder in a language's own that holds its smoke programs.
pub(crate) const FOLDER: &str = "smoke";

const EXPECTED: &str = "expected.toml";

/// A program, and how it is to end.
pub(crate) struct Program {
    pub(crate) name: String,
    pub(crate) source: String,
    pub(crate) expected: Expected,
}

/// How a program is to end. What is left out may be anything.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Expected {
    pub(crate) stdin: String,
    /// `success`, where it is left out.
    verdict: Option<String>,
    stdout: Option<String>,
    /// A part of what it writes to stderr; of what the compiler writes, where it does not compile.
    stderr: Option<String>,
    exit_code: Option<i64>,
    limits: LimitOverrides,
}

/// The smoke programs in the folder of a language, by name.
pub(crate) fn programs(folder: &Path) -> Vec<Program> {
    let smoke = folder.join(FOLDER);
    let text = std::fs::read_to_string(smoke.join(EXPECTED))
        .unwrap_or_else(|error| panic!("{}/{EXPECTED}: {error}", smoke.display()));
    let expected: BTreeMap<String, Expected> =
        toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", smoke.display()));
    let mut sources: BTreeMap<String, String> = std::fs::read_dir(&smoke)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.file_name().unwrap() != EXPECTED)
        .map(|path| {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (name, std::fs::read_to_string(path).unwrap())
        })
        .collect();
    let programs = expected.into_iter().map(|(name, expected)| {
        let source = sources.remove(&name);
        let source = source.unwrap_or_else(|| panic!("{}: no {name}", smoke.display()));
        Program { name, source, expected }
    });
    let programs = programs.collect();
    assert!(sources.is_empty(), "{}: nothing expected of {:?}", smoke.display(), sources.keys());
    programs
}

impl Expected {
    /// The limits as the API takes them.
    pub(crate) fn limits(&self) -> Value {
        let limits = serde_json::to_value(self.limits).unwrap();
        let renamed = limits.as_object().unwrap().iter();
        Value::Object(
            renamed.map(|(name, value)| (camel_case(name), value.clone())).collect::<Map<_, _>>(),
        )
    }

    /// What is wrong with a result.
    pub(crate) fn problems(&self, result: &Value) -> Vec<String> {
        let mut problems = Vec::new();
        let mut check = |what: &str, is: &Value, expected: Value| {
            if *is != expected {
                problems.push(format!("{what} is {is}, not {expected}"));
            }
        };
        let verdict = self.verdict.as_deref().unwrap_or("success");
        check("verdict", &result["verdict"], verdict.into());
        if let Some(stdout) = &self.stdout {
            check("stdout", &result["stdOutput"], stdout.as_str().into());
        }
        if let Some(exit_code) = self.exit_code {
            check("exit code", &result["exitCode"], exit_code.into());
        }
        let stderr = result["stdError"].as_str().unwrap_or_default();
        if let Some(part) = self.stderr.as_ref().filter(|part| !stderr.contains(*part)) {
            problems.push(format!("`{part}` is not in stderr"));
        }
        if !problems.is_empty() {
            let stdout = result["stdOutput"].as_str().unwrap_or_default();
            let told = |text: &str| text.chars().take(600).collect::<String>();
            problems.push(format!("stdout: {}", told(stdout)));
            problems.push(format!("stderr: {}", told(stderr)));
        }
        problems
    }
}

fn camel_case(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |camel, word| {
        let (initial, rest) = word.split_at(1);
        camel + &initial.to_uppercase() + rest
    })
}
