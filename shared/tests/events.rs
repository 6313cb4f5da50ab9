//! What wake-ups promise, on a real Redis.

mod support;

use std::time::Duration;

use shared::events::WakeUps;
use shared::submission::SubmissionId;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

const SOON: Duration = Duration::from_secs(5);

#[tokio::test]
async fn a_waiter_is_woken_by_what_happens_after_it_has_registered() {
    let queue = support::queue();
    let shutdown = CancellationToken::new();
    let (wake_ups, listener) = WakeUps::new(queue.clone(), shutdown.clone());
    let listener = tokio::spawn(listener);
    let (id, other) = (SubmissionId::new(), SubmissionId::new());
    let (first, second) = (wake_ups.register(id).await, wake_ups.register(id).await);
    let bystander = wake_ups.register(other).await;
    let (a, b, c) = (first.notified(), second.notified(), bystander.notified());
    queue.publish_finished(id).await.unwrap();
    timeout(SOON, async { tokio::join!(a, b) }).await.unwrap();
    assert!(timeout(Duration::ZERO, c).await.is_err(), "not its submission");

    drop(first);
    let again = second.notified();
    queue.publish_finished(id).await.unwrap();
    timeout(SOON, again).await.unwrap();
    assert_eq!(wake_ups.awaited(), 2);
    drop(second);
    drop(bystander);
    assert_eq!(wake_ups.awaited(), 0, "nothing is left behind");
    shutdown.cancel();
    timeout(SOON, listener).await.unwrap().unwrap();
}

#[tokio::test]
async fn without_redis_a_waiter_is_not_held_up() {
    let unreachable = ("REDIS_URL", "redis://127.0.0.1:1".to_owned());
    let queue = support::queue_with(&[unreachable]);
    let (wake_ups, listener) = WakeUps::new(queue, CancellationToken::new());
    tokio::spawn(listener);
    timeout(SOON, wake_ups.register(SubmissionId::new())).await.unwrap();
}
