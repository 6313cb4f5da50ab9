//! What a pool knows: its containers, who waits for one, and how much each language is in demand.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::Leased;
use super::demand::Demand;
use super::keeper::CONSIDERATION;
use super::life::{Lives, Slot, State};
use super::sizing::{self, Need, Next};
use crate::sandbox::{Fixed, Sandbox, SandboxError, Spec};
use crate::settings::{PoolSettings, ReadyCounts};

/// Where a container, or the reason why there is none, is handed over.
pub(super) type Waiter = oneshot::Sender<Result<Leased, SandboxError>>;

/// After a start that failed, until the next one ahead of need. Doubled each time, up to the most.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// The books of one pool.
pub(super) struct Books {
    lives: Lives,
    /// The engine's names of the containers that have one yet.
    ids: HashMap<Slot, String>,
    shelves: Vec<Shelf>,
    by_name: HashMap<String, usize>,
    /// Containers that may be ready, all together.
    seats: usize,
    /// Of these, kept for some languages whatever is submitted.
    at_least: ReadyCounts,
    /// After a start that failed: when, and for how long nothing is started ahead of need.
    pause: Option<(Instant, Duration)>,
    /// When a container was last given to a submission.
    leased_at: Option<Instant>,
}

/// One language's part.
struct Shelf {
    lang: Arc<str>,
    spec: Spec,
    at_least: usize,
    demand: Demand,
    ready: VecDeque<(Slot, Sandbox)>,
    waiting: VecDeque<Waiter>,
}

/// What a container must have been started with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// Size of the work directory, in bytes.
    pub(crate) disk_bytes: u64,
    /// The container runtime; `None`: as the language's containers have it.
    pub(crate) runtime: Option<String>,
    /// Whether it has a network.
    pub(crate) network: bool,
}

impl Wanted {
    fn in_place_of(&self, usual: &Fixed) -> Fixed {
        let runtime = self.runtime.clone().or_else(|| usual.runtime.clone());
        Fixed { disk_bytes: self.disk_bytes, runtime, network: self.network }
    }
}

/// What somebody who asks for a container gets.
pub(super) enum Answer {
    /// One that was ready.
    Ready(Slot, Box<Sandbox>),
    /// The next one that is.
    Wait(oneshot::Receiver<Result<Leased, SandboxError>>),
    /// Permission to start one that is unlike those of the pool.
    Unlike(Slot, Box<Spec>),
}

/// What becomes of a container that has been started.
pub(super) enum Arrived {
    /// It waits.
    Shelved,
    /// Somebody waits for it.
    For(Waiter, Sandbox),
    /// The language's containers are different by now.
    Outdated(Sandbox),
}

impl Books {
    pub(super) fn new(settings: &PoolSettings) -> Self {
        Self {
            lives: Lives::default(),
            ids: HashMap::new(),
            shelves: Vec::new(),
            by_name: HashMap::new(),
            seats: settings.ready,
            at_least: settings.languages.clone(),
            pause: None,
            leased_at: None,
        }
    }

    /// From now on, a language's containers are like this. Those that were ready and are not like it
    /// come off their shelf.
    pub(super) fn set_spec(
        &mut self,
        lang: &str,
        spec: Spec,
        is_expected: bool,
    ) -> Vec<(Slot, Sandbox)> {
        if let Some(shelf) = self.shelf(lang) {
            shelf.spec = spec;
            return shelf.ready.drain(..).collect();
        }
        self.by_name.insert(lang.to_owned(), self.shelves.len());
        self.shelves.push(Shelf {
            at_least: self.at_least.of(lang),
            lang: lang.into(),
            spec,
            demand: Demand::new(Instant::now(), is_expected),
            ready: VecDeque::new(),
            waiting: VecDeque::new(),
        });
        Vec::new()
    }

    /// Somebody asks for a container.
    pub(super) fn ask(&mut self, lang: &str, wanted: &Wanted) -> Answer {
        let (sender, receiver) = oneshot::channel();
        let Some(&at) = self.by_name.get(lang) else {
            // The sender is dropped, so the answer is that nobody will answer.
            return Answer::Wait(receiver);
        };
        let shelf = &mut self.shelves[at];
        let fixed = wanted.in_place_of(&shelf.spec.fixed);
        if shelf.spec.fixed != fixed {
            let slot = self.lives.begin(&shelf.lang);
            return Answer::Unlike(slot, Box::new(Spec { fixed, ..shelf.spec.clone() }));
        }
        let now = Instant::now();
        shelf.demand.note(now);
        while let Some((slot, mut sandbox)) = shelf.ready.pop_front() {
            if !sandbox.has_ended() {
                advance(&mut self.lives, slot, State::Leased);
                self.leased_at = Some(now);
                return Answer::Ready(slot, Box::new(sandbox));
            }
            advance(&mut self.lives, slot, State::Retired);
            self.ids.remove(&slot);
            self.lives.end(slot);
        }
        shelf.waiting.push_back(sender);
        Answer::Wait(receiver)
    }

    /// What to do next, with the language that it is about.
    pub(super) fn next(&mut self, now: Instant) -> Option<(Next, Arc<str>)> {
        for shelf in &mut self.shelves {
            // Whoever has gone away waits no more.
            shelf.waiting.retain(|waiter| !waiter.is_closed());
        }
        let needs: Vec<Need> = self.shelves.iter().map(|shelf| self.need(shelf, now)).collect();
        let next = sizing::next(&needs, self.seats)?;
        let (Next::StartForWaiting(at) | Next::StartAhead(at) | Next::GiveUp(at)) = next;
        let pausing = self.pause.is_some_and(|(since, pause)| now < since + pause);
        let considerate = self.considerate_until().is_some_and(|until| now < until);
        let ahead = matches!(next, Next::StartAhead(_));
        (!(ahead && (pausing || considerate))).then(|| (next, self.shelves[at].lang.clone()))
    }

