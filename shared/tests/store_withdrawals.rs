//! What the store promises of submissions that are cancelled or too old, and of who leads, on a
//! real MongoDB.

use std::time::{Duration, SystemTime};

use bson::DateTime;
use shared::outcome::{FailureReason, Outcome, Verdict};
use shared::store::{Cancelling, Claim, MAX_STARTS, Store};
use shared::submission::{ClaimId, NewSubmission, State, SubmissionId};

use crate::support;

async fn claim(store: &Store, id: SubmissionId) -> ClaimId {
    match store.claim(id, "w").await {
        Ok(Claim::Granted(submission)) => submission.claim_id(),
        other => panic!("not granted: {other:?}"),
    }
}

/// To be given up at so many milliseconds from now.
fn until(millis: i64) -> NewSubmission {
    let deadline = DateTime::from_millis(DateTime::now().timestamp_millis() + millis);
    NewSubmission { queue_deadline: Some(deadline), ..support::submission() }
}

#[tokio::test]
async fn what_waits_is_cancelled_at_once_and_stays_so() {
    let store = support::store().await;
    let new = support::submission();
    store.insert(&new).await.unwrap();
    let Cancelling::Done(cancelled) = store.cancel(new.id).await.unwrap() else {
        panic!("not cancelled");
    };
    assert_eq!(cancelled.state, State::Cancelled);
    assert_eq!(cancelled.ending().unwrap().outcome.verdict, Verdict::Cancelled);
    assert_eq!(cancelled.ending().unwrap().worker, None);
    assert!(matches!(store.claim(new.id, "w").await.unwrap(), Claim::Finished));
    assert!(matches!(store.cancel(new.id).await.unwrap(), Cancelling::Final(State::Cancelled)));
    assert!(matches!(store.cancel(SubmissionId::new()).await.unwrap(), Cancelling::Unknown));
    store.drop_database().await.unwrap();
}

#[tokio::test]
async fn what_runs_is_asked_to_end_and_never_run_again() {
    let store = support::store().await;
    let (new, other) = (support::submission(), support::submission());
    store.insert(&new).await.unwrap();
    store.insert(&other).await.unwrap();
    let (first, _) = (claim(&store, new.id).await, claim(&store, other.id).await);
    assert_eq!(store.cancel_requested(&[new.id, other.id]).await.unwrap(), []);
    for _ in 0..2 {
        assert!(matches!(store.cancel(new.id).await.unwrap(), Cancelling::Requested));
    }
    assert_eq!(store.cancel_requested(&[new.id, other.id]).await.unwrap(), [new.id]);
    // Its worker dies: whoever takes it over ends it. That one dies too: so does the next.
    let mut last = first.clone();
    for _ in 0..=MAX_STARTS {
        let Claim::Cancelled { claim, .. } = store.claim(new.id, "w2").await.unwrap() else {
            panic!("run again");
        };
        last = claim;
    }
    let outcome = Outcome::new(Verdict::Cancelled);
    assert_eq!(store.finish(&first, State::Cancelled, &outcome).await.unwrap(), None);
    assert!(store.finish(&last, State::Cancelled, &outcome).await.unwrap().is_some());
    assert_eq!(store.cancel_requested(&[new.id]).await.unwrap(), []);
    store.drop_database().await.unwrap();
}

#[tokio::test]
async fn a_wish_to_cancel_outlives_being_handed_back() {
    let store = support::store().await;
    let new = support::submission();
    store.insert(&new).await.unwrap();
    let running = claim(&store, new.id).await;
    assert!(matches!(store.cancel(new.id).await.unwrap(), Cancelling::Requested));
    assert!(store.hand_back(&running).await.unwrap());
    assert!(matches!(store.claim(new.id, "w").await.unwrap(), Claim::Cancelled { .. }));
    store.drop_database().await.unwrap();
}

#[tokio::test]
async fn what_waited_for_too_long_has_failed_as_expired() {
    let store = support::store().await;
    let hour = 3_600_000;
    let (old, young, claimed, ageless) =
        (until(-1), until(hour), until(hour), support::submission());
    for new in [&old, &young, &claimed, &ageless] {
        store.insert(new).await.unwrap();
    }
    // Claimed in time: what comes after is not its fault.
    let in_time = claim(&store, claimed.id).await;
    assert!(store.hand_back(&in_time).await.unwrap());
    assert_eq!(store.expire(SystemTime::now()).await.unwrap(), [old.id]);
    assert_eq!(store.expire(SystemTime::now()).await.unwrap(), []);
    let expired = store.get(old.id).await.unwrap().unwrap();
    let outcome = expired.outcome.unwrap();
    assert_eq!((expired.state, outcome.reason), (State::Failed, Some(FailureReason::Expired)));
    let tomorrow = SystemTime::now() + Duration::from_secs(86_400);
    assert_eq!(store.expire(tomorrow).await.unwrap(), [young.id]);
    claim(&store, claimed.id).await;
    claim(&store, ageless.id).await;
    store.drop_database().await.unwrap();
}

#[tokio::test]
async fn what_is_claimed_too_late_is_never_run() {
    let store = support::store().await;
    let new = until(-1);
    store.insert(&new).await.unwrap();
    // Whoever was to end it dies: the next one is told the same.
    let mut last = None;
    for epoch in 1..=2 {
        let Claim::Expired { claim, lang, .. } = store.claim(new.id, "w").await.unwrap() else {
            panic!("run");
        };
        assert_eq!((claim.epoch, &*lang), (epoch, "python"));
        last = Some(claim);
    }
    let outcome = Outcome::failed(FailureReason::Expired);
    assert!(store.finish(&last.unwrap(), State::Failed, &outcome).await.unwrap().is_some());
    store.drop_database().await.unwrap();
}

#[tokio::test]
async fn one_at_a_time_leads_until_its_time_is_over_or_it_steps_down() {
    let store = support::store().await;
    let hour = Duration::from_secs(3600);
    let lead = async |role, holder, ttl| store.lead(role, holder, ttl).await.unwrap();
    assert!(lead("reconciler", "a", hour).await);
    assert!(!lead("reconciler", "b", hour).await);
    assert!(lead("janitor", "b", hour).await, "another role");
    assert!(lead("reconciler", "a", Duration::ZERO).await, "it leads on");
    let taken_over = async { while !lead("reconciler", "b", hour).await {} };
    tokio::time::timeout(Duration::from_secs(5), taken_over).await.expect("its time is over");
    assert!(!lead("reconciler", "a", hour).await);
    store.step_down("reconciler", "a").await.unwrap();
    assert!(!lead("reconciler", "a", hour).await, "it was not the leader");
    store.step_down("reconciler", "b").await.unwrap();
    assert!(lead("reconciler", "a", hour).await);
    let many = (0..10).map(|nth| {
        let store = store.clone();
        tokio::spawn(async move { store.lead("new", &nth.to_string(), hour).await.unwrap() })
    });
    let mut leaders = 0;
    for leads in many.collect::<Vec<_>>() {
        leaders += usize::from(leads.await.unwrap());
    }
    assert_eq!(leaders, 1);
    store.drop_database().await.unwrap();
}
