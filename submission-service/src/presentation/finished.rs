//! What is shown of a submission in its final state.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::Serialize;
use shared::outcome::{Artifact, FailureReason, Outcome, Verdict};
use shared::submission::{State, Submission};
use utoipa::ToSchema;

use super::placement::PlacementBody;
use super::program::ProgramBody;
use super::step::StepBody;
use super::test_results::{TestResultsBody, as_one_run};
use super::times::{TimesBody, rfc3339};

/// A submission in its final state.
///
/// The figures at the top are those of the run. Where there are tests, `stdOutput`, `stdError`,
/// `exitCode` and `signal` are those of the test that decided the verdict (the first that did not
/// run to a successful end, else the first that was not passed, else the last), `wallMs` and
/// `cpuMs` are sums, and `memoryBytes` is the maximum. For a program that did not compile,
/// `stdError` is what the compiler wrote.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FinishedBody {
    code_submission_id: String,
    #[serde(flatten)]
    program: ProgramBody,
    #[serde(flatten)]
    placement: PlacementBody,
    /// `completed`, `failed` or `cancelled`.
    #[schema(example = "completed")]
    status: &'static str,
    /// `success`, `compileError`, `runtimeError`, `timeLimit`, `cpuLimit`, `memoryLimit`,
    /// `outputLimit`, `processLimit`, `cancelled` or `internalError`.
    #[schema(example = "success")]
    verdict: &'static str,
    /// Why it was not executed to an end, where that is known: `expired`, it had waited in the queue
    /// for too long; `poison`, it was started three times, and its worker never came to an end;
    /// `superseded`, a later submission has taken its place, in its slot or because its user may have
    /// only so many at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "expired")]
    reason: Option<&'static str>,
    /// `true`, where it was not executed: the result is that of an earlier submission that was the
    /// same, as `cache` allows.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = true)]
    cached: Option<bool>,
    /// More about the verdict, where there is more.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    #[serde(flatten)]
    run: StepBody,
    /// The compile step, where the language has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    compile: Option<StepBody>,
    #[serde(flatten)]
    #[schema(nullable = false)]
    test_results: Option<TestResultsBody>,
    /// The files that `outputFiles` asked for, by path.
    #[serde(skip_serializing_if = "Option::is_none")]
    artifacts: Option<Vec<ArtifactBody>>,
    /// Whether there were more such files, or larger ones, than are kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    artifacts_truncated: Option<bool>,
    #[serde(flatten)]
    times: TimesBody,
    /// When it was finished (RFC 3339).
    finished_at: Option<String>,
    /// How long its execution waited for a container, in milliseconds; null if it never had one.
    container_wait_ms: Option<i64>,
    /// The worker that executed it.
    worker: Option<String>,
}

/// A file that the program left.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ArtifactBody {
    /// Relative to the work directory.
    #[schema(example = "out/plot.png")]
    path: String,
    /// Its contents, whole.
    content_base64: String,
    /// Its size.
    bytes: usize,
}

impl From<&Submission> for FinishedBody {
    fn from(submission: &Submission) -> Self {
        let program = &submission.program;
        let absent = Outcome::new(default_verdict(submission.state));
        let outcome = submission.outcome.as_ref().unwrap_or(&absent);
        let asked_for_files = !program.output_files.is_empty();
        Self {
            code_submission_id: submission.id.to_string(),
            program: ProgramBody::from(program),
            placement: PlacementBody::from(&submission.placement),
            status: submission.state.as_str(),
            verdict: outcome.verdict.as_str(),
            reason: outcome.reason.map(FailureReason::as_str),
            cached: outcome.cached.then_some(true),
            message: outcome.message.clone(),
            run: run(outcome),
            compile: outcome.compile.as_ref().map(StepBody::from),
            test_results: TestResultsBody::of(&program.tests, &outcome.tests),
            artifacts: asked_for_files
                .then(|| outcome.artifacts.iter().map(ArtifactBody::from).collect()),
            artifacts_truncated: asked_for_files.then_some(outcome.artifacts_truncated),
            times: TimesBody::from(submission),
            finished_at: rfc3339(submission.finished_at),
            container_wait_ms: submission.outcome.as_ref().map(|outcome| outcome.container_wait_ms),
            worker: submission.worker.clone(),
        }
    }
}

/// The verdict of a final state that came about without an execution.
fn default_verdict(state: State) -> Verdict {
    match state {
        State::Cancelled => Verdict::Cancelled,
        _ => Verdict::InternalError,
    }
}

fn run(outcome: &Outcome) -> StepBody {
    if let Some(tests) = as_one_run(&outcome.tests) {
        return tests;
    }
    match (&outcome.run, &outcome.compile) {
        (Some(run), _) => StepBody::from(run),
        // Clients that know only `stdError` must see why a program did not compile.
        (None, Some(compile)) => StepBody::only_std_error(compile),
        (None, None) => StepBody::default(),
    }
}

impl From<&Artifact> for ArtifactBody {
    fn from(artifact: &Artifact) -> Self {
        Self {
            path: artifact.path.clone(),
            content_base64: BASE64.encode(&artifact.contents),
            bytes: artifact.contents.len(),
        }
    }
}
