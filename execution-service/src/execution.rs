//! One delivery's way: claim, run, write the outcome, acknowledge, wake whoever waits.

use std::time::{Duration, Instant};

use backon::{ExponentialBuilder, Retryable};
use shared::accounts::Allowance;
use shared::limits::CeilingSettings;
use shared::outcome::{FailureReason, Outcome, Verdict};
use shared::placement::Placement;
use shared::program::Program;
use shared::queue::{Delivery, Queue};
use shared::result_key;
use shared::store::{Claim, Store, StoreError, Whose};
use shared::submission::{ClaimId, Ending, State, Submission, SubmissionId};
use tokio_util::sync::CancellationToken;

use crate::cancellation::Cancellations;
use crate::carrying_out::{Facts, carry_out};
use crate::leases::Leases;
use crate::lowering::{self, Plan};
use crate::metrics::Metrics;
use crate::pool::Pool;
use crate::sandbox::{SandboxError, Sandboxes};
use crate::serving::{Served, Serving};
use crate::verdict;

/// How long an outcome is kept trying to be written: longer than an election of the store takes.
/// After that the submission is executed again, by whoever takes it over.
const WRITE_ATTEMPTS: usize = 12;
const WRITE_MAX_PAUSE: Duration = Duration::from_secs(5);

/// How long a claim is tried: what cannot be claimed then comes back when its lease is over.
const CLAIM_ATTEMPTS: usize = 5;
const CLAIM_MAX_PAUSE: Duration = Duration::from_secs(2);

/// Containers that one execution may use up without its code having started in any.
const MAX_CONTAINERS: u32 = 3;

/// What an execution needs; cheap to clone.
#[derive(Clone)]
pub(crate) struct Executor {
    pub(crate) worker: String,
    pub(crate) store: Store,
    pub(crate) queue: Queue,
    pub(crate) sandboxes: Sandboxes,
    pub(crate) pool: Pool,
    pub(crate) ceilings: CeilingSettings,
    /// The most that files brought back may come to, in bytes.
    pub(crate) artifact_bytes: u64,
    pub(crate) serving: Serving,
    pub(crate) leases: Leases,
    pub(crate) cancellations: Cancellations,
    pub(crate) metrics: Metrics,
}

/// What became of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Executed {
    /// It is in a final state, or never was a submission, and out of the queue.
    Settled,
    /// It goes on elsewhere, or later.
    Returned,
    /// It goes on elsewhere, or later, and this worker's engine does not answer.
    EngineAway,
}

/// How one container served its submission.
enum Ran {
    Ended(Box<Outcome>),
    /// It failed before any code of the submission can have run.
    NotBegun(SandboxError),
    /// It failed later, or there was none.
    Broke(SandboxError),
}

impl Executor {
    /// Brings one delivery as far as it goes.
    pub(crate) async fn execute(&self, delivery: &Delivery) -> Executed {
        let lease = self.leases.hold(delivery);
        match self.claim(delivery.submission, lease.called_off()).await {
            Ok(Claim::Granted(submission)) => {
                self.execute_claimed(delivery, *submission, lease.called_off()).await
            }
            Ok(Claim::Exhausted { claim, lang, started_at }) => {
                let outcome = Outcome::failed(FailureReason::Poison);
                self.settle(delivery, &lang, &claim, started_at, State::Failed, outcome).await
            }
            Ok(Claim::Expired { claim, lang }) => {
                let outcome = Outcome::failed(FailureReason::Expired);
                self.settle(delivery, &lang, &claim, None, State::Failed, outcome).await
            }
            Ok(Claim::Cancelled { claim, lang, started_at, reason }) => {
                let outcome = Outcome::cancelled(reason);
                self.settle(delivery, &lang, &claim, started_at, State::Cancelled, outcome).await
            }
            Ok(Claim::Finished) => {
                // Whoever wrote the outcome may have died before telling anybody.
                self.acknowledge(delivery).await;
                Executed::Settled
            }
            // Whoever made the other claim has the delivery too.
            Ok(Claim::Overtaken) => Executed::Returned,
            Ok(Claim::Unknown) => {
                tracing::warn!("a submission that was queued is not stored");
                self.acknowledge(delivery).await;
                Executed::Settled
            }
            // Without the lease's heartbeat, the delivery comes back when the lease is over.
            Err(error) => {
                tracing::warn!(error = ?error, "claim failed");
                Executed::Returned
            }
        }
    }

    /// Claims, for as long as an election of the store may take: the lease goes on meanwhile.
    async fn claim(
        &self,
        id: SubmissionId,
        called_off: &CancellationToken,
    ) -> Result<Claim, StoreError> {
        let patience = ExponentialBuilder::default()
            .with_max_delay(CLAIM_MAX_PAUSE)
            .with_max_times(CLAIM_ATTEMPTS);
        (|| self.store.claim(id, &self.worker))
            .retry(patience)
            .when(|_| !called_off.is_cancelled())
            .notify(|error, _| tracing::warn!(error = ?error, "not claimed yet"))
            .await
    }

