//! What the store promises, on a real MongoDB.

use std::time::Duration;

use futures_util::TryStreamExt;
use shared::outcome::{Outcome, Output, StepOutcome, Verdict};
use shared::placement::Placement;
use shared::store::{Claim, MAX_STARTS, Store, Waiting};
use shared::submission::{ClaimId, State, Submission, SubmissionId};

use crate::support;

fn outcome(verdict: Verdict) -> Outcome {
    let std_output = Output { bytes: vec![b'a', 0xff, 0], truncated: true };
    let run = StepOutcome { std_output, exit_code: Some(0), wall_ms: 7, ..Default::default() };
    Outcome { run: Some(run), ..Outcome::new(verdict) }
}

async fn granted(store: &Store, id: SubmissionId, worker: &str) -> Submission {
    match store.claim(id, worker).await {
        Ok(Claim::Granted(submission)) => *submission,
        other => panic!("not granted: {other:?}"),
    }
}

#[tokio::test]
async fn a_submission_comes_back_as_it_was_stored() {
    let store = support::store().await;
    let new = support::submission();
    assert_eq!(store.get(new.id).await.unwrap(), None);
    store.insert(&new).await.unwrap();
    let stored = store.get(new.id).await.unwrap().unwrap();
    assert_eq!((stored.id, stored.state, stored.epoch), (new.id, State::Queued, 0));
    assert_eq!(stored.program, new.program);

    let claimed = granted(&store, new.id, "w1").await;
    assert_eq!((claimed.state, claimed.epoch), (State::Running, 1));
    assert_eq!(claimed.worker.as_deref(), Some("w1"));
    let outcome = outcome(Verdict::Success);
    assert!(store.finish(&claimed.claim_id(), State::Completed, &outcome).await.unwrap().is_some());
    let finished = store.get(new.id).await.unwrap().unwrap();
    assert_eq!((finished.state, finished.outcome), (State::Completed, Some(outcome)));
    assert!(finished.finished_at >= finished.started_at);
    store.drop_database().await.unwrap();
}

#[tokio::test]
async fn a_stale_worker_cannot_overwrite_the_result() {
    let store = support::store().await;
    let id = support::submission();
    store.insert(&id).await.unwrap();
    let id = id.id;
    let stale = granted(&store, id, "paused").await.claim_id();
    let fresh = granted(&store, id, "took over").await.claim_id();
    assert!(fresh.epoch > stale.epoch);
    let wrong = outcome(Verdict::RuntimeError);
    assert!(store.finish(&stale, State::Completed, &wrong).await.unwrap().is_none());
    assert!(!store.hand_back(&stale).await.unwrap());
    // A failover may have taken a claim back and given its epoch to another worker.
    let twin = ClaimId { worker: "lost its claim".into(), ..fresh.clone() };
    assert!(store.finish(&twin, State::Completed, &wrong).await.unwrap().is_none());
    assert!(
        store.finish(&fresh, State::Completed, &outcome(Verdict::Success)).await.unwrap().is_some()
    );
    // Nor can anybody once it is final, whatever epoch they hold.
    assert!(store.finish(&fresh, State::Failed, &wrong).await.unwrap().is_none());
    assert!(!store.hand_back(&fresh).await.unwrap());
    assert!(matches!(store.claim(id, "late").await.unwrap(), Claim::Finished));
    let stored = store.get(id).await.unwrap().unwrap();
    assert_eq!(stored.outcome.unwrap().verdict, Verdict::Success);
    store.drop_database().await.unwrap();
}

#[tokio::test]
async fn of_many_claims_at_once_each_gets_an_epoch_of_its_own() {
    let store = support::store().await;
    let new = support::submission();
    store.insert(&new).await.unwrap();
    let claims = (0..10).map(|worker| {
        let (store, id) = (store.clone(), new.id);
        tokio::spawn(async move { store.claim(id, &format!("w{worker}")).await.unwrap() })
    });
    let mut epochs = Vec::new();
    let mut exhausted = 0;
    for claim in claims.collect::<Vec<_>>() {
        match claim.await.unwrap() {
            Claim::Granted(submission) => epochs.push(submission.epoch),
            Claim::Exhausted { .. } => exhausted += 1,
            other => panic!("{other:?}"),
        }
    }
    epochs.sort_unstable();
    assert_eq!((epochs, exhausted), (vec![1, 2, 3], 7));
    store.drop_database().await.unwrap();
}

