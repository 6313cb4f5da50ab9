//! What is shown of the program itself: what the client sent, save for its tests.

use std::collections::BTreeMap;

use serde::Serialize;
use shared::program::Program;
use utoipa::ToSchema;

use crate::request::{FileBody, LimitsBody};

/// The program as it was submitted.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ProgramBody {
    /// The source text; empty where there is none beside `files`.
    code: String,
    /// The language's own name.
    #[schema(example = "python")]
    lang: String,
    /// What it read on its stdin; empty where nothing was given.
    std_input: String,
    /// The files, where there are any. `base64` is given only for what is not UTF-8.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    files: Vec<FileBody>,
    /// Its arguments, where there are any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    args: Vec<String>,
    /// What was added to its environment, where anything was.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(required = false)]
    env: BTreeMap<String, String>,
    /// The compiler's further arguments, where there are any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    compiler_args: Vec<String>,
    /// The run step's limits that were asked for, where any were.
    #[serde(skip_serializing_if = "Option::is_none")]
    limits: Option<LimitsBody>,
    /// The compile step's limits that were asked for, where any were.
    #[serde(skip_serializing_if = "Option::is_none")]
    compile_limits: Option<LimitsBody>,
}

impl From<&Program> for ProgramBody {
    fn from(program: &Program) -> Self {
        Self {
            code: program.code.clone(),
            lang: program.lang.clone(),
            std_input: program.std_input.clone().unwrap_or_default(),
            files: program.files.iter().map(FileBody::from).collect(),
            args: program.args.clone(),
            env: program.env.clone(),
            compiler_args: program.compiler_args.clone(),
            limits: LimitsBody::asked(&program.limits),
            compile_limits: LimitsBody::asked(&program.compile_limits),
        }
    }
}
