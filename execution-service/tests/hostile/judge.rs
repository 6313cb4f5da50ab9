//! Whether a result is what a program was to get. Pure.

use serde_json::Value;

use super::directives::{Expected, Program};

/// What no program may bring back, wherever it found it.
const SECRETS: [&str; 2] = ["root:x:0:0", "root:*:"];

/// What is wrong with the answer; empty if it is as expected.
pub(crate) fn problems(program: &Program, status: u16, result: &Value) -> Vec<String> {
    let mut problems = Vec::new();
    let verdicts = match &program.expected {
        Expected::Refused => {
            if status != 422 {
                problems.push(format!("accepted with {status}"));
            }
            return problems;
        }
        Expected::Verdicts(verdicts) => verdicts,
    };
    let verdict = result["verdict"].as_str().unwrap_or("none");
    if !verdicts.iter().any(|expected| expected == verdict) {
        problems.push(format!("verdict {verdict}, not {}", verdicts.join(" or ")));
    }
    let stdout = result["stdOutput"].as_str().unwrap_or_default();
    if program.stdout.as_ref().is_some_and(|expected| expected != stdout.trim()) {
        problems.push("another stdout".to_owned());
    }
    if !contains(result, &program.result) {
        problems.push(format!("a result without {}", program.result));
    }
    let artifacts = artifacts(result);
    if program.artifacts.as_ref().is_some_and(|expected| *expected != artifacts) {
        problems.push(format!("artifacts {artifacts:?}"));
    }
    if SECRETS.iter().any(|secret| result_without_code(result).contains(secret)) {
        problems.push("a secret in the result".to_owned());
    }
    problems
}

/// Whether `whole` has everything that `part` has.
fn contains(whole: &Value, part: &Value) -> bool {
    match (whole, part) {
        (Value::Object(whole), Value::Object(part)) => {
            part.iter().all(|(name, part)| contains(whole.get(name).unwrap_or(&Value::Null), part))
        }
        (Value::Array(whole), Value::Array(part)) => {
            whole.len() == part.len()
                && whole.iter().zip(part).all(|(whole, part)| contains(whole, part))
        }
        _ => whole == part,
    }
}

fn artifacts(result: &Value) -> Vec<String> {
    let listed = result["artifacts"].as_array().map(Vec::as_slice).unwrap_or_default();
    let paths = listed.iter().map(|artifact| artifact["path"].as_str().unwrap_or_default());
    let mut paths: Vec<_> = paths.map(str::to_owned).collect();
    paths.sort();
    paths
}

/// Everything that came back, and not what was sent.
fn result_without_code(result: &Value) -> String {
    let mut result = result.clone();
    if let Value::Object(fields) = &mut result {
        for sent in ["code", "files", "stdInput"] {
            fields.remove(sent);
        }
    }
    result.to_string()
}
