//! Limits that a submission asks for.

use serde::{Deserialize, Serialize};
use shared::limits::{Ceilings, LimitOverrides};
use utoipa::ToSchema;

use super::refuse;
use crate::error::ApiError;

/// Limits of one step, as they are asked for and shown; what is left out is as usual.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct LimitsBody {
    /// Wall time, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 2000)]
    wall_ms: Option<u64>,
    /// User and system CPU time of all processes, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 1000)]
    cpu_ms: Option<u64>,
    /// Memory of all processes and of the files they write, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 134217728)]
    memory_bytes: Option<u64>,
    /// Processes and threads.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 16)]
    processes: Option<u64>,
    /// Open files per process.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 64)]
    open_files: Option<u64>,
    /// Largest file, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 1048576)]
    file_bytes: Option<u64>,
    /// Size of the work directory, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 8388608)]
    disk_bytes: Option<u64>,
    /// Kept of stdout and of stderr, each, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 65536)]
    output_bytes: Option<u64>,
    /// Stack of a process, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 8388608)]
    stack_bytes: Option<u64>,
}

impl LimitsBody {
    /// What was asked for, if anything was.
    pub(crate) fn asked(limits: &LimitOverrides) -> Option<Self> {
        (*limits != LimitOverrides::default()).then_some(Self {
            wall_ms: limits.wall_ms,
            cpu_ms: limits.cpu_ms,
            memory_bytes: limits.memory_bytes,
            processes: limits.processes,
            open_files: limits.open_files,
            file_bytes: limits.file_bytes,
            disk_bytes: limits.disk_bytes,
            output_bytes: limits.output_bytes,
            stack_bytes: limits.stack_bytes,
        })
    }
}

impl From<LimitsBody> for LimitOverrides {
    fn from(limits: LimitsBody) -> Self {
        Self {
            wall_ms: limits.wall_ms,
            cpu_ms: limits.cpu_ms,
            memory_bytes: limits.memory_bytes,
            processes: limits.processes,
            open_files: limits.open_files,
            file_bytes: limits.file_bytes,
            disk_bytes: limits.disk_bytes,
            output_bytes: limits.output_bytes,
            stack_bytes: limits.stack_bytes,
        }
    }
}

/// The limits of the run step.
pub(super) fn parse_run(
    limits: LimitsBody,
    ceilings: &Ceilings,
) -> Result<LimitOverrides, ApiError> {
    within("limits", limits, ceilings)
}

/// The limits of the compile step.
pub(super) fn parse_compile(
    limits: LimitsBody,
    ceilings: &Ceilings,
) -> Result<LimitOverrides, ApiError> {
    if limits.disk_bytes.is_some() {
        return refuse(
            "`compileLimits.diskBytes`: both steps share the work directory; use `limits.diskBytes`",
        );
    }
    within("compileLimits", limits, ceilings)
}

fn within(
    field: &str,
    limits: LimitsBody,
    ceilings: &Ceilings,
) -> Result<LimitOverrides, ApiError> {
    let limits = LimitOverrides::from(limits);
    let problems: Vec<String> = limits
        .out_of_range(ceilings)
        .into_iter()
        .map(|problem| format!("`{field}.{}` {problem}", problem.limit))
        .collect();
    match problems.is_empty() {
        true => Ok(limits),
        false => Err(ApiError::LimitOutOfRange(problems.join("; "))),
    }
}
