//! The shape of what clients get: pending and finished submissions.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use bson::DateTime;
use serde::Serialize;
use shared::outcome::{Output, StepOutcome, Verdict};
use shared::submission::{State, Submission};
use utoipa::ToSchema;

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
    /// When it was accepted (RFC 3339).
    created_at: Option<String>,
    /// When its execution started (RFC 3339).
    started_at: Option<String>,
}

/// A submission in its final state.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FinishedBody {
    code_submission_id: String,
    code: String,
    lang: String,
    std_input: String,
    /// What the program wrote to stdout; bytes that are not UTF-8 are replaced.
    std_output: String,
    /// What it wrote to stderr; for a program that did not compile, what the compiler wrote.
    std_error: String,
    /// `completed`, `failed` or `cancelled`.
    #[schema(example = "completed")]
    status: &'static str,
    /// `success`, `compileError`, `runtimeError`, `timeLimit`, `cpuLimit`, `memoryLimit`,
    /// `outputLimit`, `processLimit`, `cancelled` or `internalError`.
    #[schema(example = "success")]
    verdict: &'static str,
    /// More about the verdict, where there is more.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    /// The program's exit code, if it exited.
    exit_code: Option<i32>,
    /// The signal that ended the program, if one did.
    signal: Option<i32>,
    /// Wall time of the run, in milliseconds.
    wall_ms: i64,
    /// User and system CPU time of the run, in milliseconds.
    cpu_ms: i64,
    /// Peak memory of the run, in bytes.
    memory_bytes: i64,
    /// `stdOutput` is only the beginning of what was written.
    std_output_truncated: bool,
    /// `stdError` is only the beginning of what was written.
    std_error_truncated: bool,
    /// The bytes of stdout, where they are not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    std_output_base64: Option<String>,
    /// The bytes of stderr, where they are not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    std_error_base64: Option<String>,
    /// The compile step, where the language has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    compile: Option<CompileBody>,
    /// When it was accepted (RFC 3339).
    created_at: Option<String>,
    /// When its execution started (RFC 3339).
    started_at: Option<String>,
    /// When it was finished (RFC 3339).
    finished_at: Option<String>,
    /// The worker that executed it.
    worker: Option<String>,
}

/// The compile step of a submission.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CompileBody {
    std_output: String,
    std_error: String,
    exit_code: Option<i32>,
    signal: Option<i32>,
    wall_ms: i64,
    cpu_ms: i64,
    memory_bytes: i64,
    std_output_truncated: bool,
    std_error_truncated: bool,
}

/// What `GET /api/result/{id}` answers.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum ResultBody {
    Finished(Box<FinishedBody>),
    Pending(PendingBody),
}

impl From<&Submission> for ResultBody {
    fn from(submission: &Submission) -> Self {
        match submission.state.is_final() {
            true => Self::Finished(Box::new(finished(submission))),
            false => Self::Pending(pending(submission)),
        }
    }
}

fn pending(submission: &Submission) -> PendingBody {
    PendingBody {
        message: "Code execution is still pending",
        code_submission_id: submission.id.to_string(),
        status: submission.state.as_str(),
        created_at: rfc3339(Some(submission.created_at)),
        started_at: rfc3339(submission.started_at),
    }
}

fn finished(submission: &Submission) -> FinishedBody {
    let outcome = submission.outcome.as_ref();
    let verdict = outcome.map_or(default_verdict(submission.state), |outcome| outcome.verdict);
    let run = outcome.and_then(|outcome| outcome.run.as_ref());
    let compile = outcome.and_then(|outcome| outcome.compile.as_ref());
    // Clients that know only `stdError` must see why a program did not compile.
    let shown_error =
        run.or(compile).map_or_else(Text::default, |step| Text::from(&step.std_error));
    let shown_output = run.map_or_else(Text::default, |run| Text::from(&run.std_output));
    FinishedBody {
        code_submission_id: submission.id.to_string(),
        code: submission.program.code.clone(),
        lang: submission.program.lang.clone(),
        std_input: submission.program.std_input.clone().unwrap_or_default(),
        std_output: shown_output.text,
        std_error: shown_error.text,
        status: submission.state.as_str(),
        verdict: verdict.as_str(),
        message: outcome.and_then(|outcome| outcome.message.clone()),
        exit_code: run.and_then(|run| run.exit_code),
        signal: run.and_then(|run| run.signal),
        wall_ms: run.map_or(0, |run| run.wall_ms),
        cpu_ms: run.map_or(0, |run| run.cpu_ms),
        memory_bytes: run.map_or(0, |run| run.memory_bytes),
        std_output_truncated: shown_output.truncated,
        std_error_truncated: shown_error.truncated,
        std_output_base64: shown_output.base64,
        std_error_base64: shown_error.base64,
        compile: compile.map(CompileBody::from),
        created_at: rfc3339(Some(submission.created_at)),
        started_at: rfc3339(submission.started_at),
        finished_at: rfc3339(submission.finished_at),
        worker: submission.worker.clone(),
    }
}

