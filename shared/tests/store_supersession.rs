//! What the store promises of submissions whose place a later one takes, and of results that are given
//! again, on a real MongoDB.

#![expect(clippy::unwrap_used, reason = "a test that fails here has failed")]

use std::collections::BTreeSet;
use std::sync::LazyLock;
use std::time::Duration;

use shared::outcome::{FailureReason, Outcome, Verdict};
use shared::placement::{OverParallel, Parallel, Placement, Tenant, UserName};
use shared::store::{Cancelling, Claim, Inserted, Store, Whose};
use shared::submission::{NewSubmission, State, SubmissionId};

use crate::support;

fn of(user: &str, slot: Option<&str>) -> NewSubmission {
    let over = OverParallel::CancelOldest;
    let parallel = Some(Parallel { user: user.into(), max: 2, over });
    let slot = slot.map(str::to_owned);
    let placement = Placement { parallel, slot, ..Placement::default() };
    NewSubmission { placement, ..support::submission() }
}

async fn stored(store: &Store, user: &str, slot: Option<&str>) -> NewSubmission {
    let new = of(user, slot);
    assert_eq!(store.insert(&new).await.unwrap(), Inserted::New);
    new
}

async fn claimed(store: &Store, id: SubmissionId) -> shared::submission::ClaimId {
    match store.claim(id, "w").await.unwrap() {
        Claim::Granted(submission) => submission.claim_id(),
        other => panic!("not granted: {other:?}"),
    }
}

#[tokio::test]
async fn what_is_superseded_is_all_that_is_unfinished_but_the_latest() {
    let store = support::store().await;
    let mut mine = Vec::new();
    for slot in [None, Some("a"), Some("a"), Some("b"), None, Some("a")] {
        mine.push(stored(&store, "ann", slot).await.id);
        stored(&store, "bob", slot).await;
        stored(&store, "ann", None).await;
        let last = store.latest_of_user(&of("ann", None).placement).await.unwrap().unwrap();
        assert!(matches!(store.cancel(last).await.unwrap(), Cancelling::Done(_)));
    }
    let placement = of("ann", Some("a")).placement;
    assert_eq!(store.latest_of_user(&placement).await.unwrap(), Some(mine[5]));
    let of_user = async |latest| store.of_user_beyond(&placement, latest).await.unwrap();
    assert_eq!(of_user(2).await, [mine[3], mine[2], mine[1], mine[0]]);
    assert_eq!(of_user(6).await, []);
    assert_eq!(store.in_slot_beyond(&placement, 1).await.unwrap(), [mine[2], mine[1]]);
    assert_eq!(store.in_slot_beyond(&of("ann", None).placement, 0).await.unwrap(), []);
    // What runs is among them; what has ended, or is about to, is not.
    let (running, ending) = (claimed(&store, mine[0]).await, claimed(&store, mine[1]).await);
    assert_eq!(of_user(2).await, [mine[3], mine[2], mine[1], mine[0]]);
    assert!(matches!(store.supersede(ending.submission).await.unwrap(), Cancelling::Requested));
    let outcome = Outcome::new(Verdict::Success);
    store.finish(&running, State::Completed, &outcome).await.unwrap().unwrap();
    assert_eq!(of_user(2).await, [mine[3], mine[2]]);
    store.drop_database().await.unwrap();
}

#[tokio::test]
async fn what_was_superseded_says_so_whether_it_waited_or_ran() {
    let store = support::store().await;
    let (waits, runs) =
        (stored(&store, "ann", None).await.id, stored(&store, "ann", None).await.id);
    let Cancelling::Done(cancelled) = store.supersede(waits).await.unwrap() else {
        panic!("not cancelled");
    };
    let outcome = cancelled.outcome.unwrap();
    assert_eq!(
        (outcome.verdict, outcome.reason),
        (Verdict::Cancelled, Some(FailureReason::Superseded))
    );
    claimed(&store, runs).await;
    assert_eq!(store.cancel_reason(runs).await.unwrap(), None);
    assert!(matches!(store.supersede(runs).await.unwrap(), Cancelling::Requested));
    assert_eq!(store.cancel_reason(runs).await.unwrap(), Some(FailureReason::Superseded));
    // Its worker has died: whoever takes it over is told.
    let claim = store.claim(runs, "w2").await.unwrap();
    assert!(matches!(claim, Claim::Cancelled { reason: Some(FailureReason::Superseded), .. }));
    store.drop_database().await.unwrap();
}

