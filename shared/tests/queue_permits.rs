//! How many of a user's submissions are in the lanes or run at once, on a real Redis: what is promised
//! of it, and that the scripts do exactly what a small reference does.

#![expect(clippy::unwrap_used, reason = "a test that fails here has failed")]

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use redis::AsyncCommands;
use shared::placement::{Parallel, Placement, PoolName};
use shared::queue::{Consumer, Delivery, Queue, Reserved, Serves};
use shared::store::{Running, Waiting};
use shared::submission::SubmissionId;

use crate::support;

const WORKER: &str = "worker";
const LANG: &str = "toy";

/// Of the steps below.
const USERS: [&str; 3] = ["x", "y", "z"];
const SLOTS: [&str; 2] = ["a", "b"];
const KEY: &str = "k";

/// Of a user who may have so many at once (0: any number), in a slot, with a result's name.
fn waiting(user: &str, max: u32, slot: Option<&str>, result_key: Option<&str>) -> Waiting {
    let parallel = Some(Parallel { user: user.into(), max, over: Default::default() });
    let (slot, result_key) = (slot.map(str::to_owned), result_key.map(str::to_owned));
    let placement = Placement { parallel, slot, result_key, ..Placement::default() };
    Waiting { id: SubmissionId::new(), lang: LANG.into(), placement }
}

async fn begun() -> Queue {
    let queue = support::queue();
    assert!(queue.begin_generation("first").await.unwrap());
    queue
}

/// Puts so many of one user into the queue.
async fn enqueued(queue: &Queue, user: &str, max: u32, count: usize) -> Vec<Waiting> {
    let all: Vec<_> = (0..count).map(|_| waiting(user, max, None, None)).collect();
    assert_eq!(queue.enqueue(&all).await.unwrap(), vec![true; count]);
    all
}

async fn take(queue: &Queue) -> Option<Delivery> {
    let serves = Serves { pools: vec![PoolName::default()], languages: vec![LANG.into()] };
    Consumer::new(queue.clone(), WORKER).next(&serves, Duration::from_millis(1)).await.unwrap()
}

async fn take_all(queue: &Queue) -> Vec<Delivery> {
    let mut taken = Vec::new();
    while let Some(delivery) = take(queue).await {
        taken.push(delivery);
    }
    taken
}

fn ids(deliveries: &[Delivery]) -> Vec<SubmissionId> {
    deliveries.iter().map(|delivery| delivery.submission).collect()
}

fn ids_of(waiting: &[Waiting]) -> Vec<SubmissionId> {
    waiting.iter().map(|waiting| waiting.id).collect()
}

async fn ack(queue: &Queue, delivery: &Delivery) {
    assert!(queue.ack(WORKER, delivery).await.unwrap());
}

#[tokio::test]
async fn no_more_of_a_user_are_delivered_than_may_run_and_the_others_follow_in_order() {
    let queue = begun().await;
    let ann = enqueued(&queue, "ann", 2, 5).await;
    let bob = enqueued(&queue, "bob", 1, 2).await;
    let mut running = take_all(&queue).await;
    running.sort_by_key(|delivery| delivery.submission);
    assert_eq!(ids(&running), [ann[0].id, ann[1].id, bob[0].id]);
    assert_eq!(running[0].placement, ann[0].placement, "all of it comes back");
    // An end lets one more of the same user through, whatever kind of end it is.
    ack(&queue, &running[2]).await;
    assert_eq!(ids(&take_all(&queue).await), [bob[1].id]);
    assert!(queue.bury(WORKER, &running[0], "poison").await.unwrap());
    assert!(queue.remove(ann[2].id).await.unwrap(), "it was let through, and is withdrawn");
    assert_eq!(ids(&take_all(&queue).await), [ann[3].id]);
    assert!(queue.remove(ann[4].id).await.unwrap(), "it was parked");
    ack(&queue, &running[1]).await;
    assert_eq!(take_all(&queue).await, []);
    assert_eq!(queue.length().await.unwrap(), 2);
    queue.erase().await.unwrap();
}

