//! From the facts that a runner reports to the judgement on a program. Pure.

use runner::protocol::{End, StepReport, StopReason};
use shared::outcome::{Outcome, Output, StepOutcome, TestOutcome, Verdict};

use crate::carrying_out::Facts;
use crate::comparison;
use crate::sandbox::StepRun;

/// What a step is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Turns the source into a program.
    Compile,
    /// Runs the program.
    Run,
}

/// The outcome of a submission of which this is known.
pub(crate) fn outcome(facts: Facts) -> Outcome {
    let (verdict, message) = judgement(&facts);
    Outcome {
        message,
        compile: facts.compile.map(step_outcome),
        run: facts.run.map(step_outcome),
        tests: facts.tests,
        artifacts: facts.artifacts,
        artifacts_truncated: facts.artifacts_truncated,
        ..Outcome::new(verdict)
    }
}

/// The last step that came about decides; of several tests, the first that did not succeed.
fn judgement(facts: &Facts) -> (Verdict, Option<String>) {
    if facts.cancelled {
        return (Verdict::Cancelled, None);
    }
    if let Some(reason) = &facts.refused {
        return (Verdict::RuntimeError, Some(reason.clone()));
    }
    if facts.out_of_memory {
        let message = "what was left in the work directory took up the memory of the next step";
        return (Verdict::MemoryLimit, Some(message.to_owned()));
    }
    if let Some(run) = &facts.run {
        return judged(Phase::Run, &run.report);
    }
    if let Some(test) = facts.tests.iter().find(|test| test.verdict != Verdict::Success) {
        return (test.verdict, None);
    }
    if facts.out_of_time {
        let message = "the time for all tests was over before the last one";
        return (Verdict::TimeLimit, Some(message.to_owned()));
    }
    let compile = facts.compile.as_ref().filter(|_| facts.tests.is_empty());
    compile.map_or((Verdict::Success, None), |step| judged(Phase::Compile, &step.report))
}

fn judged(phase: Phase, report: &StepReport) -> (Verdict, Option<String>) {
    let verdict = of_step(phase, report);
    (verdict, message(phase, verdict, report))
}

/// The outcome of one test, whose output may take up to `room` bytes, and takes them.
pub(crate) fn of_test(run: StepRun, expected: Option<&str>, room: &mut usize) -> TestOutcome {
    let verdict = of_step(Phase::Run, &run.report);
    let as_expected =
        expected.is_none_or(|expected| comparison::same(&run.stdout, expected.as_bytes()));
    let mut run = step_outcome(run);
    for output in [&mut run.std_output, &mut run.std_error] {
        if output.bytes.len() > *room {
            output.bytes.truncate(*room);
            output.bytes.shrink_to_fit();
            output.truncated = true;
        }
        *room -= output.bytes.len();
    }
    TestOutcome { verdict, passed: verdict == Verdict::Success && as_expected, run }
}

/// The outcome of the test that was running when its submission was cancelled.
pub(crate) fn of_cancelled_test(run: StepRun, mut room: usize) -> TestOutcome {
    let test = of_test(run, None, &mut room);
    TestOutcome { verdict: Verdict::Cancelled, passed: false, ..test }
}