/// Each stores one and then ends what is superseded, as an API does; the stores are as two APIs have
/// them, while workers claim at random.
#[tokio::test(flavor = "multi_thread")]
async fn however_many_come_in_at_once_exactly_the_latest_are_left() {
    let store = support::store().await;
    for _ in 0..10 {
        let submitting = (0..50).map(|nth: u32| {
            let store = store.clone();
            tokio::spawn(async move {
                let new = stored(&store, "ann", None).await;
                if nth.is_multiple_of(3) {
                    let _ = store.claim(new.id, "w").await;
                }
                for id in store.of_user_beyond(&new.placement, 2).await.unwrap() {
                    store.supersede(id).await.unwrap();
                }
                new.id
            })
        });
        let mut ids = BTreeSet::new();
        for submitted in submitting.collect::<Vec<_>>() {
            ids.insert(submitted.await.unwrap());
        }
        let left = store.of_user_beyond(&of("ann", None).placement, 0).await.unwrap();
        assert_eq!(left, ids.iter().rev().take(2).copied().collect::<Vec<_>>());
    }
    store.drop_database().await.unwrap();
}

#[tokio::test]
async fn what_runs_under_a_permit_is_told_with_its_worker() {
    use futures_util::TryStreamExt;
    let store = support::store().await;
    let runs = stored(&store, "ann", Some("a")).await;
    stored(&store, "ann", None).await;
    let free = support::submission();
    store.insert(&free).await.unwrap();
    claimed(&store, runs.id).await;
    claimed(&store, free.id).await;
    let running: Vec<_> = store.running_under_permits().await.unwrap().try_collect().await.unwrap();
    assert_eq!(running.len(), 1);
    assert_eq!((running[0].waiting.id, &*running[0].worker), (runs.id, "w"));
    assert_eq!(running[0].waiting.placement, runs.placement);
    store.drop_database().await.unwrap();
}

#[tokio::test]
async fn a_result_is_given_again_until_its_time_is_over() {
    let store = support::store().await;
    let outcome = Outcome { message: Some("first".into()), ..Outcome::new(Verdict::Success) };
    assert_eq!(store.result("key").await.unwrap(), None);
    store.keep_result("key", nobody_s(), &outcome, None).await.unwrap();
    store.keep_result("key", nobody_s(), &Outcome::new(Verdict::RuntimeError), None).await.unwrap();
    assert_eq!(store.result("key").await.unwrap(), Some(outcome.clone()));
    assert_eq!(store.result("another").await.unwrap(), None);
    store.keep_result("short", nobody_s(), &outcome, Some(Duration::ZERO)).await.unwrap();
    assert_eq!(store.result("short").await.unwrap(), None, "where less is allowed");
    // A submission of which it is known is stored as completed, and is like any other.
    let new = support::submission();
    let known = outcome.given_again();
    assert_eq!(store.insert_completed(&new, &known).await.unwrap(), Inserted::New);
    let stored = store.get(new.id).await.unwrap().unwrap();
    assert_eq!((stored.state, stored.started_at), (State::Completed, None));
    assert_eq!(stored.ending().unwrap().outcome, known);
    assert!(matches!(store.claim(new.id, "w").await.unwrap(), Claim::Finished));
    store.drop_database().await.unwrap();
}

#[tokio::test]
async fn results_go_with_whose_they_are() {
    let store = support::store().await;
    let [acme, other]: [Tenant; 2] = ["acme", "other"].map(|name| name.parse().unwrap());
    let [ann, bob]: [UserName; 2] = ["ann", "bob"].map(|name| name.parse().unwrap());
    let kept = [
        ("acme/ann", Whose { organisation: &acme, user: Some(&ann) }),
        ("acme/bob", Whose { organisation: &acme, user: Some(&bob) }),
        ("acme", Whose { organisation: &acme, user: None }),
        ("other/ann", Whose { organisation: &other, user: Some(&ann) }),
    ];
    for (key, whose) in kept {
        store.keep_result(key, whose, &Outcome::new(Verdict::Success), None).await.unwrap();
    }
    let left = async || {
        let mut left = Vec::new();
        for (key, _) in kept {
            left.extend(store.result(key).await.unwrap().map(|_| key));
        }
        left
    };
    store.remove_results(kept[0].1).await.unwrap();
    assert_eq!(left().await, ["acme/bob", "acme", "other/ann"]);
    store.remove_results(kept[2].1).await.unwrap();
    assert_eq!(left().await, ["other/ann"]);
    store.drop_database().await.unwrap();
}

#[tokio::test]
async fn where_none_is_to_be_kept_none_is() {
    let store = support::store_with(&[("RESULT_CACHE_SECONDS", "0".into())]).await;
    assert!(!store.keeps_results());
    store.keep_result("key", nobody_s(), &Outcome::new(Verdict::Success), None).await.unwrap();
    assert_eq!(store.result("key").await.unwrap(), None);
    store.drop_database().await.unwrap();
}

fn nobody_s() -> Whose<'static> {
    static DEFAULT: LazyLock<Tenant> = LazyLock::new(Tenant::default);
    Whose { organisation: &DEFAULT, user: None }
}
