//! What the queue promises, on a real Redis.

#![expect(clippy::unwrap_used, reason = "a test that fails here has failed")]

use std::slice;
use std::time::Duration;

use redis::AsyncCommands;
use shared::placement::{Placement, PoolName};
use shared::queue::{Admission, Consumer, Delivery, Heartbeat, LEASE, Queue, Serves, Wanted};
use shared::store::Waiting;
use shared::submission::SubmissionId;
use shared::workers::Offer;

use crate::support;

const SHORT: Duration = Duration::from_millis(20);

const LANG: &str = "toy";

fn waiting(id: SubmissionId, lang: &str) -> Waiting {
    Waiting { id, lang: lang.into(), placement: Placement::default() }
}

async fn enqueued(queue: &Queue, count: usize) -> Vec<SubmissionId> {
    let ids: Vec<_> = (0..count).map(|_| SubmissionId::new()).collect();
    let all: Vec<_> = ids.iter().map(|id| waiting(*id, LANG)).collect();
    assert_eq!(queue.enqueue(&all).await.unwrap(), vec![true; count]);
    ids
}

/// These languages, in the pool of whoever does not say otherwise.
fn languages(names: &[&str]) -> Serves {
    Serves {
        pools: vec![PoolName::default()],
        languages: names.iter().map(|name| (*name).to_owned()).collect(),
    }
}

async fn next(consumer: &mut Consumer) -> Option<Delivery> {
    consumer.next(&languages(&[LANG]), SHORT).await.unwrap()
}

/// Makes an entry look as if its owner had been silent for longer than a lease.
async fn age(queue: &Queue, owner: &str, entry: &str) {
    let idle = u64::try_from(LEASE.as_millis()).unwrap() + 1;
    let _: redis::Value = redis::cmd("XCLAIM")
        .arg(queue.keys().stream(&PoolName::default(), LANG))
        .arg(("workers", owner, 0, entry))
        .arg(("IDLE", idle, "JUSTID"))
        .query_async(&mut support::redis().await)
        .await
        .unwrap();
}

#[tokio::test]
async fn submissions_come_out_in_order_and_each_goes_to_one_worker() {
    let queue = support::queue();
    let ids = enqueued(&queue, 4).await;
    let (mut a, mut b) = (Consumer::new(queue.clone(), "a"), Consumer::new(queue.clone(), "b"));
    let mut delivered = Vec::new();
    for _ in 0..2 {
        delivered.push(next(&mut a).await.unwrap().submission);
        delivered.push(next(&mut b).await.unwrap().submission);
    }
    assert_eq!(delivered, ids);
    assert_eq!((next(&mut a).await, next(&mut b).await), (None, None));
    queue.erase().await.unwrap();
}

#[tokio::test]
async fn a_submission_is_in_the_queue_once_however_often_it_is_put_there() {
    let queue = support::queue();
    let id = enqueued(&queue, 1).await[0];
    assert_eq!(queue.enqueue(&[waiting(id, LANG)]).await.unwrap(), [false]);
    assert_eq!(queue.length().await.unwrap(), 1);
    let stranger = SubmissionId::new();
    assert_eq!(queue.unknown(&[id, stranger]).await.unwrap(), [stranger]);
    let mut consumer = Consumer::new(queue.clone(), "a");
    let delivery = next(&mut consumer).await.unwrap();
    assert_eq!(next(&mut consumer).await, None);
    assert!(queue.ack("a", &delivery).await.unwrap());
    assert_eq!(queue.length().await.unwrap(), 0);
    let entries: u64 =
        support::redis().await.xlen(queue.keys().stream(&PoolName::default(), LANG)).await.unwrap();
    assert_eq!(entries, 0, "nothing is left behind");
    queue.erase().await.unwrap();
}