#[tokio::test]
async fn a_submission_that_never_comes_to_an_end_is_not_started_for_ever() {
    let store = support::store().await;
    let new = support::submission();
    store.insert(&new).await.unwrap();
    // A start that is handed back does not count.
    let claim = granted(&store, new.id, "w").await.claim_id();
    assert!(store.hand_back(&claim).await.unwrap());
    assert_eq!(store.get(new.id).await.unwrap().unwrap().state, State::Queued);
    for _ in 0..MAX_STARTS {
        granted(&store, new.id, "w").await;
    }
    let Claim::Exhausted { claim, .. } = store.claim(new.id, "w").await.unwrap() else {
        panic!("started once more");
    };
    assert!(
        store
            .finish(&claim, State::Failed, &outcome(Verdict::InternalError))
            .await
            .unwrap()
            .is_some()
    );
    store.drop_database().await.unwrap();
}

#[tokio::test]
async fn a_submission_that_is_not_stored_cannot_be_claimed() {
    let store = support::store().await;
    assert!(matches!(store.claim(SubmissionId::new(), "w").await.unwrap(), Claim::Unknown));
    store.drop_database().await.unwrap();
}

#[tokio::test]
async fn only_what_waits_or_runs_too_long_is_unfinished() {
    let store = support::store().await;
    let news: Vec<_> = (0..4).map(|_| support::submission()).collect();
    for new in &news {
        store.insert(new).await.unwrap();
    }
    granted(&store, news[1].id, "w").await;
    let claim = granted(&store, news[2].id, "w").await.claim_id();
    store.finish(&claim, State::Completed, &outcome(Verdict::Success)).await.unwrap();
    let unfinished = async |settled, overdue| -> Vec<SubmissionId> {
        let found = store.unfinished(settled, overdue).await.unwrap();
        let id = |waiting: Waiting| {
            assert_eq!((&*waiting.lang, &waiting.placement), ("python", &Placement::default()));
            waiting.id
        };
        found.map_ok(id).try_collect().await.unwrap()
    };
    let (now, hour) = (Duration::ZERO, Duration::from_secs(3600));
    // MongoDB keeps milliseconds: until the next one, not all of these lie in the past.
    while unfinished(now, now).await.len() < 3 {}
    assert_eq!(unfinished(now, hour).await, [news[0].id, news[3].id], "in order");
    assert_eq!(unfinished(now, now).await, [news[0].id, news[1].id, news[3].id]);
    assert_eq!(unfinished(hour, hour).await, []);
    store.drop_database().await.unwrap();
}

#[tokio::test]
async fn what_a_clock_that_is_ahead_has_made_is_not_waited_for() {
    let database = support::unique();
    let store = support::store_in(&database, &[]).await.unwrap();
    let new = support::submission();
    store.insert(&new).await.unwrap();
    let (hour, minute) = (Duration::from_secs(3600), Duration::from_secs(60));
    let ahead = bson::DateTime::from_system_time(std::time::SystemTime::now() + minute * 10);
    let stored = support::mongodb().await.database(&database);
    let stored = stored.collection::<bson::Document>("submissions");
    let change = bson::doc! { "$set": { "createdAt": ahead } };
    stored.update_one(bson::doc! {}, change).await.unwrap();
    let found: Vec<Waiting> =
        store.unfinished(minute, hour).await.unwrap().try_collect().await.unwrap();
    assert_eq!(found.iter().map(|waiting| waiting.id).collect::<Vec<_>>(), [new.id]);
    store.drop_database().await.unwrap();
}

#[tokio::test]
async fn a_finished_submission_is_kept_for_the_retention_and_an_unfinished_one_for_ever() {
    let store = support::store_with(&[("RETENTION_SECONDS", "1".into())]).await;
    // MongoDB looks for what has expired once a minute, unless told to look more often.
    let look_often = bson::doc! { "setParameter": 1, "ttlMonitorSleepSecs": 1 };
    support::mongodb().await.database("admin").run_command(look_often).await.unwrap();
    let (finished, waiting) = (support::submission(), support::submission());
    store.insert(&finished).await.unwrap();
    store.insert(&waiting).await.unwrap();
    let claim = granted(&store, finished.id, "w").await.claim_id();
    store.finish(&claim, State::Completed, &outcome(Verdict::Success)).await.unwrap();
    assert!(store.get(finished.id).await.unwrap().is_some());
    let gone = async {
        while store.get(finished.id).await.unwrap().is_some() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(90), gone).await.unwrap();
    assert!(store.get(waiting.id).await.unwrap().is_some());
    store.drop_database().await.unwrap();
}
