//! What the API does for clients, and the leader for those past their deadline.

use shared::lifecycle::{Event, Life};
use shared::submission::State;

use super::promises::{Promise, broken};
use super::rules::Rule;
use super::scenario::Fault;
use super::steps::{Steps, enqueue, remove, show, unclaimed, write};
use super::workers::publish;
use super::world::{Cancel, Leader, Stored, Submit, Waiter, World};

const API: &str = "the API";
const LEADER: &str = "the leader";
const CLIENT: &str = "a client";

pub(crate) fn steps(steps: &mut Steps<'_>) {
    submit(steps, 0);
    if steps.scenario.repeats {
        submit(steps, 1);
    }
    if steps.scenario.cancels {
        cancel(steps);
    }
    if steps.scenario.waits {
        wait(steps);
    }
    if steps.scenario.expires {
        expire(steps);
        tell_expired(steps);
    }
    let (primary, majority) = (steps.world.primary, steps.world.majority);
    if primary != majority {
        steps.progress("the majority", "has what the primary has", |world| {
            world.majority = world.primary;
            Ok(())
        });
    }
}

fn submit(steps: &mut Steps<'_>, which: usize) {
    let (world, rules) = (steps.world, steps.rules);
    let go = |world: &mut World, next| {
        world.submits[which] = next;
        Ok(())
    };
    let put = |world: &mut World| {
        enqueue(world, rules);
        world.entrusted = true;
    };
    match world.submits[which] {
        Submit::None if !rules.has(Rule::InsertBeforeEnqueue) => {
            steps.choice(CLIENT, "submits it, and it is enqueued", |world| {
                put(world);
                go(world, Submit::Early)
            });
        }
        Submit::Early => steps.progress(API, "stores it", |world| {
            if world.primary.is_none() {
                insert(world);
            }
            go(world, Submit::Inserted)
        }),
        Submit::None => steps.choice(CLIENT, "submits it", |world| {
            match world.primary {
                None => insert(world),
                Some(_) if !rules.has(Rule::OneSubmissionForAKey) => {
                    broken(Promise::OneSubmissionForAKey, "there is a second one")?;
                }
                Some(_) => {}
            }
            go(world, Submit::Inserted)
        }),
        Submit::Inserted => {
            // What is there already must be with the majority too, or it may vanish after the answer.
            if world.majority.is_some() || !steps.has(Rule::AnswerAfterCommit) {
                steps
                    .progress(API, "knows that it is stored", |world| go(world, Submit::Committed));
            }
        }
        Submit::Committed => {
            steps.progress(API, "enqueues it", |world| {
                if rules.has(Rule::InsertBeforeEnqueue) {
                    put(world);
                }
                go(world, Submit::Enqueued)
            });
            steps.fault(Fault::Loss, API, "cannot enqueue it", |world| go(world, Submit::Enqueued));
        }
        Submit::Enqueued => {
            steps.progress(API, "answers 201", |world| go(world, Submit::Answered));
        }
        Submit::Answered | Submit::Lost => {}
    }
}

/// Stores it as new.
pub(crate) fn insert(world: &mut World) {
    world.primary = Some(Stored { life: Life::new(), claim: 0, ending: None });
}

