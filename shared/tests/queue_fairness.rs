//! Whose turn it is, on a real Redis: what is promised of it, and that the scripts do exactly what a
//! small reference does.

#![expect(clippy::unwrap_used, reason = "a test that fails here has failed")]

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use shared::placement::{Placement, Priority};
use shared::queue::{Consumer, Delivery, Queue, Serves};
use shared::store::Waiting;
use shared::submission::SubmissionId;

use crate::support;

const WORKER: &str = "worker";
const LANGS: [&str; 2] = ["toy", "lego"];

fn placement(tenant: &str, priority: Priority) -> Placement {
    Placement { tenant: tenant.parse().unwrap(), priority, ..Placement::default() }
}

fn waiting(tenant: &str, priority: Priority, lang: &str) -> Waiting {
    let placement = placement(tenant, priority);
    Waiting { id: SubmissionId::new(), lang: lang.into(), placement }
}

/// So many of one tenant, all alike.
async fn enqueue(queue: &Queue, tenant: &str, priority: Priority, count: usize) {
    let all: Vec<_> = (0..count).map(|_| waiting(tenant, priority, LANGS[0])).collect();
    assert_eq!(queue.enqueue(&all).await.unwrap(), vec![true; count]);
}

fn serves(langs: &[&str]) -> Serves {
    let languages = langs.iter().map(|lang| (*lang).to_owned()).collect();
    Serves { pools: vec![Placement::default().pool], languages }
}

struct Worker {
    queue: Queue,
    consumer: Consumer,
}

impl Worker {
    fn of(queue: &Queue) -> Self {
        Self { queue: queue.clone(), consumer: Consumer::new(queue.clone(), WORKER) }
    }

    async fn take(&mut self, langs: &[&str]) -> Option<Delivery> {
        self.consumer.next(&serves(langs), Duration::from_millis(1)).await.unwrap()
    }

    /// Takes so many, one after the other; where each of them waited.
    async fn execute(&mut self, count: usize) -> Vec<Placement> {
        let mut placements = Vec::new();
        for _ in 0..count {
            let delivery = self.take(&LANGS).await.expect("something waits");
            assert!(self.queue.ack(WORKER, &delivery).await.unwrap());
            placements.push(delivery.placement);
        }
        placements
    }
}

fn count(placements: &[Placement], of: impl Fn(&Placement) -> bool) -> usize {
    placements.iter().filter(|placement| of(placement)).count()
}

#[tokio::test]
async fn whoever_has_little_does_not_wait_behind_one_who_has_much() {
    let queue = support::queue();
    enqueue(&queue, "heavy", Priority::Normal, 500).await;
    let mut worker = Worker::of(&queue);
    worker.execute(50).await;
    for tenant in 0..20 {
        enqueue(&queue, &format!("light-{tenant}"), Priority::Normal, 2).await;
    }
    let served = worker.execute(42).await;
    assert_eq!(count(&served, |placement| placement.tenant.as_str() == "heavy"), 2);
    // Alone again, it has everything.
    assert_eq!(worker.execute(448).await.len(), 448);
    assert_eq!(queue.length().await.unwrap(), 0);
    queue.erase().await.unwrap();
}

#[tokio::test]
async fn equal_tenants_are_served_equally_whoever_came_first() {
    let queue = support::queue();
    for tenant in ["a", "b", "c"] {
        enqueue(&queue, tenant, Priority::Normal, 40).await;
    }
    let served = Worker::of(&queue).execute(60).await;
    for tenant in ["a", "b", "c"] {
        assert_eq!(count(&served, |placement| placement.tenant.as_str() == tenant), 20, "{tenant}");
    }
    queue.erase().await.unwrap();
}

#[tokio::test]
async fn all_priorities_that_wait_have_their_share() {
    let queue = support::queue();
    for priority in Priority::ALL {
        enqueue(&queue, "a", priority, 100).await;
    }
    let mut worker = Worker::of(&queue);
    let served = worker.execute(84).await;
    let of = |priority| count(&served, |placement| placement.priority == priority);
    assert_eq!(Priority::ALL.map(of), [64, 16, 4]);
    // With the most urgent gone, the others share what is there.
    worker.execute(36 + 9 + 3).await;
    let served = worker.execute(50).await;
    let of = |priority| count(&served, |placement| placement.priority == priority);
    assert!(of(Priority::Normal) >= 39 && of(Priority::Low) >= 9, "{served:?}");
    queue.erase().await.unwrap();
}