#[tokio::test]
async fn one_that_is_handed_back_keeps_its_permit() {
    let queue = begun().await;
    let ann = enqueued(&queue, "ann", 1, 2).await;
    let running = take(&queue).await.unwrap();
    assert!(queue.hand_back(WORKER, &running).await.unwrap());
    assert_eq!(ids(&take_all(&queue).await), [ann[0].id]);
    queue.erase().await.unwrap();
}

#[tokio::test]
async fn another_number_counts_from_the_next_submission_on() {
    let queue = begun().await;
    let first = enqueued(&queue, "ann", 1, 3).await;
    let second = enqueued(&queue, "ann", 3, 1).await;
    let running = take_all(&queue).await;
    assert_eq!(ids(&running), ids_of(&first));
    // Fewer: what runs goes on, and nothing is let through until there is room.
    let third = enqueued(&queue, "ann", 1, 1).await;
    ack(&queue, &running[0]).await;
    ack(&queue, &running[1]).await;
    assert_eq!(take_all(&queue).await, []);
    ack(&queue, &running[2]).await;
    let next = take_all(&queue).await;
    assert_eq!(ids(&next), ids_of(&second));
    // What waits in the lanes already goes back.
    ack(&queue, &next[0]).await;
    let fourth = enqueued(&queue, "ann", 2, 1).await;
    enqueued(&queue, "ann", 1, 1).await;
    assert_eq!(ids(&take_all(&queue).await), ids_of(&third));
    assert!(queue.remove(fourth[0].id).await.unwrap());
    queue.erase().await.unwrap();
}

#[tokio::test]
async fn a_slot_has_one_at_a_time_and_two_slots_do_not_touch_each_other() {
    let queue = begun().await;
    let tab = |slot: &str| waiting("ann", 0, Some(slot), None);
    let (a, b) = ([tab("a:1"), tab("a:1")], [tab("b"), tab("b")]);
    queue.enqueue(&[a[0].clone(), a[1].clone(), b[0].clone(), b[1].clone()]).await.unwrap();
    let running = take_all(&queue).await;
    assert_eq!(ids(&running), [a[0].id, b[0].id]);
    ack(&queue, &running[0]).await;
    assert_eq!(ids(&take_all(&queue).await), [a[1].id]);
    // Another user's slot of the same name is another slot.
    let other = waiting("bob", 0, Some("b"), None);
    queue.enqueue(std::slice::from_ref(&other)).await.unwrap();
    assert_eq!(ids(&take_all(&queue).await), [other.id]);
    queue.erase().await.unwrap();
}

#[tokio::test]
async fn what_waits_for_its_slot_takes_no_permit_of_its_user() {
    let queue = begun().await;
    let (first, same_slot) =
        (waiting("ann", 2, Some("a"), None), waiting("ann", 2, Some("a"), None));
    let other = waiting("ann", 2, None, None);
    queue.enqueue(&[first.clone(), same_slot, other.clone()]).await.unwrap();
    assert_eq!(ids(&take_all(&queue).await), [first.id, other.id]);
    queue.erase().await.unwrap();
}

#[tokio::test]
async fn those_with_the_same_result_go_one_after_the_other_whoever_they_are_of() {
    let queue = begun().await;
    let (ann, bob) = (waiting("ann", 0, None, Some("r")), waiting("bob", 1, None, Some("r")));
    queue.enqueue(&[ann.clone(), bob.clone()]).await.unwrap();
    let running = take_all(&queue).await;
    assert_eq!(ids(&running), [ann.id]);
    ack(&queue, &running[0]).await;
    assert_eq!(ids(&take_all(&queue).await), [bob.id]);
    queue.erase().await.unwrap();
}

