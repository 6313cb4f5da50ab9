//! What a client may ask for, and how it becomes a [`Wish`]: the only checks there are.
//!
//! Optional fields may be left out, be null or be empty, which all mean the same. Every list has a
//! bound on its entries, so what is stored is hardly larger than the body that it came in.

mod arguments;
mod files;
mod limits;
mod output_files;
mod placement;
mod test_cases;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use shared::accounts::policy::Effective;
use shared::language::Language;
use shared::placement::{PoolName, Priority};
use shared::program::Program;
use utoipa::ToSchema;

use crate::error::ApiError;

pub(crate) use files::FileBody;
pub(crate) use limits::LimitsBody;
pub(crate) use placement::PriorityBody;
use test_cases::TestRequest;

/// A program to execute.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct SubmitRequest {
    /// The source text, which becomes the language's main file (`sourceFile` in
    /// `GET /api/languages`). Not needed where that is among `files`.
    #[schema(example = "print(input()[::-1])")]
    code: Option<String>,
    /// A language's name or alias, as `GET /api/languages` lists them; `name@version` for just that
    /// version.
    #[schema(example = "python")]
    lang: String,
    /// What the program reads on its stdin.
    #[schema(example = "hello")]
    std_input: Option<String>,
    /// Further files, beside the main one or with it.
    #[schema(max_items = 256)]
    files: Option<Vec<FileBody>>,
    /// Arguments of the program, together at most 64 KiB.
    #[schema(max_items = 256, example = json!(["--verbose", "input.txt"]))]
    args: Option<Vec<String>>,
    /// Added to the program's environment; at most 128, together at most 64 KiB. Names are of
    /// letters, digits and `_`.
    #[schema(example = json!({"MODE": "fast"}))]
    env: Option<BTreeMap<String, String>>,
    /// Further arguments of the compiler, together at most 64 KiB.
    #[schema(max_items = 256, example = json!(["-Wall"]))]
    compiler_args: Option<Vec<String>>,
    /// Limits of the run step that differ from the language's; of each test, where there are tests.
    limits: Option<LimitsBody>,
    /// Limits of the compile step that differ from the language's. There is no `diskBytes` among
    /// them: both steps share the work directory.
    compile_limits: Option<LimitsBody>,
    /// Inputs to run the program with, each on its own, in this order. Not together with `stdInput`
    /// or `outputFiles`.
    #[schema(max_items = 1000)]
    tests: Option<Vec<TestRequest>>,
    /// Whether no test is run after one that was not passed.
    stop_on_first_failure: Option<bool>,
    /// Patterns of the files to bring back from the work directory: `*` and `?` match within a
    /// name, `**` any number of directories.
    #[schema(max_items = 32, example = json!(["out/**/*.png"]))]
    output_files: Option<Vec<String>>,
    /// The workers that it is for: those that serve the pool of this name. `default`, where it is
    /// left out.
    #[schema(example = "default")]
    pool: Option<String>,
    /// How urgent it is, beside the others of its pool; `normal`, where it is left out.
    priority: Option<PriorityBody>,
    /// How long it may wait in the queue, in milliseconds, at most thirty days; after that it is
    /// `failed`, with the reason `expired`. Left out: as the settings have it.
    #[schema(minimum = 1, maximum = 2592000000_u64, example = 60000)]
    queue_ttl_ms: Option<u64>,
    /// What the client has only one of at a time, such as a browser tab or a notebook's cell: 1 to 64
    /// letters, digits, `.`, `-`, `_` and `:`. What the same user has submitted in the same slot
    /// before is cancelled, if it has not ended, with the reason `superseded`.
    #[schema(min_length = 1, max_length = 64, example = "tab-1")]
    slot: Option<String>,
    /// Whether the result of an earlier submission will do that was the same in every respect: then
    /// it is not executed, and its result is marked `cached`. Only what came of the program itself
    /// is ever given again (`success`, `runtimeError`, `compileError`), and never another tenant's.
    /// For programs whose result depends on nothing else, such as the time. Left out: as the account's
    /// policy has it.
    cache: Option<bool>,
}

/// What a request asks for, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wish {
    pub(crate) program: Program,
    /// None: as the account has it.
    pub(crate) pool: Option<PoolName>,
    /// None: as the account has it.
    pub(crate) priority: Option<Priority>,
    /// None: as the settings have it.
    pub(crate) queue_ttl: Option<Duration>,
    pub(crate) slot: Option<String>,
    /// Whether an earlier result will do.
    pub(crate) cache: bool,
}

impl SubmitRequest {
    /// A request for one source text, with all else as usual.
    pub(crate) fn new(code: String, lang: String, std_input: Option<String>) -> Self {
        Self { code: Some(code), lang, std_input, ..Self::default() }
    }

    /// The language's name, as the client wrote it.
    pub(crate) fn lang(&self) -> &str {
        &self.lang
    }

    /// Checks the request against its language and what may be asked for.
    pub(crate) fn parse(self, language: &Language, allowed: &Effective) -> Result<Wish, ApiError> {
        let pool = placement::parse_pool(self.pool)?;
        let priority = self.priority.map(Priority::from);
        let queue_ttl = placement::parse_queue_ttl(self.queue_ttl_ms)?;
        let slot = placement::parse_slot(self.slot)?;
        let cache = self.cache.unwrap_or(allowed.cache);
        let program = Program {
            lang: language.name.clone(),
            code: self.code.unwrap_or_default(),
            files: files::parse(self.files.unwrap_or_default())?,
            std_input: self.std_input,
            args: arguments::parse("args", self.args.unwrap_or_default())?,
            env: arguments::parse_env(self.env.unwrap_or_default())?,
            compiler_args: arguments::parse(
                "compilerArgs",
                self.compiler_args.unwrap_or_default(),
            )?,
            tests: test_cases::parse(self.tests.unwrap_or_default())?,
            stop_on_first_failure: self.stop_on_first_failure.unwrap_or_default(),
            output_files: output_files::parse(self.output_files.unwrap_or_default())?,
            limits: limits::parse_run(self.limits.unwrap_or_default(), &allowed.run)?,
            compile_limits: limits::parse_compile(
                self.compile_limits.unwrap_or_default(),
                &allowed.compile,
            )?,
        };
        files::check_places(&language.source_file, &program.code, &program.files)?;
        check_compile_step(language, &program)?;
        test_cases::check_alone(&program)?;
        Ok(Wish { program, pool, priority, queue_ttl, slot, cache })
    }
}

fn check_compile_step(language: &Language, program: &Program) -> Result<(), ApiError> {
    if language.compile.is_some() {
        return Ok(());
    }
    let without = |field| refuse(format!("`{field}`: `{}` has no compile step", language.name));
    if !program.compiler_args.is_empty() {
        return without("compilerArgs");
    }
    if program.compile_limits != Default::default() {
        return without("compileLimits");
    }
    Ok(())
}

fn refuse<T>(why: impl Into<String>) -> Result<T, ApiError> {
    Err(ApiError::InvalidField(why.into()))
}

/// What a client called something, short enough to repeat in an answer.
pub(crate) fn shortened(name: &str) -> String {
    const MAX_CHARS: usize = 64;
    match name.char_indices().nth(MAX_CHARS) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    }
}

#[cfg(test)]
mod tests;
