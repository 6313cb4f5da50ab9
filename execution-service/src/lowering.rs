//! From a submission and its language to a job for the runner. Pure.

use runner::protocol::{Job, Phase, SourceFile, Step, StepLimits, WORK_DIR};
use shared::language::Language;
use shared::limits::{self, Limits};

/// What every step finds in its environment, before the language's own additions.
const ENVIRONMENT: [(&str, &str); 5] = [
    ("PATH", "/usr/local/bin:/usr/bin:/bin"),
    ("HOME", WORK_DIR),
    ("TMPDIR", "/tmp"),
    ("LANG", "C.UTF-8"),
    ("USER", "airlock"),
];

/// The job that compiles, where the language needs it, and runs a program.
pub(crate) fn job(language: &Language, limits: &Limits, code: String, stdin: String) -> Job {
    let compile = language.compile.as_ref().map(|argv| Step {
        phase: Phase::Compile,
        argv: argv.clone(),
        env: environment(language),
        stdin: Vec::new(),
        limits: step_limits(&limits.compile),
    });
    let run = Step {
        phase: Phase::Run,
        argv: language.run.clone(),
        env: environment(language),
        stdin: stdin.into_bytes(),
        limits: step_limits(&limits.run),
    };
    Job {
        files: vec![SourceFile { path: language.source_file.clone(), contents: code.into_bytes() }],
        steps: compile.into_iter().chain([run]).collect(),
    }
}

/// The job that asks a language for its version.
pub(crate) fn version_job(language: &Language, limits: &Limits) -> Job {
    Job {
        files: Vec::new(),
        steps: vec![Step {
            phase: Phase::Run,
            argv: language.version_command.clone(),
            env: environment(language),
            stdin: Vec::new(),
            limits: step_limits(&limits.run),
        }],
    }
}

fn environment(language: &Language) -> Vec<(String, String)> {
    let common = ENVIRONMENT
        .iter()
        .filter(|(name, _)| !language.env.contains_key(*name))
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let own = language.env.iter().map(|(name, value)| (name.clone(), value.clone()));
    common.chain(own).collect()
}

fn step_limits(limits: &limits::StepLimits) -> StepLimits {
    StepLimits {
        wall_ms: limits.wall_ms,
        cpu_ms: limits.cpu_ms,
        output_bytes: limits.output_bytes,
        open_files: limits.open_files,
        file_bytes: limits.file_bytes,
        stack_bytes: limits.stack_bytes,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use shared::limits::LimitSettings;
    use shared::settings::{Settings, Source};

    use super::*;

    fn language(compile: Option<&str>) -> Language {
        Language {
            name: "toy".into(),
            display_name: "Toy".into(),
            aliases: Vec::new(),
            source_file: "main.toy".into(),
            version_command: vec!["toy".into(), "-v".into()],
            compile: compile.map(|program| vec![program.into()]),
            run: vec!["toy".into(), "main.toy".into()],
            hello: String::new(),
            env: [("LANG".into(), "toy".into()), ("TOY".into(), "1".into())].into(),
            limits: Default::default(),
            compile_limits: Default::default(),
        }
    }

    fn limits() -> Limits {
        let mut source = Source::new(None, HashMap::new()).unwrap();
        LimitSettings::read(&mut source).unwrap().limits()
    }

    #[test]
    fn only_a_compiled_language_has_a_compile_step_and_only_the_program_gets_stdin() {
        let job = |language| super::job(&language, &limits(), "code".into(), "in".into());
        let phases = |job: &Job| job.steps.iter().map(|step| step.phase).collect::<Vec<_>>();
        assert_eq!(phases(&job(language(None))), [Phase::Run]);
        let compiled = job(language(Some("toyc")));
        assert_eq!(phases(&compiled), [Phase::Compile, Phase::Run]);
        assert_eq!(compiled.steps[0].stdin, b"");
        assert_eq!(compiled.steps[1].stdin, b"in");
        assert_eq!(compiled.steps[0].limits.wall_ms, 30_000);
        assert_eq!(compiled.steps[1].limits.wall_ms, 10_000);
        assert_eq!(compiled.files[0].contents, b"code");
    }

    #[test]
    fn a_language_s_environment_beats_the_common_one() {
        let environment: HashMap<_, _> = environment(&language(None)).into_iter().collect();
        assert_eq!(environment["LANG"], "toy");
        assert_eq!(environment["TOY"], "1");
        assert_eq!(environment["HOME"], "/work");
    }
}
