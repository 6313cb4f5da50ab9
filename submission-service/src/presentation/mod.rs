//! The shape of what clients get: pending and finished submissions.

mod finished;
mod placement;
mod program;
mod step;
mod test_results;
mod times;

use serde::Serialize;
use shared::submission::Submission;
use utoipa::ToSchema;

pub(crate) use finished::FinishedBody;
use placement::PlacementBody;
use times::TimesBody;
pub(crate) use times::rfc3339;

/// What `GET /api/result/{id}` answers.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum ResultBody {
    Finished(Box<FinishedBody>),
    Pending(PendingBody),
}

/// A submission that is not finished.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PendingBody {
    #[schema(example = "Code execution is still pending")]
    message: &'static str,
    code_submission_id: String,
    /// `queued` or `running`.
    #[schema(example = "queued")]
    status: &'static str,
    #[serde(flatten)]
    placement: PlacementBody,
    #[serde(flatten)]
    times: TimesBody,
}

impl From<&Submission> for ResultBody {
    fn from(submission: &Submission) -> Self {
        match submission.state.is_final() {
            true => Self::Finished(Box::new(FinishedBody::from(submission))),
            false => Self::Pending(PendingBody::from(submission)),
        }
    }
}

impl From<&Submission> for PendingBody {
    fn from(submission: &Submission) -> Self {
        Self {
            message: "Code execution is still pending",
            code_submission_id: submission.id.to_string(),
            status: submission.state.as_str(),
            placement: PlacementBody::from(&submission.placement),
            times: TimesBody::from(submission),
        }
    }
}

#[cfg(test)]
mod tests {
    use bson::DateTime;
    use serde_json::{Value, json};
    use shared::limits::LimitOverrides;
    use shared::outcome::{
        Artifact, FailureReason, Outcome, Output, StepOutcome, TestOutcome, Verdict,
    };
    use shared::program::{FilePath, Program, ProgramFile, TestCase};
    use shared::submission::{State, SubmissionId};

    use super::*;

    fn submission(state: State, outcome: Option<Outcome>) -> Submission {
        Submission {
            id: "01937b5e-7c1a-7cc3-9d1f-0a1b2c3d4e5f".parse::<SubmissionId>().unwrap(),
            program: Program {
                lang: "c".into(),
                code: "int main(){}".into(),
                ..Program::default()
            },
            placement: Default::default(),
            account: None,
            state,
            epoch: 1,
            created_at: DateTime::from_millis(1_700_000_000_000),
            started_at: None,
            finished_at: None,
            worker: Some("worker-1".into()),
            claim_token: None,
            outcome,
        }
    }

    fn shown(submission: &Submission) -> Value {
        serde_json::to_value(ResultBody::from(submission)).unwrap()
    }

    fn step(stderr: &str) -> StepOutcome {
        StepOutcome {
            std_error: Output { bytes: stderr.into(), truncated: false },
            exit_code: Some(1),
            wall_ms: 12,
            ..StepOutcome::default()
        }
    }

    fn file(path: &str, contents: &[u8]) -> ProgramFile {
        let path = FilePath::try_from(path.to_owned()).unwrap();
        ProgramFile { path, contents: contents.to_vec() }
    }

    #[test]
    fn a_finished_submission_has_this_shape() {
        let outcome = Outcome {
            compile: Some(StepOutcome { exit_code: Some(0), ..step("warning") }),
            run: Some(step("oops")),
            container_wait_ms: 3,
            ..Outcome::new(Verdict::RuntimeError)
        };
        let body = ResultBody::from(&submission(State::Completed, Some(outcome)));
        insta::assert_json_snapshot!("finished", body);
    }

    #[test]
    fn a_pending_submission_has_this_shape() {
        insta::assert_json_snapshot!("pending", ResultBody::from(&submission(State::Queued, None)));
    }

    #[test]
    fn a_finished_submission_shows_all_that_was_asked_for_and_brings_its_files() {
        let outcome = Outcome {
            run: Some(step("")),
            artifacts: vec![Artifact { path: "out/a".into(), contents: vec![1, 2, 3] }],
            artifacts_truncated: true,
            ..Outcome::new(Verdict::Success)
        };
        let whole = Submission {
            program: Program {
                lang: "cpp".into(),
                files: vec![file("main.cpp", b"int main(){}"), file("data/in.bin", &[0xff, 0])],
                args: vec!["-v".into()],
                env: [("MODE".to_owned(), "fast".to_owned())].into(),
                compiler_args: vec!["-Wall".into()],
                limits: LimitOverrides { wall_ms: Some(500), ..Default::default() },
                compile_limits: LimitOverrides { cpu_ms: Some(9), ..Default::default() },
                output_files: vec!["out/*".into()],
                ..Program::default()
            },
            started_at: Some(DateTime::from_millis(1_700_000_000_250)),
            ..submission(State::Completed, Some(outcome))
        };
        insta::assert_json_snapshot!("finished_whole", ResultBody::from(&whole));
    }