#[tokio::test]
async fn in_an_emptied_redis_what_runs_has_its_permits_before_anything_else() {
    let queue = begun().await;
    let ann = enqueued(&queue, "ann", 2, 4).await;
    let running = take_all(&queue).await;
    queue.erase().await.unwrap();
    // Before the queue is filled, submissions come in, and one worker says what it runs.
    let late = enqueued(&queue, "ann", 2, 1).await;
    assert_eq!(take_all(&queue).await, [], "nobody knows what runs");
    queue.heartbeat(WORKER, vec![running[0].clone()]).await.unwrap();
    let as_claimed =
        |waiting: &Waiting| Running { waiting: waiting.clone(), worker: WORKER.into() };
    let stored = [as_claimed(&ann[0]), as_claimed(&ann[1])];
    assert_eq!(queue.restore(&stored).await.unwrap(), 1);
    assert_eq!(queue.restore(&stored).await.unwrap(), 0);
    queue.enqueue(&ann[2..]).await.unwrap();
    assert!(queue.begin_generation("second").await.unwrap());
    assert_eq!(take_all(&queue).await, [], "two run");
    // Its worker knows it by the entry from before, with or without a heartbeat in between.
    ack(&queue, &running[1]).await;
    assert_eq!(ids(&take_all(&queue).await), [ann[2].id], "the oldest first");
    assert_eq!(
        queue.heartbeat(WORKER, vec![running[0].clone()]).await.unwrap(),
        Default::default()
    );
    ack(&queue, &running[0]).await;
    assert_eq!(ids(&take_all(&queue).await), [ann[3].id]);
    assert_eq!(queue.length().await.unwrap(), 2 + late.len() as u64);
    queue.erase().await.unwrap();
}

#[tokio::test]
async fn what_another_has_taken_over_is_lost_to_the_worker_that_it_was_restored_for() {
    let queue = support::queue();
    let new = waiting("ann", 1, None, None);
    queue.restore(&[Running { waiting: new.clone(), worker: "dead".into() }]).await.unwrap();
    queue.begin_generation("first").await.unwrap();
    let of_another = Delivery {
        submission: new.id,
        lang: LANG.into(),
        placement: new.placement.clone(),
        entry: "1-1".into(),
    };
    let heartbeat = queue.heartbeat(WORKER, vec![of_another.clone()]).await.unwrap();
    assert_eq!(heartbeat.lost, std::slice::from_ref(&of_another));
    assert!(!queue.ack(WORKER, &of_another).await.unwrap());
    assert!(queue.ack("dead", &of_another).await.unwrap());
    assert_eq!(support::left_of_submissions(&queue).await, Vec::<String>::new());
    queue.erase().await.unwrap();
}

#[tokio::test]
async fn a_worker_that_says_late_what_it_runs_sends_back_what_only_waits() {
    let queue = begun().await;
    let ann = enqueued(&queue, "ann", 1, 2).await;
    let running = take_all(&queue).await;
    queue.erase().await.unwrap();
    // The store had it as queued still: the claim came later.
    queue.begin_generation("second").await.unwrap();
    queue.enqueue(&ann[1..]).await.unwrap();
    queue.heartbeat(WORKER, running.clone()).await.unwrap();
    assert_eq!(take_all(&queue).await, []);
    ack(&queue, &running[0]).await;
    assert_eq!(ids(&take_all(&queue).await), [ann[1].id]);
    queue.erase().await.unwrap();
}

#[tokio::test]
async fn of_many_who_ask_at_once_as_many_are_granted_as_there_are_permits() {
    let queue = begun().await;
    let asking = (0..50).map(|_| {
        let queue = queue.clone();
        tokio::spawn(async move {
            let new = waiting("ann", 2, None, None);
            (queue.reserve(&new, &[]).await.unwrap(), new)
        })
    });
    let mut granted = Vec::new();
    for asked in asking.collect::<Vec<_>>() {
        match asked.await.unwrap() {
            (Reserved::Granted, new) => granted.push(new),
            (Reserved::Refused(holders), _) => assert_eq!(holders.len(), 2),
            (Reserved::Unknown, _) => panic!("a generation has begun"),
        }
    }
    assert_eq!(granted.len(), 2);
    let again = waiting("ann", 2, None, None);
    // It could not be stored: it is given back.
    assert!(queue.remove(granted[0].id).await.unwrap());
    for _ in 0..2 {
        let answer = queue.reserve(&again, &[]).await.unwrap();
        assert_eq!(answer, Reserved::Granted, "the same one to whoever has not heard the answer");
    }
    assert_eq!(queue.enqueue(&[granted[1].clone(), again.clone()]).await.unwrap(), [true, true]);
    assert_eq!(queue.enqueue(std::slice::from_ref(&again)).await.unwrap(), [false]);
    let running = take_all(&queue).await;
    assert_eq!(running.len(), 2);
    // One that has ended already, whose worker only has not said so, does not count.
    let further = waiting("ann", 2, None, None);
    let Reserved::Refused(holders) = queue.reserve(&further, &[]).await.unwrap() else {
        panic!("granted");
    };
    let mut expected = ids(&running);
    expected.sort();
    assert_eq!(BTreeSet::from_iter(holders), BTreeSet::from_iter(expected.clone()));
    assert_eq!(queue.reserve(&further, &expected[..1]).await.unwrap(), Reserved::Granted);
    queue.erase().await.unwrap();
}