/// The verdict of a final state that came about without an execution.
fn default_verdict(state: State) -> Verdict {
    match state {
        State::Cancelled => Verdict::Cancelled,
        _ => Verdict::InternalError,
    }
}

impl From<&StepOutcome> for CompileBody {
    fn from(step: &StepOutcome) -> Self {
        let (output, error) = (Text::from(&step.std_output), Text::from(&step.std_error));
        Self {
            std_output: output.text,
            std_error: error.text,
            exit_code: step.exit_code,
            signal: step.signal,
            wall_ms: step.wall_ms,
            cpu_ms: step.cpu_ms,
            memory_bytes: step.memory_bytes,
            std_output_truncated: output.truncated,
            std_error_truncated: error.truncated,
        }
    }
}

/// Output as JSON can carry it.
#[derive(Debug, Default, PartialEq, Eq)]
struct Text {
    text: String,
    base64: Option<String>,
    truncated: bool,
}

impl From<&Output> for Text {
    fn from(output: &Output) -> Self {
        let truncated = output.truncated;
        match std::str::from_utf8(&output.bytes) {
            Ok(text) => Self { text: text.to_owned(), base64: None, truncated },
            // Only the cut went through a character: the text before it is whole.
            Err(error) if truncated && error.error_len().is_none() => {
                let whole = &output.bytes[..error.valid_up_to()];
                Self { text: String::from_utf8_lossy(whole).into_owned(), base64: None, truncated }
            }
            Err(_) => Self {
                text: String::from_utf8_lossy(&output.bytes).into_owned(),
                base64: Some(BASE64.encode(&output.bytes)),
                truncated,
            },
        }
    }
}

fn rfc3339(time: Option<DateTime>) -> Option<String> {
    time.and_then(|time| time.try_to_rfc3339_string().ok())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use shared::outcome::Outcome;
    use shared::program::Program;
    use shared::submission::SubmissionId;

    use super::*;

    #[rstest]
    #[case::plain("hé".as_bytes(), false, "hé", false)]
    #[case::cut_inside_a_character("h\u{e9}".as_bytes().split_last().unwrap().1, true, "h", false)]
    #[case::not_cut_but_incomplete("h\u{e9}".as_bytes().split_last().unwrap().1, false, "h\u{fffd}", true)]
    #[case::not_utf8(&[b'a', 0xff, b'b'], true, "a\u{fffd}b", true)]
    fn output_is_text_where_it_can_be(
        #[case] bytes: &[u8],
        #[case] truncated: bool,
        #[case] text: &str,
        #[case] base64: bool,
    ) {
        let shown = Text::from(&Output { bytes: bytes.to_vec(), truncated });
        assert_eq!(shown.text, text);
        assert_eq!(shown.base64, base64.then(|| BASE64.encode(bytes)));
    }

    fn submission(state: State, outcome: Option<Outcome>) -> Submission {
        Submission {
            id: "01937b5e-7c1a-7cc3-9d1f-0a1b2c3d4e5f".parse::<SubmissionId>().unwrap(),
            program: Program {
                lang: "c".into(),
                code: "int main(){}".into(),
                ..Program::default()
            },
            state,
            epoch: 1,
            created_at: DateTime::from_millis(1_700_000_000_000),
            started_at: None,
            finished_at: None,
            worker: Some("worker-1".into()),
            outcome,
        }
    }

    fn step(stderr: &str) -> StepOutcome {
        StepOutcome {
            std_error: Output { bytes: stderr.into(), truncated: false },
            exit_code: Some(1),
            wall_ms: 12,
            ..StepOutcome::default()
        }
    }

    #[test]
    fn a_finished_submission_has_this_shape() {
        let outcome = Outcome {
            compile: Some(StepOutcome { exit_code: Some(0), ..step("warning") }),
            run: Some(step("oops")),
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
    fn a_compiler_s_complaint_is_shown_as_std_error() {
        let outcome = Outcome {
            compile: Some(step("main.c:1: error")),
            ..Outcome::new(Verdict::CompileError)
        };
        let body = finished(&submission(State::Completed, Some(outcome)));
        assert_eq!((body.std_error.as_str(), body.exit_code), ("main.c:1: error", None));
    }
}