    #[test]
    fn a_finished_submission_with_tests_has_this_shape() {
        let test = |name: Option<&str>| TestCase {
            name: name.map(str::to_owned),
            stdin: "a secret input".into(),
            expected_output: Some("a secret output".into()),
        };
        let passed = TestOutcome { verdict: Verdict::Success, passed: true, run: step("first") };
        let failed = TestOutcome { passed: false, run: step("second"), ..passed.clone() };
        let outcome = Outcome { tests: vec![passed, failed], ..Outcome::new(Verdict::Success) };
        let tested = Submission {
            program: Program {
                lang: "python".into(),
                code: "print(1)".into(),
                tests: vec![test(Some("small")), test(None), test(Some("never run"))],
                stop_on_first_failure: true,
                ..Program::default()
            },
            ..submission(State::Completed, Some(outcome))
        };
        insta::assert_json_snapshot!("finished_with_tests", ResultBody::from(&tested));
        assert!(!shown(&tested).to_string().contains("secret"));
    }

    #[test]
    fn tests_of_a_program_that_did_not_compile_were_not_run() {
        let outcome = Outcome {
            compile: Some(step("main.c:1: error")),
            ..Outcome::new(Verdict::CompileError)
        };
        let mut submission = submission(State::Completed, Some(outcome));
        submission.program.tests = vec![TestCase::default()];
        let shown = shown(&submission);
        assert_eq!(shown["stdError"], "main.c:1: error", "a compiler's complaint");
        assert_eq!(shown["exitCode"], Value::Null);
        assert_eq!(
            (&shown["passed"], &shown["testsTotal"], &shown["testsRun"], &shown["tests"]),
            (&json!(false), &json!(1), &json!(0), &json!([]))
        );
    }

    #[test]
    fn a_submission_that_was_never_executed_has_a_verdict_all_the_same() {
        let shown = shown(&submission(State::Cancelled, None));
        assert_eq!(shown["verdict"], "cancelled");
        assert_eq!((&shown["containerWaitMs"], &shown["queuedMs"]), (&Value::Null, &Value::Null));
    }

    #[test]
    fn a_submission_that_failed_tells_why() {
        for (reason, word) in
            [(FailureReason::Poison, "poison"), (FailureReason::Expired, "expired")]
        {
            let outcome =
                Outcome { reason: Some(reason), ..Outcome::internal_error("could not be run") };
            let shown = shown(&submission(State::Failed, Some(outcome)));
            assert_eq!((&shown["status"], &shown["reason"]), (&json!("failed"), &json!(word)));
            assert_eq!(shown["verdict"], "internalError");
        }
    }

    #[test]
    fn a_submission_whose_place_a_later_one_has_taken_says_so() {
        let outcome = Outcome::cancelled(Some(FailureReason::Superseded));
        let shown = shown(&submission(State::Cancelled, Some(outcome)));
        assert_eq!(
            (&shown["status"], &shown["verdict"], &shown["reason"]),
            (&json!("cancelled"), &json!("cancelled"), &json!("superseded"))
        );
    }

    #[test]
    fn only_a_result_that_is_given_again_is_marked() {
        let first = Outcome { container_wait_ms: 5, ..Outcome::new(Verdict::Success) };
        let state = |outcome| submission(State::Completed, Some(outcome));
        assert_eq!(shown(&state(first.clone()))["cached"], Value::Null);
        assert_eq!(shown(&state(first.given_again()))["cached"], true);
    }

    #[test]
    fn a_submission_that_was_cancelled_while_it_ran_keeps_its_output() {
        let run = StepOutcome { exit_code: None, ..step("so far") };
        let outcome = Outcome { run: Some(run), ..Outcome::new(Verdict::Cancelled) };
        let shown = shown(&submission(State::Cancelled, Some(outcome)));
        assert_eq!(
            (&shown["status"], &shown["verdict"], &shown["stdError"], &shown["reason"]),
            (&json!("cancelled"), &json!("cancelled"), &json!("so far"), &Value::Null)
        );
    }
}
