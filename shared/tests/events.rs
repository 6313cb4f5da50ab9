//! What wake-ups promise, on a real Redis.

use std::time::Duration;

use futures_util::StreamExt;
use shared::events::WakeUps;
use shared::outcome::Outcome;
use shared::submission::{Ending, State, SubmissionId};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::support;

const SOON: Duration = Duration::from_secs(5);

#[tokio::test]
async fn a_waiter_is_woken_by_what_happens_after_it_has_registered() {
    let queue = support::queue();
    let shutdown = CancellationToken::new();
    let (wake_ups, listener) = WakeUps::new(queue.clone(), shutdown.clone());
    let listener = tokio::spawn(listener);
    let (id, other) = (SubmissionId::new(), SubmissionId::new());
    let (mut first, mut second) = (wake_ups.register(id).await, wake_ups.register(id).await);
    let mut bystander = wake_ups.register(other).await;
    queue.publish_finished(id, None).await.unwrap();
    timeout(SOON, async { tokio::join!(first.woken(), second.woken()) }).await.unwrap();
    assert!(timeout(Duration::ZERO, bystander.woken()).await.is_err(), "not its submission");
    assert_eq!(second.ending(), None, "it is in the store");

    drop(first);
    queue.publish_finished(id, Some(&ending(100))).await.unwrap();
    timeout(SOON, second.woken()).await.unwrap();
    assert_eq!(second.ending().as_deref(), Some(&ending(100)));
    // What was learned is not forgotten.
    queue.publish_finished(id, Some(&ending(100_000))).await.unwrap();
    timeout(SOON, second.woken()).await.unwrap();
    assert_eq!(second.ending().as_deref(), Some(&ending(100)), "the other is too large to carry");
    assert_eq!(wake_ups.awaited(), 2);
    drop(second);
    drop(bystander);
    assert_eq!(wake_ups.awaited(), 0, "nothing is left behind");
    shutdown.cancel();
    timeout(SOON, listener).await.unwrap().unwrap();
}

/// An ending with a message of so many bytes.
fn ending(bytes: usize) -> Ending {
    Ending {
        state: State::Failed,
        epoch: 2,
        worker: Some("worker".into()),
        started_at: Some(bson::DateTime::from_millis(1)),
        finished_at: bson::DateTime::from_millis(2),
        outcome: Outcome::internal_error("x".repeat(bytes)),
    }
}

#[tokio::test]
async fn a_wish_to_cancel_reaches_whoever_listens() {
    let queue = support::queue();
    let mut cancels = Box::pin(queue.cancels().await.unwrap());
    let id = SubmissionId::new();
    queue.publish_cancel(id).await.unwrap();
    assert_eq!(timeout(SOON, cancels.next()).await.unwrap(), Some(id));
}

#[tokio::test]
async fn without_redis_a_waiter_is_not_held_up() {
    let unreachable = ("REDIS_URL", "redis://127.0.0.1:1".to_owned());
    let queue = support::queue_with(&[unreachable]);
    let (wake_ups, listener) = WakeUps::new(queue, CancellationToken::new());
    tokio::spawn(listener);
    timeout(SOON, wake_ups.register(SubmissionId::new())).await.unwrap();
}