#[tokio::test]
async fn a_reservation_that_nobody_uses_lapses() {
    let queue = support::queue();
    let new = waiting("ann", 1, None, None);
    assert_eq!(queue.reserve(&new, &[]).await.unwrap(), Reserved::Unknown);
    queue.begin_generation("first").await.unwrap();
    assert_eq!(queue.reserve(&new, &[]).await.unwrap(), Reserved::Granted);
    let parked = enqueued(&queue, "ann", 1, 1).await;
    let reserved = format!("{}:reserved", queue.keys().prefix());
    let _: u64 = support::redis().await.zadd(reserved, new.id.to_string(), 1).await.unwrap();
    queue.open_gates().await.unwrap();
    let running = take_all(&queue).await;
    assert_eq!(ids(&running), ids_of(&parked));
    ack(&queue, &running[0]).await;
    assert_eq!(support::left_of_submissions(&queue).await, Vec::<String>::new());
    queue.erase().await.unwrap();
}

#[derive(Debug, Clone)]
enum Step {
    Enqueue {
        user: usize,
        max: u32,
        slot: usize,
        key: usize,
    },
    Reserve {
        user: usize,
        max: u32,
        slot: usize,
    },
    Take,
    Ack(usize),
    HandBack(usize),
    Remove(usize),
    /// Redis is emptied; the first so many that run come back with a heartbeat before the queue is
    /// filled, so many more after it, the others are restored from the store.
    Lose {
        before: usize,
        after: usize,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let enqueue = (0..3_usize, 0..4_u32, 0..4_usize, 0..6_usize)
        .prop_map(|(user, max, slot, key)| Step::Enqueue { user, max, slot, key });
    let reserve = (0..3_usize, 1..4_u32, 0..4_usize).prop_map(|(user, max, slot)| Step::Reserve {
        user,
        max,
        slot,
    });
    prop_oneof![
        12 => enqueue,
        2 => reserve,
        10 => Just(Step::Take),
        5 => any::<usize>().prop_map(Step::Ack),
        2 => any::<usize>().prop_map(Step::HandBack),
        2 => any::<usize>().prop_map(Step::Remove),
        1 => (0..4_usize, 0..3_usize).prop_map(|(before, after)| Step::Lose { before, after }),
    ]
}

/// Where a submission is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum At {
    Reserved,
    Parked(String),
    Lane,
    Worker,
}

/// What the scripts are to do about permits.
#[derive(Default)]
struct Reference {
    known: BTreeMap<SubmissionId, (Placement, At)>,
    permits: BTreeMap<String, BTreeSet<SubmissionId>>,
    most: BTreeMap<String, (SubmissionId, usize)>,
    is_begun: bool,
}

fn user_gate(placement: &Placement) -> Option<String> {
    let parallel = placement.parallel.as_ref().filter(|parallel| parallel.max > 0)?;
    Some(format!("user:{}:{}", placement.tenant, parallel.user))
}

fn gates(placement: &Placement) -> Vec<String> {
    let Placement { tenant, pool, priority, .. } = placement;
    let user = placement.parallel.as_ref().map_or("", |parallel| &parallel.user);
    let slot = placement.slot.as_ref().map(|slot| format!("slot:{tenant}:{user}:{slot}"));
    let priority = priority.as_str();
    let key = placement.result_key.as_ref();
    let key = key.map(|key| format!("key:{pool}:{priority}:{tenant}:{key}"));
    [slot, user_gate(placement), key].into_iter().flatten().collect()
}

impl Reference {
    fn count(&self, gate: &str) -> usize {
        self.permits.get(gate).map_or(0, BTreeSet::len)
    }