#[tokio::test]
async fn who_uses_many_languages_has_no_more_than_others() {
    let queue = support::queue();
    for _ in 0..30 {
        let both = LANGS.map(|lang| waiting("polyglot", Priority::Normal, lang));
        queue.enqueue(&both).await.unwrap();
    }
    enqueue(&queue, "plain", Priority::Normal, 30).await;
    let served = Worker::of(&queue).execute(40).await;
    assert_eq!(count(&served, |placement| placement.tenant.as_str() == "plain"), 20);
    queue.erase().await.unwrap();
}

#[tokio::test]
async fn work_that_few_serve_does_not_wait_for_ever_behind_what_many_serve() {
    let queue = support::queue();
    let mut worker = Worker::of(&queue);
    // The one that is served rarely falls behind in virtual time …
    for _ in 0..50 {
        queue.enqueue(&[waiting("rare", Priority::Normal, LANGS[1])]).await.unwrap();
    }
    enqueue(&queue, "busy", Priority::Normal, 100).await;
    for _ in 0..100 {
        assert_eq!(worker.take(&LANGS[..1]).await.unwrap().placement.tenant.as_str(), "busy");
    }
    // … and another that comes to it now has its turn all the same.
    queue.enqueue(&[waiting("new", Priority::Normal, LANGS[1])]).await.unwrap();
    let first = [worker.take(&LANGS[1..]).await.unwrap(), worker.take(&LANGS[1..]).await.unwrap()];
    assert!(first.iter().any(|delivery| delivery.placement.tenant.as_str() == "new"));
    queue.erase().await.unwrap();
}

#[derive(Debug, Clone)]
enum Step {
    Enqueue {
        tenant: usize,
        priority: usize,
        lang: usize,
    },
    Take {
        langs: &'static [&'static str],
    },
    Ack(usize),
    HandBack(usize),
    Remove(usize),
    /// Redis is emptied, and the worker's heartbeat comes before anything else.
    Lose,
}

fn step() -> impl Strategy<Value = Step> {
    let enqueue = (0..4_usize, 0..3_usize, 0..2_usize)
        .prop_map(|(tenant, priority, lang)| Step::Enqueue { tenant, priority, lang });
    let all: [&'static [&'static str]; 3] = [&LANGS, &["toy"], &["lego"]];
    prop_oneof![
        12 => enqueue,
        8 => prop::sample::select(all.to_vec()).prop_map(|langs| Step::Take { langs }),
        2 => any::<usize>().prop_map(Step::Ack),
        2 => any::<usize>().prop_map(Step::HandBack),
        1 => any::<usize>().prop_map(Step::Remove),
        1 => Just(Step::Lose),
    ]
}

/// What the scripts are to do, for one pool.
#[derive(Default)]
struct Reference {
    waiting: BTreeMap<SubmissionId, Waiting>,
    now: i64,
    /// When it is each priority's turn.
    priorities: BTreeMap<Priority, i64>,
    /// The virtual time of each priority's tenants.
    tenants_now: BTreeMap<Priority, i64>,
    tags: BTreeMap<(Priority, String), i64>,
}

impl Reference {
    fn class(waiting: &Waiting) -> (Priority, String) {
        (waiting.placement.priority, waiting.placement.tenant.to_string())
    }

    fn join(&mut self, new: Waiting) {
        let class = Self::class(&new);
        if !self.waiting.values().any(|waiting| Self::class(waiting) == class) {
            let now = self.tenants_now.get(&class.0).copied().unwrap_or(0);
            let tag = self.tags.entry(class).or_insert(now);
            *tag = now.max(*tag);
        }
        self.waiting.insert(new.id, new);
    }

    fn hand_back(&mut self, again: Waiting) {
        let class = Self::class(&again);
        self.join(again);
        *self.tags.get_mut(&class).unwrap() -= 1;
    }

