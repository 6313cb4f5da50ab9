//! What can happen next: a step of somebody, a choice of a client, or a fault.

use std::fmt;

use shared::lifecycle::{Event, Guard, Key, Life};
use shared::submission::State;

use super::promises::{Broken, Promise, broken, check};
use super::rules::{Rule, Rules};
use super::scenario::{Fault, Scenario};
use super::world::{Ending, Entry, World};
use super::{api, faults, workers};

/// What a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It will happen, sooner or later.
    Progress,
    /// It may never happen: a client's choice, or a fault.
    Chance,
}

/// Who did what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Step {
    who: &'static str,
    what: &'static str,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.who, self.what)
    }
}

/// All steps that a world has.
pub(crate) struct Steps<'a> {
    pub(crate) world: &'a World,
    pub(crate) rules: Rules,
    pub(crate) scenario: &'a Scenario,
    found: Vec<(Step, Kind, Result<World, Broken>)>,
}

impl<'a> Steps<'a> {
    pub(crate) fn of(
        world: &'a World,
        rules: Rules,
        scenario: &'a Scenario,
    ) -> Vec<(Step, Kind, Result<World, Broken>)> {
        let mut steps = Self { world, rules, scenario, found: Vec::with_capacity(24) };
        workers::steps(&mut steps);
        api::steps(&mut steps);
        faults::steps(&mut steps);
        steps.found
    }

    pub(crate) fn has(&self, rule: Rule) -> bool {
        self.rules.has(rule)
    }

    /// A step that will be taken sooner or later.
    pub(crate) fn progress(
        &mut self,
        who: &'static str,
        what: &'static str,
        change: impl FnOnce(&mut World) -> Result<(), Broken>,
    ) {
        self.add(Step { who, what }, Kind::Progress, change);
    }

    /// A step that may be taken.
    pub(crate) fn choice(
        &mut self,
        who: &'static str,
        what: &'static str,
        change: impl FnOnce(&mut World) -> Result<(), Broken>,
    ) {
        self.add(Step { who, what }, Kind::Chance, change);
    }

    /// A fault, if there may be one more of its kind.
    pub(crate) fn fault(
        &mut self,
        fault: Fault,
        who: &'static str,
        what: &'static str,
        change: impl FnOnce(&mut World) -> Result<(), Broken>,
    ) {
        if self.world.faults < self.scenario.faults && self.scenario.kinds.contains(&fault) {
            self.add(Step { who, what }, Kind::Chance, |world| {
                world.faults += 1;
                change(world)
            });
        }
    }

    fn add(
        &mut self,
        step: Step,
        kind: Kind,
        change: impl FnOnce(&mut World) -> Result<(), Broken>,
    ) {
        let mut next = *self.world;
        let led = change(&mut next).and_then(|()| check(self.world, &next, self.scenario));
        match led {
            Ok(()) if next == *self.world => {}
            led => self.found.push((step, kind, led.map(|()| next))),
        }
    }
}

/// A write to the primary: the code's own guards and changes. Whether it changed anything.
pub(crate) fn write(
    world: &mut World,
    rules: Rules,
    event: Event<u8>,
    ending: Ending,
) -> Result<bool, Broken> {
    let Some(stored) = &mut world.primary else { return Ok(false) };
    let holds = |guard: &Guard| {
        !rules.has(Rule::of(&event, *guard))
            || match (&event, guard) {
                (Event::Finish(key, _) | Event::HandBack(key), Guard::SameClaim) => {
                    is_same(&stored.life, key, rules)
                }
                _ => guard.holds(&stored.life, &event),
            }
    };
    if !event.guards().iter().all(holds) {
        return Ok(false);
    }
    let stale = stored.claim != ending.claim;
    if stale && matches!(event, Event::Finish(..) | Event::HandBack(_)) {
        broken(Promise::StaleWritesDoNothing, "a write counted after another claim")?;
    }
    if event == Event::Expire && !stored.life.deadline_passed {
        broken(Promise::EndingsAreTrue, "it expired before its deadline")?;
    }
    stored.life = stored.life.changed_by(&event);
    match event {
        Event::Claim(_) if stored.claim == ending.claim => {
            broken(Promise::StartsAreTrue, "the same claim counts as two starts")?;
        }
        Event::Claim(_) => stored.claim = ending.claim,
        Event::Finish(..) | Event::Cancel | Event::Expire => stored.ending = Some(ending),
        Event::HandBack(_) | Event::RequestCancel => {}
    }
    Ok(true)
}

/// Whether a claim is the one that is stored, as far as the rules compare it.
pub(crate) fn is_same(life: &Life<u8>, key: &Key<u8>, rules: Rules) -> bool {
    (!rules.has(Rule::ClaimComparedByEpoch) || life.epoch == key.epoch)
        && (!rules.has(Rule::ClaimComparedByToken) || life.token == Some(key.token))
}

/// An ending that no worker wrote.
pub(crate) fn unclaimed(state: State) -> Ending {
    Ending { state, claim: 0, attempt: 0 }
}

/// Somebody sees this as the result.
pub(crate) fn show(world: &mut World, ending: Ending) -> Result<(), Broken> {
    match world.seen.replace(ending) {
        Some(seen) if seen != ending => broken(Promise::OneResult, "two results were shown"),
        _ => Ok(()),
    }
}

/// Puts it into the backlog, unless it is known.
pub(crate) fn enqueue(world: &mut World, rules: Rules) {
    if !rules.has(Rule::EnqueueOfUnknownOnly) || !world.redis.known {
        world.redis.backlog += 1;
        world.redis.known = true;
    }
}

/// Takes it out of the backlog.
pub(crate) fn remove(world: &mut World) {
    if world.redis.backlog > 0 {
        world.redis.backlog -= 1;
        world.redis.known = false;
    }
}

/// Delivers it to a consumer by a new entry.
pub(crate) fn deliver(world: &mut World, owner: u8) -> u8 {
    let id = world.new_entry();
    let free = world.redis.entries.iter_mut().find(|entry| entry.is_none());
    *free.expect("no more than two entries") = Some(Entry { id, owner });
    id
}

/// Takes an entry out of the stream, if it is there and, where that is asked, the consumer's.
pub(crate) fn strike(world: &mut World, id: u8, owner: Option<u8>) -> bool {
    let place = world.redis.entries.iter_mut().find(|entry| {
        entry.is_some_and(|entry| entry.id == id && owner.is_none_or(|owner| entry.owner == owner))
    });
    place.and_then(Option::take).is_some()
}
