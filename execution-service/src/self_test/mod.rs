//! Holds, before a worker serves a language, that its sandbox works and that it holds.
//!
//! [`host`] asks the engine what it can enforce at all. Then, in one container of each language, the
//! language's hello is run, and programs that try what user code must not be able to do.

pub(crate) mod host;

use anyhow::{Context as _, bail, ensure};
use runner::protocol::{End, Order, PROBE_ARGUMENT, PROBE_HELD, SourceFile, Step};
use shared::language::Language;
use shared::limits::Limits;
use shared::outcome::Verdict;

use crate::lowering;
use crate::sandbox::{Resources, Sandbox, Sandboxes, Spec, StepRun};
use crate::verdict::{self, Phase};

/// Of a version command's output, what is shown.
const MAX_VERSION_CHARS: usize = 80;

/// What every language's hello prints.
const HELLO: &str = "Hello, World!";

/// The runner's own copy, as a program.
const PROBE: &str = "./airlock-probe";

const MIB: u64 = 1024 * 1024;

/// The test of one language's sandbox.
pub(crate) struct SelfTest<'a> {
    pub(crate) language: &'a Language,
    pub(crate) limits: &'a Limits,
    /// The runner's binary, which is the probe as well.
    pub(crate) runner: &'a [u8],
    /// The release of the kernel of the engine's host.
    pub(crate) kernel: &'a str,
}

impl SelfTest<'_> {
    /// Runs everything in one container; the language's version.
    pub(crate) async fn run(&self, sandboxes: &Sandboxes, spec: &Spec) -> anyhow::Result<String> {
        let mut sandbox = sandboxes.start(spec).await?;
        let tested = self.run_in(&mut sandbox).await;
        sandbox.remove().await;
        tested
    }

    async fn run_in(&self, sandbox: &mut Sandbox) -> anyhow::Result<String> {
        // The limits are worth nothing if nothing counts what they limit.
        let missing = sandbox.missing_counters();
        ensure!(missing.is_empty(), "the container has no counter of {}", missing.join(", "));
        let Self { language, limits, .. } = self;
        // First, so that it finds what was started ahead.
        self.hello(sandbox).await.context("its hello does not run")?;
        let asked = sandbox.run(Vec::new(), &self.step(&language.version_command)).await?;
        let version = version(&asked)
            .with_context(|| format!("{:?} does not tell a version", language.version_command))?;

        sandbox.set_resources(Resources::from(&limits.run)).await?;
        let probe = SourceFile {
            path: PROBE.trim_start_matches("./").to_owned(),
            contents: self.runner.to_vec(),
            executable: true,
        };
        let write = vec![Order::Restore, Order::Write(vec![probe])];
        let release = sandbox.run(write, &self.probe(&["release"])).await?;
        // Under a runtime that brings a kernel of its own, what reaches that reaches nothing else.
        let shares_kernel = String::from_utf8_lossy(&release.stdout).trim_end() == self.kernel;
        let rights = if shares_kernel { "shared-kernel" } else { "own-kernel" };
        ensure_held(&sandbox.run(Vec::new(), &self.probe(&[rights])).await?)?;
        let more = (limits.run.processes + 1).to_string();
        ensure_held(&sandbox.run(Vec::new(), &self.probe(&["processes", &more])).await?)?;
        let more = (limits.run.memory_bytes / MIB + 64).to_string();
        let hog = sandbox.run(Vec::new(), &self.probe(&["memory", &more])).await?;
        match verdict::of_step(Phase::Run, &hog.report) {
            Verdict::MemoryLimit => Ok(version),
            _ => bail!("the memory limit does not hold: {}", told(&hog)),
        }
    }

    async fn hello(&self, sandbox: &mut Sandbox) -> anyhow::Result<()> {
        let Self { language, limits, .. } = self;
        let source = SourceFile {
            path: language.source_file.clone(),
            contents: language.hello.clone().into_bytes(),
            executable: false,
        };
        let mut before = vec![Order::Write(vec![source])];
        if let Some(compile) = &language.compile {
            let compile = lowering::step(language, &limits.compile, compile);
            let compiled = sandbox.run(std::mem::take(&mut before), &compile).await?;
            ensure!(compiled.report.end == End::Exited(0), "compiling it {}", told(&compiled));
        }
        let run = Step { warm: language.warm.is_some(), ..self.step(&language.run) };
        let ran = sandbox.run(before, &run).await?;
        let printed = String::from_utf8_lossy(&ran.stdout);
        ensure!(
            ran.report.end == End::Exited(0) && printed.trim_end() == HELLO,
            "running it {}",
            told(&ran)
        );
        Ok(())
    }

    fn step(&self, argv: &[String]) -> Step {
        lowering::step(self.language, &self.limits.run, argv)
    }

    fn probe(&self, arguments: &[&str]) -> Step {
        let argv = [&[PROBE, PROBE_ARGUMENT], arguments].concat();
        self.step(&argv.into_iter().map(str::to_owned).collect::<Vec<_>>())
    }
}

fn ensure_held(probed: &StepRun) -> anyhow::Result<()> {
    ensure!(probed.stdout == PROBE_HELD.as_bytes(), "the probe {}", told(probed));
    Ok(())
}

fn version(asked: &StepRun) -> anyhow::Result<String> {
    // Some print it to stdout, some to stderr.
    let printed = if asked.stdout.is_empty() { &asked.stderr } else { &asked.stdout };
    let printed = String::from_utf8_lossy(printed);
    match printed.lines().map(str::trim).find(|line| !line.is_empty()) {
        Some(line) if asked.report.end == End::Exited(0) => {
            Ok(line.chars().take(MAX_VERSION_CHARS).collect())
        }
        _ => bail!("it {}", told(asked)),
    }
}

/// How a step went, as the rest of a sentence.
fn told(step: &StepRun) -> String {
    let (stdout, stderr) =
        (String::from_utf8_lossy(&step.stdout), String::from_utf8_lossy(&step.stderr));
    format!("ended with {:?}, having printed: {}{}", step.report.end, stdout.trim(), stderr.trim())
}
