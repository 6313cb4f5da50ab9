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

/// How an execution ended, as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// The judgement.
    pub verdict: Verdict,
    /// What a client should know beyond the verdict; never internals.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The compile step, where the language has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compile: Option<StepOutcome>,
    /// The run step, if it came to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<StepOutcome>,
}

impl Outcome {
    /// The outcome of a submission that could not be executed.
    pub fn internal_error(message: impl Into<String>) -> Self {
        Self {
            verdict: Verdict::InternalError,
            message: Some(message.into()),
            compile: None,
            run: None,
        }
    }
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
}