    fn has(&self, gate: &str, id: SubmissionId) -> bool {
        self.permits.get(gate).is_some_and(|ids| ids.contains(&id))
    }

    fn most(&self, gate: &str) -> usize {
        self.most.get(gate).map_or(1, |said| said.1)
    }

    fn parked(&self, gate: &str) -> Vec<SubmissionId> {
        let here = At::Parked(gate.to_owned());
        self.known.iter().filter(|(_, (_, at))| *at == here).map(|(id, _)| *id).collect()
    }

    fn note_most(&mut self, id: SubmissionId) {
        let placement = &self.known[&id].0;
        let (Some(gate), Some(parallel)) = (user_gate(placement), &placement.parallel) else {
            return;
        };
        let said = (id, parallel.max as usize);
        let latest = self.most.entry(gate).or_insert(said);
        *latest = said.max(*latest);
    }

    fn pass(&mut self, id: SubmissionId) {
        self.note_most_if_there(id);
        let placement = self.known[&id].0.clone();
        match gates(&placement).into_iter().find(|gate| !self.has(gate, id)) {
            None => self.set(id, At::Lane),
            Some(gate) => {
                self.set(id, At::Parked(gate.clone()));
                self.open(&gate);
            }
        }
    }

    /// It says how many, once it has come to its user's gate.
    fn note_most_if_there(&mut self, id: SubmissionId) {
        let placement = self.known[&id].0.clone();
        let Some(user) = user_gate(&placement) else { return };
        let before = gates(&placement).into_iter().take_while(|gate| *gate != user);
        if before.into_iter().all(|gate| self.has(&gate, id)) {
            self.note_most(id);
            self.make_room(&user);
        }
    }

    fn set(&mut self, id: SubmissionId, at: At) {
        self.known.get_mut(&id).unwrap().1 = at;
    }

    fn open(&mut self, gate: &str) {
        while let Some(id) = self.parked(gate).first().copied() {
            if !self.is_begun || self.count(gate) >= self.most(gate) {
                return;
            }
            self.permits.entry(gate.to_owned()).or_default().insert(id);
            self.pass(id);
        }
        if self.count(gate) == 0 {
            self.most.remove(gate);
        }
    }

    fn dismiss(&mut self, id: SubmissionId) {
        let (placement, _) = self.known.remove(&id).unwrap();
        self.give_back(id, gates(&placement));
    }

    fn give_back(&mut self, id: SubmissionId, mut gates: Vec<String>) {
        gates.retain(|gate| self.permits.get_mut(gate).is_some_and(|ids| ids.remove(&id)));
        for gate in gates {
            self.open(&gate);
        }
    }

    fn make_room(&mut self, gate: &str) {
        while self.count(gate) > self.most(gate) {
            let waits = |id: &&SubmissionId| matches!(self.known[*id].1, At::Lane | At::Parked(_));
            let Some(id) = self.permits[gate].iter().rev().find(waits).copied() else { return };
            let (placement, at) = self.known[&id].clone();
            let gates = gates(&placement);
            let (before, behind) =
                gates.split_at(gates.iter().position(|its| its == gate).unwrap());
            // One whose permit was reserved may wait before this gate still.
            if !before.iter().any(|its| at == At::Parked(its.clone())) {
                self.set(id, At::Parked(gate.to_owned()));
            }
            self.give_back(id, behind.to_vec());
        }
    }

    /// It is with a worker, whatever the gates say.
    fn hold(&mut self, new: &Waiting) {
        self.known.insert(new.id, (new.placement.clone(), At::Worker));
        self.note_most(new.id);
        for gate in gates(&new.placement) {
            self.permits.entry(gate).or_default().insert(new.id);
        }
        for gate in gates(&new.placement) {
            self.make_room(&gate);
        }
    }

    fn at(&self, at: &At) -> Vec<SubmissionId> {
        self.known.iter().filter(|(_, known)| known.1 == *at).map(|(id, _)| *id).collect()
    }
}

struct Both {
    queue: Queue,
    redis: redis::aio::MultiplexedConnection,
    reference: Reference,
    held: Vec<Delivery>,
}