    async fn execute_claimed(
        &self,
        delivery: &Delivery,
        submission: Submission,
        called_off: &CancellationToken,
    ) -> Executed {
        let (claim, started_at) = (submission.claim_id(), submission.started_at);
        if let Some(outcome) = self.known_result(&submission.placement).await {
            let lang = submission.program.lang;
            return self
                .settle(delivery, &lang, &claim, started_at, State::Completed, outcome)
                .await;
        }
        let (program, placement) = (submission.program, submission.placement);
        let (user, allowance) = submission
            .account
            .map(|account| (Some(account.user), account.allowance))
            .unwrap_or_default();
        let kept_for = allowance.retention_seconds.map(Duration::from_secs);
        let lang = program.lang.clone();
        let Some(served) = self.serving.find(&lang) else {
            tracing::info!(lang, "handed back: its language is not served here any more");
            self.hand_back(delivery, &claim, true).await;
            return Executed::Returned;
        };
        let result_key = ours(&placement, &served, &allowance, &program);
        let _running = self.metrics.running();
        let cancellable = self.cancellations.watch(claim.submission);
        tracing::info!(lang, epoch = claim.epoch, "execution started");
        let started = Instant::now();
        match self.run(&served, allowance, program, called_off, cancellable.cancelled()).await {
            Ok(mut outcome) => {
                let took_ms = started.elapsed().as_secs_f64() * 1e3;
                let verdict = outcome.verdict.as_str();
                tracing::info!(lang, verdict, duration_ms = took_ms, "execution ended");
                let state = match outcome.verdict {
                    Verdict::InternalError => State::Failed,
                    Verdict::Cancelled => State::Cancelled,
                    _ => State::Completed,
                };
                if state == State::Cancelled {
                    outcome = outcome.because(self.cancel_reason(claim.submission).await);
                }
                if let Some(key) = result_key.filter(|_| outcome.is_repeatable()) {
                    let whose = Whose { organisation: &placement.tenant, user: user.as_ref() };
                    self.keep_result(&key, whose, &outcome, kept_for).await;
                }
                self.settle(delivery, &lang, &claim, started_at, state, outcome).await
            }
            Err(SandboxError::CalledOff) => {
                self.hand_back(delivery, &claim, true).await;
                Executed::Returned
            }
            Err(error) => {
                tracing::warn!(error = ?error, "sandbox failed");
                self.metrics.sandbox_failures.inc();
                // An engine that is away is no reason to hold the start against the submission.
                let engine_away = self.sandboxes.ping().await.is_err();
                self.hand_back(delivery, &claim, engine_away).await;
                if engine_away { Executed::EngineAway } else { Executed::Returned }
            }
        }
    }

    /// The result of a submission that an earlier one had, where that will do.
    async fn known_result(&self, placement: &Placement) -> Option<Outcome> {
        let found = self.store.result(placement.result_key.as_deref()?).await;
        let known = found.unwrap_or_else(|error| {
            tracing::warn!(error = ?error, "earlier results cannot be read");
            None
        })?;
        tracing::info!("an earlier result is given again");
        Some(known.given_again())
    }

    /// Keeps a result for those that are to have the same: before its permit is given back, so that
    /// whoever has waited for it finds it.
    async fn keep_result(
        &self,
        key: &str,
        whose: Whose<'_>,
        outcome: &Outcome,
        at_most: Option<Duration>,
    ) {
        if let Err(error) = self.store.keep_result(key, whose, outcome, at_most).await {
            tracing::warn!(error = ?error, "result not kept");
        }
    }

    /// Why a submission was to end.
    async fn cancel_reason(&self, id: SubmissionId) -> Option<FailureReason> {
        let patience = ExponentialBuilder::default().with_max_times(CLAIM_ATTEMPTS);
        let reason = (|| self.store.cancel_reason(id)).retry(patience).await;
        reason.unwrap_or_else(|error| {
            tracing::warn!(error = ?error, "why it was cancelled cannot be read");
            None
        })
    }

    /// Runs a program in a container of its own, or in another one if that dies before it starts.
    async fn run(
        &self,
        served: &Served,
        allowance: Allowance,
        program: Program,
        called_off: &CancellationToken,
        cancelled: &CancellationToken,
    ) -> Result<Outcome, SandboxError> {
        let Served { language, limits, .. } = served;
        let (ceilings, artifact_bytes) = (&self.ceilings, self.artifact_bytes);
        let plan = lowering::plan(language, limits, ceilings, artifact_bytes, allowance, program);
        let mut tries = 0;
        loop {
            tries += 1;
            let once = self.run_once(&language.name, &plan, cancelled);
            match called_off.run_until_cancelled(once).await {
                None => return Err(SandboxError::CalledOff),
                Some(Ran::Ended(outcome)) => return Ok(*outcome),
                Some(Ran::NotBegun(error)) if tries < MAX_CONTAINERS => {
                    tracing::warn!(error = ?error, "a container was of no use: taking another");
                }
                Some(Ran::NotBegun(error) | Ran::Broke(error)) => return Err(error),
            }
        }
    }