    fn take(&mut self, langs: &[&str]) -> Option<Waiting> {
        let is_served = |waiting: &&Waiting| langs.contains(&&*waiting.lang);
        let present: BTreeSet<Priority> = self
            .waiting
            .values()
            .filter(is_served)
            .map(|waiting| waiting.placement.priority)
            .collect();
        let turn_of =
            |priority: &Priority| self.priorities.get(priority).copied().unwrap_or(0).max(self.now);
        let priority = present.into_iter().min_by_key(|priority| (turn_of(priority), *priority))?;
        let turn = turn_of(&priority);
        let candidates = self.waiting.values().filter(is_served);
        let chosen = candidates
            .filter(|waiting| waiting.placement.priority == priority)
            .min_by_key(|waiting| {
                let class = Self::class(waiting);
                (self.tags[&class], class.1, waiting.id)
            })?
            .clone();
        let class = Self::class(&chosen);
        let tenants_now = self.tenants_now.entry(priority).or_insert(0);
        *tenants_now = self.tags[&class].max(*tenants_now);
        self.tags.insert(class, *tenants_now + 1);
        let cost = match priority {
            Priority::High => 1,
            Priority::Normal => 4,
            Priority::Low => 16,
        };
        self.now = turn;
        self.priorities.insert(priority, turn + cost);
        self.waiting.remove(&chosen.id)
    }
}

/// The queue and its reference, and what a worker has of both.
struct Both {
    queue: Queue,
    worker: Worker,
    reference: Reference,
    held: Vec<(Delivery, Waiting)>,
}

impl Both {
    async fn carry_out(&mut self, step: Step) {
        match step {
            Step::Enqueue { tenant, priority, lang } => {
                let tenant = format!("tenant-{tenant}");
                let new = waiting(&tenant, Priority::ALL[priority], LANGS[lang]);
                let again = [new.clone(), new.clone()];
                assert_eq!(self.queue.enqueue(&again).await.unwrap(), [true, false]);
                self.reference.join(new);
            }
            Step::Take { langs } => {
                let expected = self.reference.take(langs);
                let taken = self.worker.take(langs).await;
                assert_eq!(
                    taken.as_ref().map(|taken| (taken.submission, &taken.placement, &taken.lang)),
                    expected.as_ref().map(|next| (next.id, &next.placement, &next.lang)),
                );
                self.held.extend(taken.zip(expected));
            }
            Step::Ack(number) => {
                if let Some((delivery, _)) = self.held_at(number) {
                    assert!(self.queue.ack(WORKER, &delivery).await.unwrap());
                    assert!(!self.queue.ack(WORKER, &delivery).await.unwrap());
                }
            }
            Step::HandBack(number) => {
                if let Some((delivery, waiting)) = self.held_at(number) {
                    assert!(self.queue.hand_back(WORKER, &delivery).await.unwrap());
                    assert!(!self.queue.hand_back(WORKER, &delivery).await.unwrap());
                    self.reference.hand_back(waiting);
                }
            }
            Step::Remove(number) => {
                let ids: Vec<_> = self.reference.waiting.keys().copied().collect();
                if !ids.is_empty() {
                    let id = ids[number % ids.len()];
                    self.reference.waiting.remove(&id);
                    assert!(self.queue.remove(id).await.unwrap());
                    assert!(!self.queue.remove(id).await.unwrap());
                }
                if let Some((delivery, _)) = self.held.first() {
                    assert!(!self.queue.remove(delivery.submission).await.unwrap());
                }
            }
            Step::Lose => {
                self.queue.erase().await.unwrap();
                self.reference = Reference::default();
                let held: Vec<_> = self.held.iter().map(|(delivery, _)| delivery.clone()).collect();
                let heartbeat = self.queue.heartbeat(WORKER, held.clone()).await.unwrap();
                assert_eq!((heartbeat.lost, heartbeat.restored), (vec![], held));
            }
        }
        let length = self.reference.waiting.len() + self.held.len();
        assert_eq!(self.queue.length().await.unwrap(), length as u64);
    }

    fn held_at(&mut self, number: usize) -> Option<(Delivery, Waiting)> {
        (!self.held.is_empty()).then(|| self.held.swap_remove(number % self.held.len()))
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_scripts_do_what_the_reference_does(steps in vec(step(), 1..80)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let queue = support::queue();
            let worker = Worker::of(&queue);
            let reference = Reference::default();
            let mut both = Both { queue: queue.clone(), worker, reference, held: Vec::new() };
            for step in steps {
                both.carry_out(step).await;
            }
            while !both.reference.waiting.is_empty() {
                both.carry_out(Step::Take { langs: &LANGS }).await;
            }
            while !both.held.is_empty() {
                both.carry_out(Step::Ack(0)).await;
            }
            // Nothing is left that says of submissions: no place, no count, nothing in a stream.
            assert_eq!(support::left_of_submissions(&queue).await, Vec::<String>::new());
            queue.erase().await.unwrap();
        });
    }
}