    /// Until when what is not urgent is left undone. Nobody is considered while somebody waits, nor
    /// while half of what should be ready is gone: then, more submissions are to be expected.
    pub(super) fn considerate_until(&self) -> Option<Instant> {
        let ready: usize = self.shelves.iter().map(|shelf| shelf.ready.len()).sum();
        let waiting = self.shelves.iter().any(|shelf| !shelf.waiting.is_empty());
        if waiting || 2 * ready < self.seats {
            return None;
        }
        self.leased_at.map(|leased_at| leased_at + CONSIDERATION)
    }

    fn need(&self, shelf: &Shelf, now: Instant) -> Need {
        Need {
            demand: shelf.demand.at(now),
            at_least: if self.seats == 0 { 0 } else { shelf.at_least },
            ready: shelf.ready.len(),
            starting: self.lives.count(&shelf.lang, State::Starting),
            waiting: shelf.waiting.len(),
        }
    }

    /// A container of this language is about to be started.
    pub(super) fn begin(&mut self, lang: &Arc<str>) -> Option<(Slot, Spec)> {
        let spec = self.shelf(lang)?.spec.clone();
        Some((self.lives.begin(lang), spec))
    }

    /// A container like `spec` is ready; for the one who waits longest, if anybody does.
    pub(super) fn ready(
        &mut self,
        lang: &str,
        slot: Slot,
        sandbox: Sandbox,
        spec: &Spec,
    ) -> Arrived {
        self.pause = None;
        self.started(slot, &sandbox);
        let Some(shelf) = self.shelf(lang).filter(|shelf| shelf.spec == *spec) else {
            return Arrived::Outdated(sandbox);
        };
        match next_waiter(&mut shelf.waiting) {
            Some(waiter) => {
                self.advance(slot, State::Leased);
                Arrived::For(waiter, sandbox)
            }
            None => {
                shelf.ready.push_back((slot, sandbox));
                Arrived::Shelved
            }
        }
    }

    /// A container has been started.
    pub(super) fn started(&mut self, slot: Slot, sandbox: &Sandbox) {
        self.ids.insert(slot, sandbox.id().to_owned());
        self.advance(slot, State::Ready);
    }

    /// The engine's names of all containers that have been started and not removed.
    pub(super) fn ids(&self) -> HashSet<String> {
        self.ids.values().cloned().collect()
    }

    /// A container could not be started; whom to tell, if anybody waits for it.
    pub(super) fn failed(&mut self, lang: &str, slot: Slot, now: Instant) -> Option<Waiter> {
        let pause = self.pause.map_or(FIRST_PAUSE, |(_, pause)| (pause * 2).min(LONGEST_PAUSE));
        self.pause = Some((now, pause));
        self.advance(slot, State::Retired);
        self.lives.end(slot);
        next_waiter(&mut self.shelf(lang)?.waiting)
    }

    /// Takes a ready container off its shelf.
    pub(super) fn give_up(&mut self, lang: &str) -> Option<(Slot, Sandbox)> {
        self.shelf(lang)?.ready.pop_front()
    }

    /// Takes the ready containers that have ended off their shelves.
    pub(super) fn take_ended(&mut self) -> Vec<(Slot, Sandbox)> {
        let mut ended = Vec::new();
        for shelf in &mut self.shelves {
            for (slot, mut sandbox) in std::mem::take(&mut shelf.ready) {
                match sandbox.has_ended() {
                    true => ended.push((slot, sandbox)),
                    false => shelf.ready.push_back((slot, sandbox)),
                }
            }
        }
        ended
    }

    /// A container changes its state.
    pub(super) fn advance(&mut self, slot: Slot, to: State) {
        advance(&mut self.lives, slot, to);
    }

    /// A retired container is gone.
    pub(super) fn end(&mut self, slot: Slot) {
        self.ids.remove(&slot);
        self.lives.end(slot);
    }

    /// How many containers there are, and how many of these are ready.
    pub(super) fn counts(&self) -> (usize, usize) {
        (self.lives.total(), self.shelves.iter().map(|shelf| shelf.ready.len()).sum())
    }

    /// From now on, nothing is kept ready.
    pub(super) fn stop_refilling(&mut self) {
        self.seats = 0;
    }

    /// Whether there is no container.
    pub(super) fn is_empty(&self) -> bool {
        self.lives.is_empty()
    }

    fn shelf(&mut self, lang: &str) -> Option<&mut Shelf> {
        self.by_name.get(lang).map(|&at| &mut self.shelves[at])
    }
}

/// The one who waits longest and still does.
fn next_waiter(waiting: &mut VecDeque<Waiter>) -> Option<Waiter> {
    std::iter::from_fn(|| waiting.pop_front()).find(|waiter| !waiter.is_closed())
}

/// A change that must not be is a mistake of ours, which must not go unnoticed.
fn advance(lives: &mut Lives, slot: Slot, to: State) {
    if let Err(forbidden) = lives.advance(slot, to) {
        tracing::error!(slot, error = %forbidden, "a container's state is wrong");
        debug_assert!(false, "{forbidden}");
    }
}
