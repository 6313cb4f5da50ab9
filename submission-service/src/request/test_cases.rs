//! A submission's tests.

use serde::Deserialize;
use shared::program::{MAX_TESTS, Program, TestCase};
use utoipa::ToSchema;

use super::refuse;
use crate::error::ApiError;

/// The longest name of a test, in characters.
const MAX_NAME_CHARS: usize = 256;

/// One run of a program that has tests.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct TestRequest {
    /// What the program reads on its stdin.
    #[schema(example = "2 3\n")]
    stdin: Option<String>,
    /// What it must print, save for white space at the end of lines and of the whole. Without it,
    /// exiting with 0 is enough.
    #[schema(example = "5")]
    expected_output: Option<String>,
    /// For people; at most 256 characters.
    #[schema(example = "small numbers")]
    name: Option<String>,
}

/// The tests, in the client's order.
pub(super) fn parse(tests: Vec<TestRequest>) -> Result<Vec<TestCase>, ApiError> {
    if tests.len() > MAX_TESTS {
        return refuse(format!("`tests` has more than {MAX_TESTS} entries"));
    }
    let too_long = |test: &TestRequest| {
        test.name.as_ref().is_some_and(|name| name.chars().nth(MAX_NAME_CHARS).is_some())
    };
    if let Some(index) = tests.iter().position(too_long) {
        return refuse(format!("`tests[{index}].name` is longer than {MAX_NAME_CHARS} characters"));
    }
    let case = |TestRequest { stdin, expected_output, name }| TestCase {
        name,
        stdin: stdin.unwrap_or_default(),
        expected_output,
    };
    Ok(tests.into_iter().map(case).collect())
}

/// Whether nothing is asked for that tests exclude or need.
pub(super) fn check_alone(program: &Program) -> Result<(), ApiError> {
    if program.tests.is_empty() {
        return match program.stop_on_first_failure {
            true => refuse("`stopOnFirstFailure`: there are no `tests`"),
            false => Ok(()),
        };
    }
    if program.std_input.as_ref().is_some_and(|input| !input.is_empty()) {
        return refuse("`stdInput` cannot be given with `tests`: each has its own `stdin`");
    }
    if !program.output_files.is_empty() {
        return refuse("`outputFiles` cannot be given with `tests`: each would leave its own");
    }
    Ok(())
}
