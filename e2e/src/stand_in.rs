//! A worker whose sandbox does nothing. It is no mode of the real worker, which has none: it goes the
//! same way through the same store and queue, and says at once that a program has ended well.

use shared::outcome::{Outcome, Verdict};
use shared::queue::{Delivery, Queue, Serves};
use shared::store::{Claim, Store};
use shared::submission::{Ending, State};

/// What a worker with these languages serves, in the usual pool.
pub fn serves(languages: &[&str]) -> Serves {
    let languages = languages.iter().map(|&lang| lang.to_owned()).collect();
    Serves { pools: vec!["default".parse().unwrap()], languages }
}

/// Claims a delivery's submission and writes that it has ended well; nothing if somebody else has
/// ended it before.
///
/// # Panics
///
/// When the claim says anything else.
pub async fn end(store: &Store, worker: &str, delivery: &Delivery) -> Option<Ending> {
    let submission = match store.claim(delivery.submission, worker).await.unwrap() {
        Claim::Granted(submission) => submission,
        Claim::Finished => return None,
        claim => panic!("{claim:?}"),
    };
    let (claim, outcome) = (submission.claim_id(), Outcome::new(Verdict::Success));
    let finished_at = store.finish(&claim, State::Completed, &outcome).await.unwrap().unwrap();
    Some(Ending {
        state: State::Completed,
        epoch: claim.epoch,
        worker: Some(claim.worker),
        started_at: submission.started_at,
        finished_at,
        outcome,
    })
}

/// Brings a delivery all the way: claims, ends, wakes who waits, acknowledges. Whether it was this
/// one that ended the submission.
///
/// # Panics
///
/// When any of that fails.
pub async fn execute(store: &Store, queue: &Queue, worker: &str, delivery: &Delivery) -> bool {
    let ending = end(store, worker, delivery).await;
    if ending.is_some() {
        queue.publish_finished(delivery.submission, ending.as_ref()).await.unwrap();
    }
    assert!(queue.ack(worker, delivery).await.unwrap());
    ending.is_some()
}
