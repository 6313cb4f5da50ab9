//! How an execution ended: the verdict and the figures behind it.

use serde::{Deserialize, Serialize};

/// The judgement on a program. Its text is the same in the API, the store and metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// It ran and exited with 0.
    Success,
    /// It did not compile.
    CompileError,
    /// It exited with another code, or a signal ended it.
    RuntimeError,
    /// It used up its wall time.
    TimeLimit,
    /// It used up its CPU time.
    CpuLimit,
    /// It was stopped for want of memory.
    MemoryLimit,
    /// It wrote more than is kept.
    OutputLimit,
    /// It wanted more processes than it may have.
    ProcessLimit,
    /// It was withdrawn while it ran.
    Cancelled,
    /// It could not be executed; the fault is ours.
    InternalError,
}

impl Verdict {
    /// The word for it in the API, the store and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::CompileError => "compileError",
            Self::RuntimeError => "runtimeError",
            Self::TimeLimit => "timeLimit",
            Self::CpuLimit => "cpuLimit",
            Self::MemoryLimit => "memoryLimit",
            Self::OutputLimit => "outputLimit",
            Self::ProcessLimit => "processLimit",
            Self::Cancelled => "cancelled",
            Self::InternalError => "internalError",
        }
    }
}

/// Why a submission was not executed to its end, where that has a name. Its text is the same in the
/// API, the store and metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum FailureReason {
    /// It was started again and again and never came to an end.
    Poison,
    /// Its time in the queue was over before a worker claimed it.
    Expired,
    /// A later one has taken its place: in its slot, or because its user may have only so many at
    /// once.
    Superseded,
}

impl FailureReason {
    /// The word for it in the API, the store and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Poison => "poison",
            Self::Expired => "expired",
            Self::Superseded => "superseded",
        }
    }

    /// What a client is told.
    fn message(self) -> &'static str {
        match self {
            Self::Poison => "its execution was started again and again and never came to an end",
            Self::Expired => "its time in the queue was over before it could be executed",
            Self::Superseded => "a later submission has taken its place",
        }
    }
}

/// How an execution ended, as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// The judgement.
    pub verdict: Verdict,
    /// Why it was not executed to its end, where the reason has a name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<FailureReason>,
    /// What a client should know beyond the verdict; never internals.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The compile step, where the language has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compile: Option<StepOutcome>,
    /// The run step, if it came to it and the submission has no tests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<StepOutcome>,
    /// The tests that were run, in the submission's order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tests: Vec<TestOutcome>,
    /// Files that the program left and that were asked for, by path.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub artifacts: Vec<Artifact>,
    /// Whether there were more such files, or larger ones, than are kept.
    #[serde(default)]
    pub artifacts_truncated: bool,
    /// How long the execution waited for a container, in milliseconds.
    #[serde(default)]
    pub container_wait_ms: i64,
    /// Whether it is that of an earlier submission, which would have had the same.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cached: bool,
}

impl Outcome {
    /// The outcome of a submission that could not be executed.
    pub fn internal_error(message: impl Into<String>) -> Self {
        Self { message: Some(message.into()), ..Self::new(Verdict::InternalError) }
    }

    /// The outcome of a submission that failed for this reason.
    pub fn failed(reason: FailureReason) -> Self {
        Self { reason: Some(reason), ..Self::internal_error(reason.message()) }
    }

    /// The outcome of a submission that was withdrawn before it was executed.
    pub fn cancelled(reason: Option<FailureReason>) -> Self {
        Self::new(Verdict::Cancelled).because(reason)
    }

    /// The same, with the reason why it did not come to its end.
    #[must_use]
    pub fn because(self, reason: Option<FailureReason>) -> Self {
        let message = reason.map(|reason| reason.message().to_owned());
        Self { reason, message: message.or(self.message), ..self }
    }

    /// Whether executing the same again would have the same outcome: what came of the program
    /// itself, and not of a limit, of us, or of somebody who stopped it.
    pub fn is_repeatable(&self) -> bool {
        let is_program_s = |verdict| matches!(verdict, Verdict::Success | Verdict::RuntimeError);
        let of_tests = self.tests.iter().all(|test| is_program_s(test.verdict));
        of_tests && (is_program_s(self.verdict) || self.verdict == Verdict::CompileError)
    }

    /// The outcome of a further submission of which this is known already.
    #[must_use]
    pub fn given_again(self) -> Self {
        Self { container_wait_ms: 0, cached: true, ..self }
    }