#[tokio::test]
async fn a_dead_worker_s_submission_goes_to_another_and_no_further() {
    let queue = support::queue();
    let ids = enqueued(&queue, 30).await;
    let (mut dead, mut heir) =
        (Consumer::new(queue.clone(), "dead"), Consumer::new(queue.clone(), "heir"));
    let mut deliveries = Vec::new();
    for _ in &ids {
        deliveries.push(next(&mut dead).await.unwrap());
    }
    assert_eq!(next(&mut heir).await, None, "all are leased");
    // The last of many: those before it are alive and must not hide it.
    age(&queue, "dead", &deliveries[29].entry).await;
    let mut second_heir = Consumer::new(queue.clone(), "second heir");
    assert_eq!(next(&mut second_heir).await.as_ref(), Some(&deliveries[29]));
    assert_eq!(next(&mut Consumer::new(queue.clone(), "third")).await, None);

    // The dead one turns out to have been asleep: what it holds no more, it can do nothing about.
    assert!(!queue.ack("dead", &deliveries[29]).await.unwrap());
    assert!(!queue.hand_back("dead", &deliveries[29]).await.unwrap());
    let heartbeat = queue.heartbeat("dead", deliveries.clone()).await.unwrap();
    assert_eq!(heartbeat.lost, [deliveries[29].clone()]);
    assert!(queue.ack("second heir", &deliveries[29]).await.unwrap());
    queue.erase().await.unwrap();
}

#[tokio::test]
async fn a_heartbeat_renews_the_lease() {
    let queue = support::queue();
    enqueued(&queue, 1).await;
    let delivery = next(&mut Consumer::new(queue.clone(), "a")).await.unwrap();
    age(&queue, "a", &delivery.entry).await;
    let heartbeat = queue.heartbeat("a", vec![delivery]).await.unwrap();
    assert_eq!(heartbeat.lost, []);
    assert_eq!(next(&mut Consumer::new(queue.clone(), "b")).await, None);
    queue.erase().await.unwrap();
}

#[tokio::test]
async fn a_submission_that_is_handed_back_goes_to_whoever_asks_next() {
    let queue = support::queue();
    let id = enqueued(&queue, 1).await[0];
    let delivery = next(&mut Consumer::new(queue.clone(), "a")).await.unwrap();
    assert!(queue.hand_back("a", &delivery).await.unwrap());
    assert_eq!(queue.length().await.unwrap(), 1);
    let again = next(&mut Consumer::new(queue.clone(), "b")).await.unwrap();
    assert_eq!(again.submission, id);
    assert_ne!(again.entry, delivery.entry);
    queue.erase().await.unwrap();
}

#[tokio::test]
async fn a_consumer_and_a_heartbeat_outlive_an_emptied_redis() {
    let queue = support::queue();
    enqueued(&queue, 2).await;
    let mut consumer = Consumer::new(queue.clone(), "a");
    let delivery = next(&mut consumer).await.unwrap();
    queue.erase().await.unwrap();
    assert!(!queue.ack("a", &delivery).await.unwrap(), "nothing is known of it");
    let heartbeat = queue.heartbeat("a", vec![delivery.clone()]).await.unwrap();
    assert_eq!(heartbeat.lost, [], "nobody else has it");
    assert_eq!(heartbeat.restored, slice::from_ref(&delivery));
    let heartbeat = queue.heartbeat("a", vec![delivery.clone()]).await.unwrap();
    assert_eq!(heartbeat, Heartbeat::default(), "it is held as before");
    let id = enqueued(&queue, 1).await[0];
    assert_eq!(next(&mut consumer).await.unwrap().submission, id);
    assert!(queue.ack("a", &delivery).await.unwrap());
    assert_eq!(queue.length().await.unwrap(), 1);
    queue.erase().await.unwrap();
}

#[tokio::test]
async fn an_entry_that_is_not_a_submission_s_is_removed_and_hides_no_other() {
    let queue = support::queue();
    let stream = queue.keys().stream(&PoolName::default(), LANG);
    let _: String = support::redis().await.xadd(&stream, "*", &[("id", "garbage")]).await.unwrap();
    let id = enqueued(&queue, 1).await[0];
    let mut consumer = Consumer::new(queue.clone(), "a");
    assert_eq!(next(&mut consumer).await.unwrap().submission, id);
    let entries: u64 = support::redis().await.xlen(&stream).await.unwrap();
    assert_eq!(entries, 1);
    queue.erase().await.unwrap();
}

