//! From the facts that a runner reports to the judgement on a program. Pure.

use runner::protocol::{End, Phase, StepReport, StopReason};
use shared::outcome::{Outcome, Output, StepOutcome, Verdict};

use crate::sandbox::StepRun;

/// The outcome of a job whose steps went like this. A step that failed was the last.
pub(crate) fn outcome(steps: Vec<StepRun>) -> Outcome {
    let mut outcome = Outcome::new(Verdict::Success);
    for step in steps {
        let phase = step.phase;
        outcome.verdict = verdict(phase, &step.report);
        outcome.message = message(phase, outcome.verdict, &step.report);
        let slot = match phase {
            Phase::Compile => &mut outcome.compile,
            Phase::Run => &mut outcome.run,
        };
        *slot = Some(step_outcome(step));
    }
    outcome
}

/// The judgement on one step.
fn verdict(phase: Phase, report: &StepReport) -> Verdict {
    let wanted_more_processes = report.process_limit_hits > 0;
    match (report.stopped_for, &report.end) {
        (Some(StopReason::Output), _) => Verdict::OutputLimit,
        (Some(StopReason::Memory), _) => Verdict::MemoryLimit,
        (Some(StopReason::Processes), _) => Verdict::ProcessLimit,
        // A bomb that is held down by the process limit burns its time instead.
        (Some(StopReason::WallTime | StopReason::CpuTime), _) if wanted_more_processes => {
            Verdict::ProcessLimit
        }
        (Some(StopReason::WallTime), _) => Verdict::TimeLimit,
        (Some(StopReason::CpuTime), _) => Verdict::CpuLimit,
        (None, _) if report.oom_kills > 0 => Verdict::MemoryLimit,
        (None, End::Exited(0)) => Verdict::Success,
        // The image promises the program, so its absence is not the submission's fault.
        (None, End::NotStarted(_)) => Verdict::InternalError,
        // Refused processes that the program could do without are no reason for a verdict.
        (None, _) if wanted_more_processes => Verdict::ProcessLimit,
        (None, _) => match phase {
            Phase::Compile => Verdict::CompileError,
            Phase::Run => Verdict::RuntimeError,
        },
    }
}

/// What the verdict alone does not say.
fn message(phase: Phase, verdict: Verdict, report: &StepReport) -> Option<String> {
    match (&report.end, phase, verdict) {
        (End::NotStarted(reason), ..) if verdict == Verdict::InternalError => {
            Some(format!("the program could not be started: {reason}"))
        }
        (_, Phase::Compile, Verdict::Success | Verdict::CompileError) => None,
        (_, Phase::Compile, _) => Some("the limit was passed while compiling".into()),
        _ => None,
    }
}

fn step_outcome(step: StepRun) -> StepOutcome {
    let (exit_code, signal) = match step.report.end {
        End::Exited(code) => (Some(code), None),
        End::Signaled(signal) => (None, Some(signal)),
        End::NotStarted(_) => (None, None),
    };
    StepOutcome {
        std_output: Output { bytes: step.stdout, truncated: step.report.stdout_truncated },
        std_error: Output { bytes: step.stderr, truncated: step.report.stderr_truncated },
        exit_code,
        signal,
        wall_ms: rounded_ms(step.report.wall_us),
        cpu_ms: rounded_ms(step.report.cpu_us),
        memory_bytes: saturating(step.report.memory_bytes),
    }
}

fn rounded_ms(micros: u64) -> i64 {
    saturating(micros.saturating_add(500) / 1000)
}

fn saturating(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn report(end: End) -> StepReport {
        StepReport {
            end,
            stopped_for: None,
            oom_kills: 0,
            process_limit_hits: 0,
            wall_us: 1_499,
            cpu_us: 1_500,
            memory_bytes: 3,
            stdout_truncated: false,
            stderr_truncated: false,
        }
    }

    fn stopped(reason: StopReason, process_limit_hits: u64) -> StepReport {
        StepReport { stopped_for: Some(reason), process_limit_hits, ..report(End::Signaled(9)) }
    }

    #[rstest]
    #[case::clean(report(End::Exited(0)), Verdict::Success)]
    #[case::exit_code(report(End::Exited(3)), Verdict::RuntimeError)]
    #[case::signal(report(End::Signaled(11)), Verdict::RuntimeError)]
    #[case::not_started(report(End::NotStarted("ENOENT".into())), Verdict::InternalError)]
    #[case::wall(stopped(StopReason::WallTime, 0), Verdict::TimeLimit)]
    #[case::cpu(stopped(StopReason::CpuTime, 0), Verdict::CpuLimit)]
    #[case::output(stopped(StopReason::Output, 0), Verdict::OutputLimit)]
    #[case::memory(stopped(StopReason::Memory, 0), Verdict::MemoryLimit)]
    #[case::processes(stopped(StopReason::Processes, 1000), Verdict::ProcessLimit)]
    #[case::held_bomb(stopped(StopReason::WallTime, 3), Verdict::ProcessLimit)]
    #[case::held_bomb_cpu(stopped(StopReason::CpuTime, 3), Verdict::ProcessLimit)]
    #[case::flood_beside_a_bomb(stopped(StopReason::Output, 3), Verdict::OutputLimit)]
    #[case::killed_child_but_clean_exit(
        StepReport { oom_kills: 1, ..report(End::Exited(0)) },
        Verdict::MemoryLimit
    )]
    #[case::killed(
        StepReport { oom_kills: 1, ..report(End::Signaled(9)) },
        Verdict::MemoryLimit
    )]
    #[case::refused_but_fine(
        StepReport { process_limit_hits: 1, ..report(End::Exited(0)) },
        Verdict::Success
    )]
    #[case::refused_and_failed(
        StepReport { process_limit_hits: 1, ..report(End::Exited(1)) },
        Verdict::ProcessLimit
    )]
    fn facts_decide_the_verdict(#[case] report: StepReport, #[case] expected: Verdict) {
        assert_eq!(verdict(Phase::Run, &report), expected);
    }

    fn step(phase: Phase, report: StepReport) -> StepRun {
        StepRun { phase, stdout: b"out".to_vec(), stderr: b"err".to_vec(), report }
    }

    #[test]
    fn a_program_that_does_not_compile_never_ran() {
        let outcome = outcome(vec![step(Phase::Compile, report(End::Exited(1)))]);
        assert_eq!(outcome.verdict, Verdict::CompileError);
        assert_eq!((outcome.run, outcome.message), (None, None));
        let compile = outcome.compile.unwrap();
        assert_eq!((compile.exit_code, compile.wall_ms, compile.cpu_ms), (Some(1), 1, 2));
    }

    #[test]
    fn a_limit_passed_while_compiling_is_named_with_its_step() {
        let outcome = outcome(vec![step(Phase::Compile, stopped(StopReason::WallTime, 0))]);
        assert_eq!(outcome.verdict, Verdict::TimeLimit);
        assert_eq!(outcome.message.as_deref(), Some("the limit was passed while compiling"));
    }

    #[test]
    fn the_last_step_decides() {
        let outcome = outcome(vec![
            step(Phase::Compile, report(End::Exited(0))),
            step(Phase::Run, report(End::Signaled(11))),
        ]);
        assert_eq!(outcome.verdict, Verdict::RuntimeError);
        assert_eq!(outcome.run.unwrap().signal, Some(11));
        assert!(outcome.compile.is_some());
    }
}
