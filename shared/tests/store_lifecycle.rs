//! The store does to a document in MongoDB exactly what `lifecycle.rs` does to a [`Life`]: any events
//! in any order, and both say the same of each.

#![expect(clippy::unwrap_used, reason = "a test that fails here has failed")]

use std::time::{Duration, Instant, SystemTime};

use bson::DateTime;
use proptest::collection::vec;
use proptest::prelude::*;
use shared::lifecycle::{Claimed, Event, Key, Life};
use shared::outcome::{Outcome, Verdict};
use shared::store::{Cancelling, Claim, Store};
use shared::submission::{ClaimId, NewSubmission, State, SubmissionId};
use uuid::Uuid;

use crate::support;

const COMMIT_PATIENCE: Duration = Duration::from_secs(10);

/// What is done to one submission. Who writes names one of the claims so far, counted from the last.
#[derive(Debug, Clone, Copy)]
enum Step {
    Claim,
    Finish(usize, State),
    HandBack(usize),
    Cancel,
    Expire,
}

fn step() -> impl Strategy<Value = Step> {
    // Mostly whoever holds the claim, sometimes somebody before.
    let holder = || prop_oneof![4 => Just(0_usize), 1 => 1..4_usize];
    let end = prop_oneof![Just(State::Completed), Just(State::Failed), Just(State::Cancelled)];
    prop_oneof![
        5 => Just(Step::Claim),
        3 => holder().prop_map(Step::HandBack),
        1 => (holder(), end).prop_map(|(claim, end)| Step::Finish(claim, end)),
        1 => Just(Step::Cancel),
        1 => Just(Step::Expire),
    ]
}

/// One submission in both.
struct Twins {
    store: Store,
    id: SubmissionId,
    life: Life<Uuid>,
    claims: Vec<ClaimId>,
}

impl Twins {
    async fn take(&mut self, step: Step) {
        match step {
            Step::Claim => self.claim().await,
            Step::Finish(back, state) => {
                let Some(claim) = self.claim_of(back) else { return };
                // What is the same is taken for the same write again.
                let outcome = Outcome { message: Uuid::new_v4().to_string().into(), ..ended() };
                let written = self.store.finish(&claim, state, &outcome).await.unwrap();
                self.compare(written.is_some(), &Event::Finish(key(&claim), state));
            }
            Step::HandBack(back) => {
                let Some(claim) = self.claim_of(back) else { return };
                let handed_back = self.store.hand_back(&claim).await.unwrap();
                self.compare(handed_back, &Event::HandBack(key(&claim)));
            }
            Step::Cancel => match self.store.cancel(self.id).await.unwrap() {
                Cancelling::Done(_) => self.compare(true, &Event::Cancel),
                Cancelling::Requested => self.compare(true, &Event::RequestCancel),
                Cancelling::Final(state) => {
                    assert_eq!(state, self.life.state);
                    self.compare(false, &Event::Cancel);
                    self.compare(false, &Event::RequestCancel);
                }
                Cancelling::Unknown => panic!("it is stored"),
            },
            Step::Expire => {
                let expired = self.store.expire(SystemTime::now()).await.unwrap();
                self.compare(expired.contains(&self.id), &Event::Expire);
            }
        }
    }

    async fn claim(&mut self) {
        let answer = self.store.claim(self.id, "worker").await.unwrap();
        let (claimed, claim) = match answer {
            Claim::Granted(submission) => (Claimed::Granted, submission.claim_id()),
            Claim::Cancelled { claim, .. } => (Claimed::Cancelled, claim),
            Claim::Expired { claim, .. } => (Claimed::Expired, claim),
            Claim::Exhausted { claim, .. } => (Claimed::Exhausted, claim),
            Claim::Finished => return assert!(self.life.state.is_final()),
            other => panic!("{other:?}"),
        };
        self.compare(true, &Event::Claim(claim.token));
        assert_eq!(self.life.claimed(&claim.token), claimed);
        assert_eq!(self.life.key(), Some(key(&claim)));
        self.claims.push(claim);
    }

    /// Somebody's claim, so many before the last.
    fn claim_of(&self, back: usize) -> Option<ClaimId> {
        self.claims.iter().rev().nth(back).cloned()
    }

    /// Holds that an event is allowed exactly if the store has let it happen, and lets it happen.
    fn compare(&mut self, happened: bool, event: &Event<Uuid>) {
        let after = self.life.after(event);
        assert_eq!(after.is_some(), happened, "{event:?} of {:?}", self.life);
        self.life = after.unwrap_or(self.life);
    }

    /// Holds that what is stored is what has become of it, as soon as the majority has it: a claim
    /// does not wait for that.
    async fn compare_stored(&self) {
        let expected = (self.life.state, self.life.epoch, self.life.token);
        let deadline = Instant::now() + COMMIT_PATIENCE;
        loop {
            let stored = self.store.get(self.id).await.unwrap().unwrap();
            let found = (stored.state, stored.epoch, stored.claim_token);
            if found == expected {
                return;
            }
            assert!(Instant::now() < deadline, "{found:?} is stored, not {expected:?}");
        }
    }
}

fn key(claim: &ClaimId) -> Key<Uuid> {
    Key { epoch: claim.epoch, token: claim.token }
}

fn ended() -> Outcome {
    Outcome::new(Verdict::Success)
}

#[test]
fn the_store_and_the_pure_function_agree_on_any_events_in_any_order() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let store = runtime.block_on(support::store());
    let lives = (any::<bool>(), vec(step(), 1..20));
    proptest!(ProptestConfig::with_cases(150), |((overdue, steps) in lives)| {
        runtime.block_on(async {
            let deadline = DateTime::from_millis(DateTime::now().timestamp_millis() - 1000);
            let new = NewSubmission {
                queue_deadline: overdue.then_some(deadline),
                ..support::submission()
            };
            store.insert(&new).await.unwrap();
            let life = Life { deadline_passed: overdue, ..Life::new() };
            let mut twins = Twins { store: store.clone(), id: new.id, life, claims: Vec::new() };
            for step in steps {
                twins.take(step).await;
                twins.compare_stored().await;
            }
            // So that it does not come up in the next one's.
            store.cancel(new.id).await.unwrap();
        });
    });
    runtime.block_on(store.drop_database()).unwrap();
}
