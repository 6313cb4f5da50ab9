//! What the store promises to each of many who write at once, on a real MongoDB.

use std::collections::HashSet;

use futures_util::future::join_all;
use shared::outcome::{Outcome, Output, StepOutcome, Verdict};
use shared::placement::Placement;
use shared::store::{Claim, Inserted};
use shared::submission::{Idempotency, NewSubmission, State, Submission, SubmissionId};

use crate::support;

fn outcome(exit_code: i32) -> Outcome {
    let run = StepOutcome { exit_code: Some(exit_code), ..Default::default() };
    Outcome { run: Some(run), ..Outcome::new(Verdict::Success) }
}

fn keyed(tenant: &str, key: &str, digest: &str) -> NewSubmission {
    NewSubmission {
        placement: Placement { tenant: tenant.parse().expect("a tenant"), ..Placement::default() },
        idempotency: Some(Idempotency { key: key.into(), digest: digest.into() }),
        ..support::submission()
    }
}

fn granted(claim: Claim) -> Submission {
    match claim {
        Claim::Granted(submission) => *submission,
        other => panic!("not granted: {other:?}"),
    }
}

#[tokio::test]
async fn many_at_once_are_each_inserted_claimed_and_finished() {
    let store = support::store().await;
    let news: Vec<_> = (0..600).map(|_| support::submission()).collect();
    for inserted in join_all(news.iter().map(|new| store.insert(new))).await {
        assert_eq!(inserted.unwrap(), Inserted::New);
    }
    let claim_all = async |epoch: i64| {
        let worker = |nth: usize| format!("w{}", nth % 3);
        let claim = async |(nth, new): (usize, &NewSubmission)| {
            granted(store.claim(new.id, &worker(nth)).await.unwrap())
        };
        let claimed = join_all(news.iter().enumerate().map(claim)).await;
        for (nth, (new, claimed)) in news.iter().zip(&claimed).enumerate() {
            assert_eq!((claimed.id, claimed.epoch), (new.id, epoch));
            assert_eq!(claimed.worker.as_ref(), Some(&worker(nth)));
            assert_eq!(claimed.program, new.program);
        }
        claimed
    };
    let (lost, claimed) = (claim_all(1).await, claim_all(2).await);
    let tokens = |claimed: &[Submission]| -> HashSet<_> {
        claimed.iter().map(|claimed| claimed.claim_token.unwrap()).collect()
    };
    assert!(tokens(&lost).is_disjoint(&tokens(&claimed)), "no claim of it has had that token");
    let finish_all = async |claimed: &[Submission]| {
        let finish = async |(nth, claimed): (usize, &Submission)| {
            let outcome = outcome(i32::try_from(nth).unwrap());
            store.finish(&claimed.claim_id(), State::Completed, &outcome).await.unwrap()
        };
        join_all(claimed.iter().enumerate().map(finish)).await
    };
    assert!(finish_all(&lost).await.iter().all(Option::is_none));
    assert!(finish_all(&claimed).await.iter().all(Option::is_some));
    let ids: Vec<SubmissionId> = news.iter().map(|new| new.id).collect();
    // Each twice, and with some that there are not.
    let ids = ids.iter().flat_map(|id| [*id, *id, SubmissionId::new()]);
    let stored = join_all(ids.map(|id| store.get(id))).await;
    for (nth, found) in stored.into_iter().map(Result::unwrap).enumerate() {
        let run = found.and_then(|found| found.outcome?.run);
        let expected = (nth % 3 < 2).then(|| i32::try_from(nth / 3).unwrap());
        assert_eq!(run.map(|run| run.exit_code), expected.map(Some), "its own outcome");
    }
    store.drop_database().await.unwrap();
}

#[tokio::test]
async fn of_many_with_the_same_key_one_is_new() {
    let store = support::store().await;
    let same: Vec<_> = (0..20).map(|_| keyed("acme", "k", "d")).collect();
    let inserted = join_all(same.iter().map(|new| store.insert(new))).await;
    let inserted: Vec<Inserted> = inserted.into_iter().map(Result::unwrap).collect();
    let first = inserted.iter().position(|inserted| *inserted == Inserted::New).unwrap();
    for (nth, inserted) in inserted.into_iter().enumerate().filter(|(nth, _)| *nth != first) {
        assert_eq!(inserted, Inserted::Repeated(same[first].id), "{nth}");
        assert_eq!(store.get(same[nth].id).await.unwrap(), None);
    }
    // The same submission again, as after an answer that was lost.
    assert_eq!(store.insert(&same[first]).await.unwrap(), Inserted::New);
    let other = keyed("acme", "k", "another digest");
    assert_eq!(store.insert(&other).await.unwrap(), Inserted::Conflicting);
    let foreign = keyed("another-tenant", "k", "another digest");
    assert_eq!(store.insert(&foreign).await.unwrap(), Inserted::New);
    let without_key = support::submission();
    assert_eq!(store.insert(&without_key).await.unwrap(), Inserted::New);
    assert_eq!(store.insert(&without_key).await.unwrap(), Inserted::New, "it is the same one");
    store.drop_database().await.unwrap();
}

#[tokio::test]
async fn one_that_cannot_be_written_does_not_fail_others() {
    let store = support::store().await;
    let news: Vec<_> = (0..10).map(|_| support::submission()).collect();
    join_all(news.iter().map(|new| store.insert(new))).await;
    let claims = join_all(news.iter().map(|new| store.claim(new.id, "w"))).await;
    let claimed: Vec<_> = claims.into_iter().map(|claim| granted(claim.unwrap())).collect();
    let stale = store.claim(news[0].id, "took over").await.unwrap();
    assert_eq!(granted(stale).epoch, 2);
    // With what is stored already, it is larger than a document can be.
    let output = Output { bytes: vec![b'x'; 9 << 20], truncated: false };
    let run = StepOutcome { std_output: output.clone(), std_error: output, ..Default::default() };
    let too_large = Outcome { run: Some(run), ..Outcome::new(Verdict::Success) };
    let finish = async |nth: usize| {
        let small = outcome(0);
        let outcome = if nth == 1 { &too_large } else { &small };
        store.finish(&claimed[nth].claim_id(), State::Completed, outcome).await
    };
    let finished = join_all((0..news.len()).map(finish)).await;
    assert!(matches!(finished[0], Ok(None)), "{:?}", finished[0]);
    assert!(finished[1].is_err(), "{:?}", finished[1]);
    for finished in &finished[2..] {
        assert!(matches!(finished, Ok(Some(_))), "{finished:?}");
    }
    store.drop_database().await.unwrap();
}

#[tokio::test]
async fn the_same_end_written_again_is_known_as_ones_own() {
    let store = support::store().await;
    let new = support::submission();
    store.insert(&new).await.unwrap();
    let claim = granted(store.claim(new.id, "w").await.unwrap()).claim_id();
    let finished = store.finish(&claim, State::Completed, &outcome(0)).await.unwrap();
    assert!(finished.is_some());
    let again = store.finish(&claim, State::Completed, &outcome(0)).await.unwrap();
    assert_eq!(again, finished, "as if the first answer had been lost");
    assert_eq!(store.finish(&claim, State::Completed, &outcome(1)).await.unwrap(), None);
    let twin = shared::submission::ClaimId { token: uuid::Uuid::new_v4(), ..claim };
    assert_eq!(store.finish(&twin, State::Completed, &outcome(0)).await.unwrap(), None);
    store.drop_database().await.unwrap();
}