fn wanted(placement: &Placement, count: usize) -> Wanted {
    let Placement { pool, tenant, .. } = placement.clone();
    Wanted { pool, tenant, count }
}

async fn admission(queue: &Queue, placement: &Placement, count: usize) -> Admission {
    queue.admit(&[wanted(placement, count)]).await.unwrap()[0]
}

#[tokio::test]
async fn a_full_queue_says_so() {
    let queue = support::queue_with(&[("QUEUE_MAX_LENGTH", "2".into())]);
    let placement = Placement::default();
    enqueued(&queue, 1).await;
    assert_eq!(admission(&queue, &placement, 1).await, Admission::Open);
    assert_eq!(admission(&queue, &placement, 2).await, Admission::PoolFull);
    enqueued(&queue, 1).await;
    assert_eq!(admission(&queue, &placement, 1).await, Admission::PoolFull);
    queue.erase().await.unwrap();
}

#[tokio::test]
async fn a_worker_gets_only_what_it_serves_and_whatever_waits_for_longest_first() {
    let queue = support::queue();
    let mut ids = Vec::new();
    for lang in ["a", "c", "b", "a"] {
        ids.push(SubmissionId::new());
        let added = queue.enqueue(&[waiting(*ids.last().unwrap(), lang)]).await.unwrap();
        assert_eq!(added, [true]);
    }
    let mut both = Consumer::new(queue.clone(), "both");
    let served = languages(&["a", "b"]);
    for expected in [ids[0], ids[2], ids[3]] {
        let delivery = both.next(&served, SHORT).await.unwrap().unwrap();
        assert_eq!(delivery.submission, expected);
        assert!(queue.ack("both", &delivery).await.unwrap());
    }
    assert_eq!(both.next(&served, SHORT).await.unwrap(), None);
    let mut other = Consumer::new(queue.clone(), "other");
    let delivery = other.next(&languages(&["c"]), SHORT).await.unwrap().unwrap();
    assert_eq!((delivery.submission, &*delivery.lang), (ids[1], "c"));
    queue.erase().await.unwrap();
}

#[tokio::test]
async fn whoever_waits_is_told_of_each_submission() {
    let queue = support::queue();
    let wait = |name: &'static str| {
        let queue = queue.clone();
        let long = Duration::from_secs(20);
        tokio::spawn(
            async move { Consumer::new(queue, name).next(&languages(&[LANG]), long).await },
        )
    };
    let (a, b) = (wait("a"), wait("b"));
    let ids = enqueued(&queue, 2).await;
    let mut delivered = [a.await.unwrap().unwrap().unwrap(), b.await.unwrap().unwrap().unwrap()]
        .map(|delivery| delivery.submission);
    delivered.sort();
    assert_eq!(delivered[..], ids);
    queue.erase().await.unwrap();
}

#[tokio::test]
async fn a_worker_is_alive_while_it_says_so() {
    let queue = support::queue();
    queue.announce("a", &[], &[]).await.unwrap();
    queue.announce("b", &[], &[]).await.unwrap();
    assert_eq!(queue.live_workers().await.unwrap().len(), 2);
    queue.withdraw("b").await.unwrap();
    assert_eq!(queue.live_workers().await.unwrap(), ["a".to_owned()].into());
    // Its lease is over: Redis's clock has passed the time that it announced.
    let _: u64 = support::redis().await.zadd(queue.keys().workers(), "a", 1).await.unwrap();
    assert!(queue.live_workers().await.unwrap().is_empty());
    queue.erase().await.unwrap();
}