/// The judgement on one step.
pub(crate) fn of_step(phase: Phase, report: &StepReport) -> Verdict {
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
        assert_eq!(of_step(Phase::Run, &report), expected);
    }

    fn step(report: StepReport) -> StepRun {
        StepRun { stdout: b"out".to_vec(), stderr: b"err".to_vec(), report }
    }

    fn compiled(report: StepReport) -> Facts {
        Facts { compile: Some(step(report)), ..Facts::default() }
    }

    #[test]
    fn a_program_that_does_not_compile_never_ran() {
        let outcome = outcome(compiled(report(End::Exited(1))));
        assert_eq!(outcome.verdict, Verdict::CompileError);
        assert_eq!((outcome.run, outcome.message), (None, None));
        let compile = outcome.compile.unwrap();
        assert_eq!((compile.exit_code, compile.wall_ms, compile.cpu_ms), (Some(1), 1, 2));
    }

    #[test]
    fn a_limit_passed_while_compiling_is_named_with_its_step() {
        let outcome = outcome(compiled(stopped(StopReason::WallTime, 0)));
        assert_eq!(outcome.verdict, Verdict::TimeLimit);
        assert_eq!(outcome.message.as_deref(), Some("the limit was passed while compiling"));
    }

    #[test]
    fn the_last_step_decides() {
        let run = Some(step(report(End::Signaled(11))));
        let outcome = outcome(Facts { run, ..compiled(report(End::Exited(0))) });
        assert_eq!(outcome.verdict, Verdict::RuntimeError);
        assert_eq!(outcome.run.unwrap().signal, Some(11));
        assert!(outcome.compile.is_some());
    }

    fn test(end: End, expected: Option<&str>) -> TestOutcome {
        of_test(step(report(end)), expected, &mut 1024)
    }

    #[test]
    fn a_test_is_passed_by_success_and_the_expected_output() {
        let cases = [
            (test(End::Exited(0), None), Verdict::Success, true),
            (test(End::Exited(0), Some("out\n")), Verdict::Success, true),
            (test(End::Exited(0), Some("other")), Verdict::Success, false),
            (test(End::Exited(1), Some("out")), Verdict::RuntimeError, false),
        ];
        for (outcome, verdict, passed) in cases {
            assert_eq!((outcome.verdict, outcome.passed), (verdict, passed));
        }
    }

    #[test]
    fn the_first_test_that_does_not_succeed_decides() {
        let tests = vec![
            test(End::Exited(0), Some("other")),
            test(End::Signaled(11), None),
            of_test(step(stopped(StopReason::CpuTime, 0)), None, &mut 1024),
        ];
        let facts = Facts { tests, ..compiled(report(End::Exited(0))) };
        assert_eq!(outcome(facts).verdict, Verdict::RuntimeError);
        let wrong = vec![test(End::Exited(0), Some("other"))];
        let facts = Facts { tests: wrong, ..compiled(report(End::Exited(0))) };
        assert_eq!(outcome(facts).verdict, Verdict::Success, "it ran well: `passed` says the rest");
    }

    #[test]
    fn tests_that_were_not_run_for_want_of_time_are_a_time_limit() {
        let tests = vec![test(End::Exited(0), None)];
        let outcome = outcome(Facts { tests, out_of_time: true, ..Facts::default() });
        assert_eq!(outcome.verdict, Verdict::TimeLimit);
        assert!(outcome.message.unwrap().contains("all tests"));
    }

    #[test]
    fn all_tests_share_the_room_for_output() {
        let mut room = 7;
        let first = of_test(step(report(End::Exited(0))), Some("out"), &mut room);
        assert_eq!((room, first.run.std_error.truncated), (1, false));
        let second = of_test(step(report(End::Exited(0))), Some("out"), &mut room);
        assert!(second.passed, "what is compared is the whole output");
        assert_eq!(second.run.std_output, Output { bytes: b"o".to_vec(), truncated: true });
        assert_eq!((room, second.run.std_error.bytes.len()), (0, 0));
    }

    #[test]
    fn what_is_left_between_two_steps_counts_as_memory() {
        let facts = Facts { out_of_memory: true, ..compiled(report(End::Exited(0))) };
        assert_eq!(outcome(facts).verdict, Verdict::MemoryLimit);
    }

    #[test]
    fn what_is_cancelled_keeps_its_output_so_far() {
        let run = Some(step(report(End::Signaled(9))));
        let facts = Facts { run, cancelled: true, ..compiled(report(End::Exited(0))) };
        let outcome = outcome(facts);
        assert_eq!((outcome.verdict, outcome.message), (Verdict::Cancelled, None));
        assert_eq!(outcome.run.unwrap().std_output.bytes, b"out");
        let test = of_cancelled_test(step(report(End::Signaled(9))), 1024);
        assert_eq!((test.verdict, test.passed), (Verdict::Cancelled, false));
    }

    #[test]
    fn a_submission_that_cannot_be_executed_is_told_why() {
        let facts = Facts { refused: Some("no space".into()), ..compiled(report(End::Exited(0))) };
        let outcome = outcome(facts);
        assert_eq!(outcome.verdict, Verdict::RuntimeError);
        assert_eq!(outcome.message.as_deref(), Some("no space"));
    }
}