fn cancel(steps: &mut Steps<'_>) {
    let (world, rules) = (steps.world, steps.rules);
    let committed = world.primary == world.majority;
    let go = |world: &mut World, next| {
        world.cancel = next;
        Ok(())
    };
    match world.cancel {
        Cancel::None if world.is_answered() => {
            steps
                .choice(CLIENT, "cancels it, if it is queued", |world| cancel_queued(world, rules));
        }
        Cancel::Running => steps.progress(API, "asks to end it, if it is running", |world| {
            let ask = unclaimed(State::Running);
            let asked = write(world, rules, Event::RequestCancel, ask)?;
            let ended = world.primary.is_none_or(|stored| stored.life.state.is_final());
            match asked {
                true => go(world, Cancel::Requested),
                false if ended => go(world, Cancel::Over),
                // Handed back between the two.
                false => cancel_queued(world, rules),
            }
        }),
        Cancel::Requested if committed => {
            steps.progress(API, "answers 202 to the cancel", |world| go(world, Cancel::Promised));
        }
        Cancel::Done if committed || !steps.has(Rule::RemoveAfterCommit) => {
            steps.progress(API, "is about to remove it from the queue", |world| {
                go(world, Cancel::Removing)
            });
        }
        Cancel::Removing => {
            steps.progress(API, "removes it from the queue", |world| {
                remove(world);
                go(world, Cancel::Publishing)
            });
            steps.fault(Fault::Loss, API, "cannot remove it from the queue", |world| {
                go(world, Cancel::Publishing)
            });
        }
        Cancel::Publishing if committed => {
            let ending = unclaimed(State::Cancelled);
            steps.progress(API, "publishes and answers the cancel", |world| {
                publish(world, rules, ending)?;
                go(world, Cancel::Over)
            });
            steps.fault(Fault::Loss, API, "answers the cancel, and wakes nobody", |world| {
                show(world, ending)?;
                go(world, Cancel::Over)
            });
        }
        _ => {}
    }
}

fn cancel_queued(
    world: &mut World,
    rules: super::rules::Rules,
) -> Result<(), super::promises::Broken> {
    let done = write(world, rules, Event::Cancel, unclaimed(State::Cancelled))?;
    world.cancel = if done { Cancel::Done } else { Cancel::Running };
    Ok(())
}

fn wait(steps: &mut Steps<'_>) {
    let (world, has) = (steps.world, |rule| steps.rules.has(rule));
    let stored = if has(Rule::ReadsOfMajority) { world.majority } else { world.primary };
    let ending = stored.and_then(|stored| stored.ending);
    let read = |world: &mut World, pending| {
        world.waiter = if ending.is_some() { Waiter::Answered } else { pending };
        ending.map_or(Ok(()), |ending| show(world, ending))
    };
    let (registers_first, rereads) = (has(Rule::RegisterBeforeRead), has(Rule::Reread));
    match world.waiter {
        Waiter::None if world.is_answered() => match registers_first {
            true => steps.choice(CLIENT, "registers for the wake-up", |world| {
                world.waiter = Waiter::First;
                Ok(())
            }),
            false => steps.choice(CLIENT, "reads", |world| read(world, Waiter::First)),
        },
        Waiter::First => match registers_first {
            true => steps.progress(CLIENT, "reads", |world| read(world, Waiter::Waiting)),
            false => steps.progress(CLIENT, "registers for the wake-up", |world| {
                world.waiter = Waiter::Waiting;
                Ok(())
            }),
        },
        Waiter::Waiting if steps.scenario.nets && rereads => {
            steps.progress(CLIENT, "reads once more", |world| read(world, Waiter::Waiting));
        }
        _ => {}
    }
}

fn expire(steps: &mut Steps<'_>) {
    let (world, rules) = (steps.world, steps.rules);
    let (Some(stored), None) = (world.primary, world.end()) else { return };
    if !stored.life.deadline_passed && stored.ending.is_none() {
        steps.choice("time", "passes its deadline", |world| {
            for stored in [&mut world.primary, &mut world.majority].into_iter().flatten() {
                stored.life.deadline_passed = true;
            }
            Ok(())
        });
    }
    if world.leader == Leader::None {
        steps.choice(LEADER, "ends it as expired", |world| {
            if write(world, rules, Event::Expire, unclaimed(State::Failed))? {
                world.leader = Leader::Ended;
            }
            Ok(())
        });
    }
}

/// What follows once the majority has it as expired.
fn tell_expired(steps: &mut Steps<'_>) {
    let (world, rules) = (steps.world, steps.rules);
    match world.leader {
        Leader::Ended if world.primary == world.majority => {
            steps.progress(LEADER, "removes it from the queue", |world| {
                remove(world);
                world.leader = Leader::Removed;
                Ok(())
            });
        }
        Leader::Removed => steps.progress(LEADER, "publishes that it expired", |world| {
            world.leader = Leader::None;
            publish(world, rules, unclaimed(State::Failed))
        }),
        _ => {}
    }
}