#[tokio::test]
async fn a_language_is_served_while_some_worker_says_so() {
    let queue = support::queue();
    let offer = |version: Option<&str>| Offer {
        language: support::language("toy"),
        version: version.map(str::to_owned),
        environment: None,
    };
    let pools = [PoolName::default()];
    queue.announce("without its image", &pools, &[offer(None)]).await.unwrap();
    assert_eq!(queue.offered().await.unwrap()["toy"].served_for, Duration::ZERO);
    queue.announce("a", &pools, &[offer(Some("Toy 1.0"))]).await.unwrap();
    queue.announce("without its image", &pools, &[offer(None)]).await.unwrap();
    let offered = queue.offered().await.unwrap();
    assert_eq!(offered["toy"].offer, offer(Some("Toy 1.0")));
    assert!(offered["toy"].served_for > LEASE, "a restart takes longer than a lease");
    // Nobody has said it for long.
    let mut redis = support::redis().await;
    let _: u64 = redis.zadd(queue.keys().served_languages(), "toy", 1).await.unwrap();
    assert_eq!(queue.offered().await.unwrap()["toy"].served_for, Duration::ZERO);
    let _: u64 = redis.zadd(queue.keys().known_languages(), "toy", 1).await.unwrap();
    assert!(queue.offered().await.unwrap().is_empty());
    queue.erase().await.unwrap();
}

#[tokio::test]
async fn what_was_queued_anew_before_its_worker_could_say_a_word_is_still_its_own() {
    let queue = support::queue();
    let id = enqueued(&queue, 1).await[0];
    let delivery = next(&mut Consumer::new(queue.clone(), "a")).await.unwrap();
    queue.erase().await.unwrap();
    queue.enqueue(&[waiting(id, LANG)]).await.unwrap();
    let heartbeat = queue.heartbeat("a", vec![delivery.clone()]).await.unwrap();
    assert_eq!(heartbeat.restored, slice::from_ref(&delivery));
    let mut other = Consumer::new(queue.clone(), "b");
    assert_eq!(next(&mut other).await, None);
    // Or another was faster.
    queue.erase().await.unwrap();
    queue.enqueue(&[waiting(id, LANG)]).await.unwrap();
    let taken_over = next(&mut other).await.unwrap();
    let heartbeat = queue.heartbeat("a", vec![delivery.clone()]).await.unwrap();
    assert_eq!(heartbeat.lost, slice::from_ref(&delivery));
    assert!(!queue.ack("a", &delivery).await.unwrap());
    assert!(queue.ack("b", &taken_over).await.unwrap());
    queue.erase().await.unwrap();
}

#[tokio::test]
async fn what_waits_can_be_removed_and_what_runs_cannot() {
    let queue = support::queue();
    let ids = enqueued(&queue, 3).await;
    assert!(queue.remove(ids[1]).await.unwrap());
    assert!(!queue.remove(ids[1]).await.unwrap());
    let mut consumer = Consumer::new(queue.clone(), "a");
    assert_eq!(next(&mut consumer).await.unwrap().submission, ids[0]);
    assert!(!queue.remove(ids[0]).await.unwrap());
    assert_eq!(next(&mut consumer).await.unwrap().submission, ids[2]);
    assert_eq!(next(&mut consumer).await, None);
    queue.erase().await.unwrap();
}

#[tokio::test]
async fn a_tenant_may_have_so_many_and_the_others_still_have_room() {
    let queue = support::queue_with(&[("QUEUE_MAX_PER_TENANT", "2".into())]);
    let placement = Placement::default();
    assert_eq!(admission(&queue, &placement, 3).await, Admission::TenantFull);
    enqueued(&queue, 2).await;
    assert_eq!(admission(&queue, &placement, 1).await, Admission::TenantFull);
    let other = Placement { tenant: "other".parse().unwrap(), ..Placement::default() };
    assert_eq!(admission(&queue, &other, 2).await, Admission::Open);
    let at_once = [&placement, &other, &placement].map(|placement| wanted(placement, 1));
    assert_eq!(
        queue.admit(&at_once).await.unwrap(),
        [Admission::TenantFull, Admission::Open, Admission::TenantFull]
    );
    // What has ended makes room.
    let delivery = next(&mut Consumer::new(queue.clone(), "a")).await.unwrap();
    assert!(queue.ack("a", &delivery).await.unwrap());
    assert_eq!(admission(&queue, &placement, 1).await, Admission::Open);
    queue.erase().await.unwrap();
}