impl Both {
    async fn carry_out(&mut self, step: Step) {
        match step {
            Step::Enqueue { user, max, slot, key } => {
                let slot = SLOTS.get(slot).copied();
                let new = waiting(USERS[user], max, slot, [KEY].get(key).copied());
                let again = [new.clone(), new.clone()];
                assert_eq!(self.queue.enqueue(&again).await.unwrap(), [true, false]);
                self.reference.known.insert(new.id, (new.placement.clone(), At::Lane));
                self.reference.pass(new.id);
            }
            Step::Reserve { user, max, slot } => {
                self.reserve(waiting(USERS[user], max, SLOTS.get(slot).copied(), None)).await
            }
            Step::Take => {
                let waits = self.reference.at(&At::Lane);
                match take(&self.queue).await {
                    None => assert_eq!(waits, []),
                    Some(delivery) => {
                        assert!(waits.contains(&delivery.submission), "{delivery:?}");
                        self.reference.set(delivery.submission, At::Worker);
                        self.held.push(delivery);
                    }
                }
            }
            Step::Ack(number) => {
                if let Some(delivery) = self.held_at(number) {
                    ack(&self.queue, &delivery).await;
                    self.reference.dismiss(delivery.submission);
                }
            }
            Step::HandBack(number) => {
                if let Some(delivery) = self.held_at(number) {
                    assert!(self.queue.hand_back(WORKER, &delivery).await.unwrap());
                    self.reference.set(delivery.submission, At::Lane);
                    for gate in gates(&delivery.placement) {
                        self.reference.make_room(&gate);
                    }
                }
            }
            Step::Remove(number) => {
                let known = self.reference.known.iter().filter(|(_, known)| known.1 != At::Worker);
                let ids: Vec<_> = known.map(|(id, _)| *id).collect();
                if !ids.is_empty() {
                    let id = ids[number % ids.len()];
                    assert!(self.queue.remove(id).await.unwrap());
                    assert!(!self.queue.remove(id).await.unwrap());
                    self.reference.dismiss(id);
                }
            }
            Step::Lose { before, after } => self.lose(before, after).await,
        }
        self.compare().await;
    }

    /// Asks for a permit; and uses it at once, if it is the second time.
    async fn reserve(&mut self, new: Waiting) {
        let gate = user_gate(&new.placement).unwrap();
        let present = self.reference.count(&gate) + self.reference.parked(&gate).len();
        let max = new.placement.parallel.as_ref().unwrap().max as usize;
        let answer = self.queue.reserve(&new, &[]).await.unwrap();
        assert_eq!(answer == Reserved::Granted, present < max, "{answer:?}");
        if answer == Reserved::Granted {
            self.reference.known.insert(new.id, (new.placement.clone(), At::Reserved));
            self.reference.note_most(new.id);
            self.reference.permits.entry(gate.clone()).or_default().insert(new.id);
            self.reference.open(&gate);
            self.compare().await;
            if self.reference.known.len().is_multiple_of(2) {
                assert_eq!(self.queue.enqueue(std::slice::from_ref(&new)).await.unwrap(), [true]);
                self.reference.pass(new.id);
            }
        }
    }

    async fn lose(&mut self, before: usize, after: usize) {
        self.queue.erase().await.unwrap();
        let old = std::mem::take(&mut self.reference);
        let mut held = self.held.iter();
        for delivery in held.by_ref().take(before) {
            self.heartbeat(delivery).await;
            self.reference.hold(&of(delivery));
        }
        let late: Vec<_> = held.by_ref().take(after).cloned().collect();
        let restored: Vec<_> = held.map(of).collect();
        for waiting in restored {
            let running = Running { waiting: waiting.clone(), worker: WORKER.into() };
            assert_eq!(self.queue.restore(&[running]).await.unwrap(), 1);
            self.reference.hold(&waiting);
        }
        for (id, (placement, at)) in old.known {
            // What was only reserved was never stored.
            if at != At::Worker && at != At::Reserved {
                let waiting = Waiting { id, lang: LANG.into(), placement: placement.clone() };
                assert_eq!(self.queue.enqueue(&[waiting]).await.unwrap(), [true]);
                self.reference.known.insert(id, (placement, at));
                self.reference.pass(id);
            }
        }
        assert!(self.queue.begin_generation("another").await.unwrap());
        self.reference.is_begun = true;
        let known: Vec<Placement> =
            self.reference.known.values().map(|known| known.0.clone()).collect();
        let all: BTreeSet<String> = known.iter().flat_map(gates).collect();
        for gate in all.into_iter().rev() {
            self.reference.open(&gate);
        }
        for delivery in &late {
            self.heartbeat(delivery).await;
            self.reference.hold(&of(delivery));
        }
    }

