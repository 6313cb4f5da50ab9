//! From a submission and its language to what a sandbox is to do. Pure.

use std::time::Duration;

use runner::protocol::{Collect, MAX_WARM_BYTES, SourceFile, Step, StepLimits, WORK_DIR, Warm};
use shared::accounts::Allowance;
use shared::language::{Language, MEMORY_MIB};
use shared::limits::{self, CeilingSettings, LimitOverrides, Limits};
use shared::program::{Program, TestCase};

use crate::pool::Wanted;
use crate::sandbox::Resources;

/// What every step finds in its environment, before the language's own additions.
const ENVIRONMENT: [(&str, &str); 5] = [
    ("PATH", "/usr/local/bin:/usr/bin:/bin"),
    ("HOME", WORK_DIR),
    ("TMPDIR", "/tmp"),
    ("LANG", "C.UTF-8"),
    ("USER", "airlock"),
];

/// Everything that is to be done for one submission.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// What its container must have been started with.
    pub(crate) wanted: Wanted,
    pub(crate) files: Vec<SourceFile>,
    pub(crate) compile: Option<PlannedStep>,
    /// The program itself; where there are tests, without its stdin.
    pub(crate) run: PlannedStep,
    pub(crate) tests: Vec<TestCase>,
    pub(crate) stop_on_first_failure: bool,
    /// Wall time of all tests together.
    pub(crate) tests_wall: Duration,
    pub(crate) collect: Option<Collect>,
}

/// A step, and what its container must have.
#[derive(Debug, Clone)]
pub(crate) struct PlannedStep {
    pub(crate) step: Step,
    pub(crate) resources: Resources,
}

/// Lowers a program; `limits` are its language's, `artifact_bytes` what its files may come to. What its
/// account allows it stands in for the language's limits, and bounds what it asks for; the ceilings bound
/// both.
pub(crate) fn plan(
    language: &Language,
    limits: &Limits,
    ceilings: &CeilingSettings,
    artifact_bytes: u64,
    allowance: Allowance,
    program: Program,
) -> Plan {
    let within = |asked: LimitOverrides, allowed: &LimitOverrides| {
        asked.within(allowed).or(allowed).clamped(ceilings)
    };
    let limits = limits.with(
        &within(program.limits, &allowance.limits),
        &within(program.compile_limits, &allowance.compile_limits),
    );
    let cpu_millis = allowance.cpu_millis.map(|millis| millis.min(ceilings.cpu_millis));
    let total_wall_ms = allowance.total_wall_ms.unwrap_or(u64::MAX).min(ceilings.total_wall_ms);
    let compile = language.compile.as_ref().map(|argv| PlannedStep {
        step: Step {
            argv: command(argv, &limits.compile, &program.compiler_args),
            env: environment(language, []),
            stdin: Vec::new(),
            limits: step_limits(&limits.compile),
            warm: false,
        },
        resources: Resources { cpu_millis, ..Resources::from(&limits.compile) },
    });
    let main = (!program.code.is_empty())
        .then(|| source(language.source_file.clone(), program.code.into_bytes()));
    let others = program.files.into_iter().map(|file| source(file.path.into(), file.contents));
    let files: Vec<SourceFile> = main.into_iter().chain(others).collect();
    let run = PlannedStep {
        step: Step {
            argv: command(&language.run, &limits.run, &program.args),
            env: environment(language, program.env),
            stdin: program.std_input.unwrap_or_default().into_bytes(),
            limits: step_limits(&limits.run),
            warm: may_be_warm(language, &files),
        },
        resources: Resources { cpu_millis, ..Resources::from(&limits.run) },
    };
    let collect = (!program.output_files.is_empty())
        .then_some(Collect { patterns: program.output_files, max_bytes: artifact_bytes });
    Plan {
        wanted: Wanted {
            disk_bytes: limits.disk_bytes,
            runtime: allowance.runtime,
            network: allowance.network,
        },
        files,
        compile,
        run,
        tests: program.tests,
        stop_on_first_failure: program.stop_on_first_failure,
        tests_wall: Duration::from_millis(total_wall_ms),
        collect,
    }
}

/// What is started ahead in a language's containers, if anything is.
pub(crate) fn warm(language: &Language, limits: &Limits) -> Option<Warm> {
    language.warm.as_ref()?;
    let step = step(language, &limits.run, &language.run);
    Some(Warm { step, main: language.source_file.clone() })
}

/// Whether the interpreter that was started ahead can read these files as one started for them.
fn may_be_warm(language: &Language, files: &[SourceFile]) -> bool {
    let main = files.iter().find(|file| file.path == language.source_file);
    language.warm.as_ref().zip(main).is_some_and(|(warm, main)| {
        main.contents.len() <= MAX_WARM_BYTES && warm.takes(&main.contents)
    })
}