#[tokio::test]
async fn a_worker_gets_only_what_is_for_its_pools_and_of_each_in_turn() {
    let queue = support::queue();
    let of = |pool: &str| {
        let placement = Placement { pool: pool.parse().unwrap(), ..Placement::default() };
        Waiting { id: SubmissionId::new(), lang: LANG.into(), placement }
    };
    let all = [of("gpu"), of("gpu"), of("default"), of("default"), of("other")];
    queue.enqueue(&all).await.unwrap();
    let serves = Serves {
        pools: vec!["gpu".parse().unwrap(), PoolName::default()],
        languages: vec![LANG.into()],
    };
    let mut consumer = Consumer::new(queue.clone(), "a");
    for expected in [0, 2, 1, 3] {
        let delivery = consumer.next(&serves, SHORT).await.unwrap().unwrap();
        assert_eq!(delivery.submission, all[expected].id);
    }
    assert_eq!(consumer.next(&serves, SHORT).await.unwrap(), None);
    queue.erase().await.unwrap();
}

#[tokio::test]
async fn a_dead_letter_is_listed_until_it_is_taken_off_the_list() {
    let queue = support::queue();
    let ids = enqueued(&queue, 3).await;
    let mut consumer = Consumer::new(queue.clone(), "a");
    for _ in &ids {
        let delivery = next(&mut consumer).await.unwrap();
        assert!(!queue.bury("b", &delivery, "poison").await.unwrap(), "it is another's");
        assert!(queue.bury("a", &delivery, "poison").await.unwrap());
        assert!(!queue.ack("a", &delivery).await.unwrap());
    }
    assert_eq!(queue.length().await.unwrap(), 0);
    let listed = queue.dead_letters(2, None).await.unwrap();
    assert_eq!(listed.iter().map(|letter| letter.id).collect::<Vec<_>>(), [ids[2], ids[1]]);
    assert_eq!((&*listed[0].reason, &*listed[0].lang), ("poison", LANG));
    assert_eq!(listed[0].placement, Placement::default());
    let further = queue.dead_letters(2, Some(&listed[1].entry)).await.unwrap();
    assert_eq!(further.iter().map(|letter| letter.id).collect::<Vec<_>>(), [ids[0]]);
    assert_eq!(queue.dead_letters(2, Some("no entry")).await.unwrap(), []);
    assert!(queue.exhume(ids[1]).await.unwrap());
    assert!(!queue.exhume(ids[1]).await.unwrap());
    assert_eq!(queue.dead_letters(9, None).await.unwrap().len(), 2);
    queue.erase().await.unwrap();
}

#[tokio::test]
async fn an_emptied_redis_has_no_generation_until_one_begins_it() {
    let queue = support::queue();
    assert_eq!(queue.generation().await.unwrap(), None);
    assert!(queue.begin_generation("first").await.unwrap());
    assert!(!queue.begin_generation("second").await.unwrap());
    assert_eq!(queue.generation().await.unwrap().as_deref(), Some("first"));
    queue.erase().await.unwrap();
    assert_eq!(queue.generation().await.unwrap(), None);
}

#[tokio::test]
async fn a_pool_is_served_while_some_worker_says_so_and_remembered_for_longer() {
    let queue = support::queue();
    let pools = [PoolName::default(), "gpu".parse().unwrap()];
    let offer = Offer {
        language: support::language("toy"),
        version: Some("Toy 1.0".into()),
        environment: None,
    };
    queue.announce("a", &pools, &[offer]).await.unwrap();
    let served = queue.pools().await.unwrap();
    assert_eq!(served.keys().collect::<Vec<_>>(), [&pools[0], &pools[1]]);
    assert!(served[&pools[1]]["toy"] > LEASE);
    let mut redis = support::redis().await;
    let (now, _): (u64, u64) = redis::cmd("TIME").query_async(&mut redis).await.unwrap();
    let _: u64 = redis.zadd(queue.keys().served_lanes(), "gpu:toy", now * 1000 - 1).await.unwrap();
    assert_eq!(queue.pools().await.unwrap()[&pools[1]]["toy"], Duration::ZERO);
    queue.erase().await.unwrap();
}