    async fn heartbeat(&self, delivery: &Delivery) {
        let heartbeat = self.queue.heartbeat(WORKER, vec![delivery.clone()]).await.unwrap();
        assert_eq!((heartbeat.lost, heartbeat.restored), (vec![], vec![delivery.clone()]));
    }

    /// That Redis has exactly what the reference has, and nobody more than they may.
    async fn compare(&self) {
        let prefix = self.queue.keys().prefix();
        let tenant = Placement::default().tenant;
        let users = USERS.iter().map(|user| format!("user:{tenant}:{user}"));
        let slots = USERS.iter().flat_map(|user| SLOTS.map(|slot| (user, slot)));
        let slots = slots.map(|(user, slot)| format!("slot:{tenant}:{user}:{slot}"));
        let key = format!("key:default:normal:{tenant}:{KEY}");
        let gates: Vec<String> = users.chain(slots).chain([key]).collect();
        let mut ask = redis::pipe();
        ask.zrange(format!("{prefix}:waiting:default:normal:{LANG}:{tenant}"), 0, -1);
        for gate in &gates {
            ask.smembers(format!("{prefix}:permits:{gate}"));
        }
        let mut found: Vec<Vec<String>> = ask.query_async(&mut self.redis.clone()).await.unwrap();
        let ids = |found: Vec<String>| found.iter().map(|id| id.parse().unwrap()).collect();
        let mut lanes: Vec<SubmissionId> = ids(found.remove(0));
        lanes.sort();
        assert_eq!(lanes, self.reference.at(&At::Lane));
        let mut permits: BTreeMap<String, BTreeSet<SubmissionId>> = BTreeMap::new();
        for (gate, found) in gates.into_iter().zip(found).filter(|(_, found)| !found.is_empty()) {
            permits.insert(gate, ids(found).into_iter().collect());
        }
        let expected = self.reference.permits.clone();
        let expected: BTreeMap<_, _> =
            expected.into_iter().filter(|(_, ids)| !ids.is_empty()).collect();
        assert_eq!(permits, expected);
        for (gate, ids) in &permits {
            let forced = |id: &&SubmissionId| self.reference.known[*id].1 == At::Worker;
            let most = self.reference.most(gate).max(ids.iter().filter(forced).count());
            let reserved = |id: &&SubmissionId| self.reference.known[*id].1 == At::Reserved;
            let let_through = ids.len() - ids.iter().filter(reserved).count();
            assert!(let_through <= most, "{gate}: {ids:?}");
        }
    }

    fn held_at(&mut self, number: usize) -> Option<Delivery> {
        (!self.held.is_empty()).then(|| self.held.swap_remove(number % self.held.len()))
    }
}

fn of(delivery: &Delivery) -> Waiting {
    let Delivery { submission, lang, placement, .. } = delivery;
    Waiting { id: *submission, lang: lang.clone(), placement: placement.clone() }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(32) })]

    #[test]
    fn the_scripts_do_what_the_reference_does(steps in vec(step(), 1..80)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let queue = begun().await;
            let reference = Reference { is_begun: true, ..Reference::default() };
            let redis = support::redis().await;
            let mut both = Both { queue: queue.clone(), redis, reference, held: Vec::new() };
            for step in steps {
                both.carry_out(step).await;
            }
            for id in both.reference.at(&At::Reserved) {
                assert!(both.queue.remove(id).await.unwrap());
                both.reference.dismiss(id);
            }
            while !both.reference.known.is_empty() {
                both.carry_out(Step::Take).await;
                both.carry_out(Step::Ack(0)).await;
            }
            // Nothing is left that says of submissions: no place, no permit, nothing parked.
            assert_eq!(support::left_of_submissions(&queue).await, Vec::<String>::new());
            queue.erase().await.unwrap();
        });
    }
}