    async fn run_once(&self, lang: &str, plan: &Plan, cancelled: &CancellationToken) -> Ran {
        let asked = Instant::now();
        let leased = cancelled.run_until_cancelled(self.pool.lease(lang, &plan.wanted)).await;
        let Some(leased) = leased else {
            return Ran::Ended(Box::new(verdict::outcome(Facts::cancelled())));
        };
        let mut sandbox = match leased {
            Ok(sandbox) => sandbox,
            // The pool has tried for long; another try would be no different.
            Err(error) => return Ran::Broke(error),
        };
        let waited = asked.elapsed();
        self.metrics.observe_wait(waited);
        tracing::debug!(container.id = sandbox.id(), "container leased");
        match carry_out(plan, &mut sandbox, cancelled).await {
            Ok(facts) => {
                let container_wait_ms = i64::try_from(waited.as_millis()).unwrap_or(i64::MAX);
                let outcome = Outcome { container_wait_ms, ..verdict::outcome(facts) };
                Ran::Ended(Box::new(outcome))
            }
            Err(error) if sandbox.has_begun() => Ran::Broke(error),
            Err(error) => Ran::NotBegun(error),
        }
    }

    /// Writes a final state, then takes the delivery out of the queue, then tells who waits.
    async fn settle(
        &self,
        delivery: &Delivery,
        lang: &str,
        claim: &ClaimId,
        started_at: Option<bson::DateTime>,
        state: State,
        outcome: Outcome,
    ) -> Executed {
        let finished_at = match self.write(claim, state, &outcome).await {
            Ok(Some(finished_at)) => finished_at,
            Ok(None) => {
                tracing::warn!(
                    epoch = claim.epoch,
                    "outcome dropped: the submission was taken over"
                );
                self.metrics.stale_outcomes.inc();
                return Executed::Returned;
            }
            Err(error) => {
                tracing::error!(error = ?error, "outcome could not be written");
                return Executed::Returned;
            }
        };
        let is_poison = outcome.reason == Some(FailureReason::Poison);
        self.metrics.count_execution(lang, outcome.verdict);
        let ending = Ending {
            state,
            epoch: claim.epoch,
            worker: Some(claim.worker.clone()),
            started_at,
            finished_at,
            outcome,
        };
        // The order matters: a waiter is told only what the store has acknowledged, and finds a dead
        // letter on the list; a crash before the acknowledgement only makes another worker look once
        // more.
        if is_poison {
            self.bury(delivery).await;
        }
        if let Err(error) = self.queue.publish_finished(claim.submission, Some(&ending)).await {
            tracing::warn!(error = ?error, "wake-up not sent");
        }
        if !is_poison {
            self.acknowledge(delivery).await;
        }
        Executed::Settled
    }

    async fn write(
        &self,
        claim: &ClaimId,
        state: State,
        outcome: &Outcome,
    ) -> Result<Option<bson::DateTime>, StoreError> {
        let patience = ExponentialBuilder::default()
            .with_max_delay(WRITE_MAX_PAUSE)
            .with_max_times(WRITE_ATTEMPTS);
        (|| self.store.finish(claim, state, outcome))
            .retry(patience)
            .notify(|error, _| tracing::warn!(error = ?error, "outcome not written yet"))
            .await
    }

    async fn acknowledge(&self, delivery: &Delivery) {
        match self.queue.ack(&self.worker, delivery).await {
            Ok(true) => {}
            Ok(false) => tracing::info!("entry was not this worker's any more"),
            // It is delivered again, found finished, and acknowledged then.
            Err(error) => tracing::warn!(error = ?error, "acknowledgement failed"),
        }
    }

    /// Takes a submission that no worker brought to its end out of the queue, for people to see.
    async fn bury(&self, delivery: &Delivery) {
        let reason = FailureReason::Poison.as_str();
        match self.queue.bury(&self.worker, delivery, reason).await {
            Ok(true) => tracing::warn!("submission is a dead letter"),
            Ok(false) => tracing::info!("entry was not this worker's any more"),
            // It is delivered again and acknowledged then; only the list lacks it.
            Err(error) => tracing::warn!(error = ?error, "dead letter not listed"),
        }
    }

    /// Puts a submission that did not come to its end back: in the store as queued, if the start
    /// is not to count, and in the queue for whoever asks next.
    async fn hand_back(&self, delivery: &Delivery, claim: &ClaimId, uncounted: bool) {
        if uncounted && let Err(error) = self.store.hand_back(claim).await {
            tracing::warn!(error = ?error, "submission stays claimed until its lease is over");
        }
        if let Err(error) = self.queue.hand_back(&self.worker, delivery).await {
            tracing::warn!(error = ?error, "entry stays until its lease is over");
        }
    }
}

/// The name under which the result is to be kept, if it came about as its name says: the API may have
/// named it after another worker's image or limits.
fn ours(
    placement: &Placement,
    served: &Served,
    allowance: &Allowance,
    program: &Program,
) -> Option<String> {
    let key = placement.result_key.clone()?;
    let ours = result_key::of(&placement.tenant, &served.environment, allowance, program)?;
    (ours == key).then_some(key)
}