    /// The same without what the program has printed and left, and without words: verdict and figures.
    #[must_use]
    pub fn without_contents(&self) -> Self {
        Self {
            verdict: self.verdict,
            reason: self.reason,
            message: None,
            compile: self.compile.as_ref().map(StepOutcome::without_contents),
            run: self.run.as_ref().map(StepOutcome::without_contents),
            tests: self.tests.iter().map(TestOutcome::without_contents).collect(),
            artifacts: Vec::new(),
            artifacts_truncated: self.artifacts_truncated,
            container_wait_ms: self.container_wait_ms,
            cached: self.cached,
        }
    }

    /// An outcome of this verdict with nothing else to tell.
    pub fn new(verdict: Verdict) -> Self {
        Self {
            verdict,
            reason: None,
            message: None,
            compile: None,
            run: None,
            tests: Vec::new(),
            artifacts: Vec::new(),
            artifacts_truncated: false,
            container_wait_ms: 0,
            cached: false,
        }
    }
}

/// How one test of a submission ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TestOutcome {
    /// The judgement on the run; `Success` says nothing about what it printed.
    pub verdict: Verdict,
    /// Whether it ran to a successful end and, where an output was expected, printed that.
    pub passed: bool,
    /// The run. Its output may be cut beyond the limit's cut, for all tests share one result.
    pub run: StepOutcome,
}

impl TestOutcome {
    fn without_contents(&self) -> Self {
        Self { verdict: self.verdict, passed: self.passed, run: self.run.without_contents() }
    }
}

/// A file that a program left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Artifact {
    /// Relative to the work directory.
    pub path: String,
    /// Its contents, whole.
    #[serde(with = "serde_bytes")]
    pub contents: Vec<u8>,
}

/// How one step ended and what it used.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StepOutcome {
    /// What it wrote to stdout.
    pub std_output: Output,
    /// What it wrote to stderr.
    pub std_error: Output,
    /// Its exit code, if it exited.
    pub exit_code: Option<i32>,
    /// The signal that ended it, if one did.
    pub signal: Option<i32>,
    /// Wall time, in milliseconds.
    pub wall_ms: i64,
    /// User and system CPU time of all processes, in milliseconds.
    pub cpu_ms: i64,
    /// Peak memory, in bytes.
    pub memory_bytes: i64,
}

impl StepOutcome {
    fn without_contents(&self) -> Self {
        Self {
            std_output: Output::default(),
            std_error: Output::default(),
            exit_code: self.exit_code,
            signal: self.signal,
            wall_ms: self.wall_ms,
            cpu_ms: self.cpu_ms,
            memory_bytes: self.memory_bytes,
        }
    }
}

/// The kept beginning of one output stream.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Output {
    /// The bytes, which need not be UTF-8.
    #[serde(with = "serde_bytes")]
    pub bytes: Vec<u8>,
    /// Whether there was more.
    pub truncated: bool,
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[test]
    fn a_verdict_has_one_word_everywhere() {
        use Verdict::*;
        for verdict in [
            Success,
            CompileError,
            RuntimeError,
            TimeLimit,
            CpuLimit,
            MemoryLimit,
            OutputLimit,
            ProcessLimit,
            Cancelled,
            InternalError,
        ] {
            assert_eq!(serde_json::to_value(verdict).unwrap(), verdict.as_str());
        }
    }

    #[rstest]
    #[case(Verdict::Success, &[], true)]
    #[case(Verdict::RuntimeError, &[], true)]
    #[case(Verdict::CompileError, &[], true)]
    #[case(Verdict::Success, &[Verdict::Success, Verdict::RuntimeError], true)]
    #[case(Verdict::RuntimeError, &[Verdict::RuntimeError, Verdict::TimeLimit], false)]
    #[case(Verdict::TimeLimit, &[], false)]
    #[case(Verdict::CpuLimit, &[], false)]
    #[case(Verdict::MemoryLimit, &[], false)]
    #[case(Verdict::OutputLimit, &[], false)]
    #[case(Verdict::ProcessLimit, &[], false)]
    #[case(Verdict::Cancelled, &[], false)]
    #[case(Verdict::InternalError, &[], false)]
    fn only_what_came_of_the_program_itself_comes_again(
        #[case] verdict: Verdict,
        #[case] tests: &[Verdict],
        #[case] repeatable: bool,
    ) {
        let test = |verdict: &Verdict| TestOutcome {
            verdict: *verdict,
            passed: false,
            run: StepOutcome::default(),
        };
        let tests = tests.iter().map(test).collect();
        assert_eq!(Outcome { tests, ..Outcome::new(verdict) }.is_repeatable(), repeatable);
    }

    #[test]
    fn a_reason_has_one_word_everywhere() {
        for reason in [FailureReason::Poison, FailureReason::Expired, FailureReason::Superseded] {
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.as_str());
        }
    }
}
