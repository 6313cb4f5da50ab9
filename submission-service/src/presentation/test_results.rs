//! What is shown of a submission's tests: never their input, nor what they expect.

use serde::Serialize;
use shared::outcome::{TestOutcome, Verdict};
use shared::program::TestCase;
use utoipa::ToSchema;

use super::step::StepBody;

/// How a submission's tests ended, where it has some.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct TestResultsBody {
    /// Whether every test was run and passed.
    #[schema(required = false)]
    passed: bool,
    /// How many tests the submission has.
    #[schema(required = false)]
    tests_total: usize,
    /// How many of them were run.
    #[schema(required = false)]
    tests_run: usize,
    /// How many of them were passed.
    #[schema(required = false)]
    tests_passed: usize,
    /// Those that were run, in the submission's order.
    #[schema(required = false)]
    tests: Vec<TestBody>,
}

/// How one test ended.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct TestBody {
    /// The test's name, if it was given one.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// The verdict on this run. `success` says nothing about what it printed.
    #[schema(example = "success")]
    verdict: &'static str,
    /// Whether it exited with 0 and, where an output was expected, printed that.
    passed: bool,
    #[serde(flatten)]
    run: StepBody,
}

impl TestResultsBody {
    /// The results of the tests that were run, each with its name; `None` where there are no tests.
    pub(super) fn of(tests: &[TestCase], outcomes: &[TestOutcome]) -> Option<Self> {
        if tests.is_empty() {
            return None;
        }
        let passed = outcomes.iter().filter(|test| test.passed).count();
        Some(Self {
            passed: passed == tests.len(),
            tests_total: tests.len(),
            tests_run: outcomes.len(),
            tests_passed: passed,
            tests: tests.iter().zip(outcomes).map(TestBody::from).collect(),
        })
    }
}

impl From<(&TestCase, &TestOutcome)> for TestBody {
    fn from((test, outcome): (&TestCase, &TestOutcome)) -> Self {
        Self {
            name: test.name.clone(),
            verdict: outcome.verdict.as_str(),
            passed: outcome.passed,
            run: StepBody::from(&outcome.run),
        }
    }
}

/// The tests as one run: what the deciding one wrote and how it ended, and what all of them used.
pub(super) fn as_one_run(tests: &[TestOutcome]) -> Option<StepBody> {
    let deciding = deciding(tests)?;
    let runs = || tests.iter().map(|test| &test.run);
    Some(StepBody {
        wall_ms: runs().map(|run| run.wall_ms).sum(),
        cpu_ms: runs().map(|run| run.cpu_ms).sum(),
        memory_bytes: runs().map(|run| run.memory_bytes).max().unwrap_or_default(),
        ..StepBody::from(&deciding.run)
    })
}

/// The test that decided the submission's verdict: the first that did not run to a successful end,
/// else the first that was not passed, else the last.
fn deciding(tests: &[TestOutcome]) -> Option<&TestOutcome> {
    let ended_badly = || tests.iter().find(|test| test.verdict != Verdict::Success);
    let not_passed = || tests.iter().find(|test| !test.passed);
    ended_badly().or_else(not_passed).or(tests.last())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use shared::outcome::StepOutcome;

    use super::*;

    fn outcome(verdict: Verdict, passed: bool, nth: i32) -> TestOutcome {
        let run = StepOutcome {
            exit_code: Some(nth),
            wall_ms: 10,
            cpu_ms: 2,
            memory_bytes: 100 - i64::from(nth),
            ..StepOutcome::default()
        };
        TestOutcome { verdict, passed, run }
    }

    #[rstest]
    #[case::all_passed(&[(Verdict::Success, true), (Verdict::Success, true)], 1)]
    #[case::wrong_output(&[(Verdict::Success, true), (Verdict::Success, false), (Verdict::Success, true)], 1)]
    #[case::ended_badly_after_wrong_output(
        &[(Verdict::Success, false), (Verdict::TimeLimit, false), (Verdict::RuntimeError, false)],
        1
    )]
    fn one_test_speaks_for_all(#[case] tests: &[(Verdict, bool)], #[case] deciding: i32) {
        let tests: Vec<_> = (0..)
            .zip(tests)
            .map(|(nth, (verdict, passed))| outcome(*verdict, *passed, nth))
            .collect();
        let shown = as_one_run(&tests).unwrap();
        assert_eq!(shown.exit_code, Some(deciding));
        let count = i64::try_from(tests.len()).unwrap();
        assert_eq!((shown.wall_ms, shown.cpu_ms), (10 * count, 2 * count));
        assert_eq!(shown.memory_bytes, 100);
    }

    #[rstest]
    #[case::none_run(&[], (0, 0, false))]
    #[case::not_all_run(&[true], (1, 1, false))]
    #[case::one_not_passed(&[true, false], (2, 1, false))]
    #[case::all_passed(&[true, true], (2, 2, true))]
    fn a_submission_passes_when_all_its_tests_were_run_and_passed(
        #[case] outcomes: &[bool],
        #[case] expected: (usize, usize, bool),
    ) {
        let outcomes: Vec<_> =
            outcomes.iter().map(|passed| outcome(Verdict::Success, *passed, 0)).collect();
        let tests = vec![TestCase::default(); 2];
        let results = TestResultsBody::of(&tests, &outcomes).unwrap();
        assert_eq!((results.tests_run, results.tests_passed, results.passed), expected);
        assert_eq!(results.tests_total, 2);
        assert!(TestResultsBody::of(&[], &[]).is_none());
    }
}
