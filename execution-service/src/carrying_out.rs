//! Carrying out a plan in a sandbox: compile once, then run once or once for each test.

use std::mem::take;
use std::time::Instant;

use runner::protocol::{Order, Step};
use shared::outcome::{Artifact, TestOutcome, Verdict};
use tokio_util::sync::CancellationToken;

use crate::lowering::Plan;
use crate::pool::Leased;
use crate::sandbox::{SandboxError, StepRun};
use crate::verdict::{self, Phase};

/// Of what all tests of a submission printed, what is kept, in bytes: together with everything else,
/// it must fit into one document of the store.
const TESTS_OUTPUT_BYTES: usize = 4 * 1024 * 1024;

/// What became of a plan.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    pub(crate) compile: Option<StepRun>,
    pub(crate) run: Option<StepRun>,
    pub(crate) tests: Vec<TestOutcome>,
    /// The time for all tests was over before the last one.
    pub(crate) out_of_time: bool,
    pub(crate) artifacts: Vec<Artifact>,
    pub(crate) artifacts_truncated: bool,
    /// What it left in the container took the memory that the next step was to have.
    pub(crate) out_of_memory: bool,
    /// A client has cancelled it before it had come to its end.
    pub(crate) cancelled: bool,
    /// Why the submission's own contents made it impossible to go on.
    pub(crate) refused: Option<String>,
}

/// Carries out the plan, as far as it comes until it is cancelled. An error is no fault of the
/// submission's that is known.
pub(crate) async fn carry_out(
    plan: &Plan,
    sandbox: &mut Leased,
    cancelled: &CancellationToken,
) -> Result<Facts, SandboxError> {
    let mut facts = Facts::default();
    let carried_out = cancelled.run_until_cancelled(steps(plan, sandbox, &mut facts)).await;
    let Some(carried_out) = carried_out else {
        facts.cancel(plan, sandbox.interrupted());
        return Ok(facts);
    };
    match carried_out {
        Ok(()) => {}
        Err(SandboxError::Refused(reason)) => facts.refused = Some(reason),
        Err(SandboxError::OutOfMemory) => facts.out_of_memory = true,
        Err(SandboxError::Gone) if sandbox.has_begun() && sandbox.ended_for_memory().await => {
            facts.out_of_memory = true;
        }
        Err(error) => return Err(error),
    }
    Ok(facts)
}

impl Facts {
    /// Of a submission that was cancelled while nothing of it ran.
    pub(crate) fn cancelled() -> Self {
        Self { cancelled: true, ..Self::default() }
    }

    /// It was cancelled, while this step of it was running.
    fn cancel(&mut self, plan: &Plan, interrupted: Option<StepRun>) {
        self.cancelled = true;
        let Some(step) = interrupted else { return };
        if plan.compile.is_some() && self.compile.is_none() {
            self.compile = Some(step);
        } else if plan.tests.is_empty() {
            self.run = Some(step);
        } else {
            self.tests.push(verdict::of_cancelled_test(step, TESTS_OUTPUT_BYTES));
        }
    }
}

async fn steps(plan: &Plan, sandbox: &mut Leased, facts: &mut Facts) -> Result<(), SandboxError> {
    let mut before = vec![Order::Write(plan.files.clone())];
    let first = plan.compile.as_ref().unwrap_or(&plan.run);
    sandbox.set_resources(first.resources).await?;
    sandbox.begin();
    if let Some(compile) = &plan.compile {
        let compiled = sandbox.run(take(&mut before), &compile.step).await?;
        let verdict = verdict::of_step(Phase::Compile, &compiled.report);
        facts.compile = Some(compiled);
        if verdict != Verdict::Success {
            return Ok(());
        }
        sandbox.set_resources(plan.run.resources).await?;
    }
    if plan.tests.is_empty() {
        facts.run = Some(sandbox.run(before, &plan.run.step).await?);
        if let Some(wanted) = plan.collect.as_ref().filter(|_| !sandbox.has_ended()) {
            (facts.artifacts, facts.artifacts_truncated) = sandbox.collect(wanted).await?;
        }
        return Ok(());
    }
    before.push(Order::Keep);
    tests(plan, sandbox, before, facts).await
}

async fn tests(
    plan: &Plan,
    sandbox: &mut Leased,
    mut before: Vec<Order>,
    facts: &mut Facts,
) -> Result<(), SandboxError> {
    let started = Instant::now();
    let mut room = TESTS_OUTPUT_BYTES;
    for test in &plan.tests {
        if started.elapsed() >= plan.tests_wall {
            facts.out_of_time = true;
            break;
        }
        before.push(Order::Restore);
        let step = Step { stdin: test.stdin.clone().into_bytes(), ..plan.run.step.clone() };
        let run = sandbox.run(take(&mut before), &step).await?;
        let outcome = verdict::of_test(run, test.expected_output.as_deref(), &mut room);
        let passed = outcome.passed;
        facts.tests.push(outcome);
        // A test may have had the whole container killed: then it was the last.
        if !passed && (plan.stop_on_first_failure || sandbox.has_ended()) {
            break;
        }
    }
    Ok(())
}