/// The step that runs one program of a language's image under the language's limits.
pub(crate) fn step(language: &Language, limits: &limits::StepLimits, argv: &[String]) -> Step {
    Step {
        argv: command(argv, limits, &[]),
        env: environment(language, []),
        stdin: Vec::new(),
        limits: step_limits(limits),
        warm: false,
    }
}

/// A language's command under its step's limits, and what the submission adds to it.
fn command(argv: &[String], limits: &limits::StepLimits, more: &[String]) -> Vec<String> {
    let memory = (limits.memory_bytes >> 20).to_string();
    let own = argv.iter().map(|argument| argument.replace(MEMORY_MIB, &memory));
    own.chain(more.iter().cloned()).collect()
}

fn source(path: String, contents: Vec<u8>) -> SourceFile {
    SourceFile { path, contents, executable: false }
}

/// The common environment, the language's own on top of it, and the submission's on top of both.
fn environment(
    language: &Language,
    own: impl IntoIterator<Item = (String, String)>,
) -> Vec<(String, String)> {
    let mut environment: Vec<(String, String)> =
        ENVIRONMENT.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let language = language.env.iter().map(|(name, value)| (name.clone(), value.clone()));
    for (name, value) in language.chain(own) {
        environment.retain(|(other, _)| *other != name);
        environment.push((name, value));
    }
    environment
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
pub(crate) mod tests {
    use std::collections::HashMap;

    use shared::language::Warm as LanguageWarm;
    use shared::limits::LimitSettings;
    use shared::program::{FilePath, ProgramFile};
    use shared::settings::{Settings, Source};

    use super::*;

    fn language(compile: Option<&str>) -> Language {
        Language {
            name: "toy".into(),
            version: None,
            display_name: "Toy".into(),
            aliases: Vec::new(),
            source_file: "main.toy".into(),
            version_command: vec!["toy".into(), "-v".into()],
            compile: compile.map(|program| vec![program.into()]),
            run: vec!["toy".into(), "--heap={memory_mib}m".into(), "main.toy".into()],
            warm: None,
            hello: String::new(),
            env: [("LANG".into(), "toy".into()), ("TOY".into(), "1".into())].into(),
            limits: Default::default(),
            compile_limits: Default::default(),
        }
    }

    fn defaults<S: Settings>() -> S {
        S::read(&mut Source::new(None, HashMap::new()).unwrap()).unwrap()
    }

    /// The plan of a program in the toy language under the default limits.
    pub(crate) fn planned(compile: Option<&str>, program: Program) -> Plan {
        let limits = defaults::<LimitSettings>().limits();
        plan(&language(compile), &limits, &defaults(), 1024, Allowance::default(), program)
    }

    #[test]
    fn only_a_compiled_language_has_a_compile_step_and_only_the_program_gets_stdin() {
        let program =
            Program { code: "code".into(), std_input: Some("in".into()), ..Program::default() };
        assert!(planned(None, program.clone()).compile.is_none());
        let plan = planned(Some("toyc"), program);
        let compile = plan.compile.unwrap();
        assert_eq!((&*compile.step.stdin, &*plan.run.step.stdin), (&b""[..], &b"in"[..]));
        assert_eq!((compile.step.limits.wall_ms, plan.run.step.limits.wall_ms), (30_000, 10_000));
        assert_eq!(compile.resources.memory_bytes, 512 << 20);
        assert_eq!(plan.run.resources.memory_bytes, 256 << 20);
        assert_eq!(plan.files[0].path, "main.toy");
        assert_eq!(plan.files[0].contents, b"code");
    }

    #[test]
    fn arguments_and_files_reach_what_they_are_for() {
        let file = ProgramFile {
            path: FilePath::try_from("lib/a".to_owned()).unwrap(),
            contents: vec![1],
        };
        let program = Program {
            args: vec!["-x".into(), MEMORY_MIB.into()],
            compiler_args: vec!["-O3".into()],
            env: [("TOY".into(), "2".into())].into(),
            files: vec![file],
            output_files: vec!["*.txt".into()],
            ..Program::default()
        };
        let plan = planned(Some("toyc"), program);
        assert_eq!(plan.run.step.argv, ["toy", "--heap=256m", "main.toy", "-x", "{memory_mib}"]);
        let compile = plan.compile.unwrap().step;
        assert_eq!(compile.argv, ["toyc", "-O3"]);
        let toy = |step: &Step| step.env.iter().find(|(name, _)| name == "TOY").cloned();
        assert_eq!(toy(&plan.run.step).unwrap().1, "2");
        assert_eq!(toy(&compile).unwrap().1, "1", "it is the program's environment");
        assert_eq!(plan.files.len(), 1, "no code, no main file");
        assert_eq!(plan.files[0].path, "lib/a");
        assert_eq!(plan.collect.unwrap().max_bytes, 1024);
    }

    #[test]
    fn what_a_submission_asks_for_never_passes_the_ceiling() {
        let program = Program {
            limits: LimitOverrides {
                wall_ms: Some(1),
                memory_bytes: Some(u64::MAX),
                disk_bytes: Some(1 << 20),
                ..LimitOverrides::default()
            },
            ..Program::default()
        };
        let plan = planned(None, program);
        assert_eq!(plan.run.step.limits.wall_ms, 1);
        assert_eq!(plan.run.resources.memory_bytes, 1 << 30);
        assert_eq!(plan.wanted.disk_bytes, 1 << 20);
    }

    #[test]
    fn what_an_account_allows_stands_in_for_the_usual_and_bounds_what_is_asked_for() {
        let mib = |mebibytes: u64| LimitOverrides {
            memory_bytes: Some(mebibytes << 20),
            ..LimitOverrides::default()
        };
        let planned = |allowance: &Allowance, asked: LimitOverrides| {
            let program = Program { limits: asked, compile_limits: asked, ..Program::default() };
            let limits = defaults::<LimitSettings>().limits();
            let toy = language(Some("toyc"));
            plan(&toy, &limits, &defaults(), 1024, allowance.clone(), program)
        };
        let allowance = Allowance {
            limits: LimitOverrides { disk_bytes: Some(1 << 20), wall_ms: Some(7), ..mib(64) },
            compile_limits: mib(128),
            total_wall_ms: Some(5),
            cpu_millis: Some(500),
            network: true,
            runtime: Some("runsc".into()),
            ..Allowance::default()
        };
        for asked in [LimitOverrides::default(), mib(4000)] {
            let plan = planned(&allowance, asked);
            let compile = plan.compile.unwrap();
            assert_eq!(plan.run.resources.memory_bytes, 64 << 20);
            assert_eq!(compile.resources.memory_bytes, 128 << 20);
            assert_eq!(plan.run.resources.cpu_millis, Some(500));
            assert_eq!(compile.resources.cpu_millis, Some(500));
            assert_eq!(plan.run.step.argv[1], "--heap=64m", "the program is told");
            assert_eq!((plan.run.step.limits.wall_ms, plan.tests_wall.as_millis()), (7, 5));
            let wanted =
                Wanted { disk_bytes: 1 << 20, runtime: Some("runsc".into()), network: true };
            assert_eq!(plan.wanted, wanted);
        }
        assert_eq!(planned(&allowance, mib(32)).run.resources.memory_bytes, 32 << 20);
        let generous =
            Allowance { limits: mib(4000), cpu_millis: Some(64_000), ..Allowance::default() };
        let plan = planned(&generous, LimitOverrides::default());
        assert_eq!(plan.run.resources.memory_bytes, 1 << 30, "never above the ceiling");
        assert_eq!(plan.run.resources.cpu_millis, Some(4000));
    }

    #[test]
    fn a_program_may_be_one_that_was_started_ahead_if_its_source_is_read_once() {
        let mut warm_language = language(None);
        warm_language.warm = Some(LanguageWarm { unless: vec!["coding".into()] });
        let limits = defaults::<LimitSettings>().limits();
        let waits = warm(&warm_language, &limits).unwrap();
        let planned = |code: String| {
            let program = Program { code, ..Program::default() };
            let allowance = Allowance::default();
            plan(&warm_language, &limits, &defaults(), 1024, allowance, program).run.step
        };
        let step = planned("code".into());
        assert!(step.warm && !waits.step.warm);
        assert_eq!((&step.argv, &step.env), (&waits.step.argv, &waits.step.env));
        assert_eq!((step.limits, &*waits.main), (waits.step.limits, "main.toy"));
        assert!(!planned("# coding: latin-1".into()).warm);
        assert!(!planned("x".repeat(MAX_WARM_BYTES + 1)).warm);
        assert!(warm(&language(None), &limits).is_none());
    }

    #[test]
    fn a_language_s_environment_beats_the_common_one() {
        let environment: HashMap<_, _> = environment(&language(None), []).into_iter().collect();
        assert_eq!(environment["LANG"], "toy");
        assert_eq!(environment["TOY"], "1");
        assert_eq!(environment["HOME"], "/work");
    }
}
