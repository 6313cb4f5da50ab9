//! What workers do: take, claim, run, write, publish, acknowledge, each a step of its own.

use shared::lifecycle::{Claimed, Event, Key, Life, MAX_STARTS};
use shared::submission::State;

use super::promises::{Broken, Promise, broken};
use super::rules::{Rule, Rules};
use super::scenario::{Fault, Scenario};
use super::steps::{Steps, deliver, enqueue, is_same, show, strike, unclaimed, write};
use super::world::{Cancel, Ending, GONE, Task, Waiter, World};

const NAMES: [&str; 2] = ["worker A", "worker B"];

pub(crate) fn steps(steps: &mut Steps<'_>) {
    for (place, task) in steps.world.workers.into_iter().enumerate() {
        match task {
            Task::Dead => steps.progress(NAMES[place], "starts again", |world| {
                world.workers[place] = Task::Idle;
                Ok(())
            }),
            Task::Idle => idle(steps, place),
            task => {
                busy(steps, place, task);
                heartbeat(steps, place, task);
            }
        }
    }
    reconciler(steps);
}

/// Under which name a place takes deliveries.
fn name(scenario: &Scenario, place: usize) -> u8 {
    if scenario.one_worker { 0 } else { place as u8 }
}

fn idle(steps: &mut Steps<'_>, place: usize) {
    let owner = name(steps.scenario, place);
    if steps.world.redis.backlog > 0 {
        steps.progress(NAMES[place], "takes it", |world| {
            world.redis.backlog -= 1;
            world.workers[place] = Task::Taken { entry: deliver(world, owner) };
            Ok(())
        });
        steps.fault(Fault::Loss, NAMES[place], "takes it, and the answer is lost", |world| {
            world.redis.backlog -= 1;
            deliver(world, owner);
            Ok(())
        });
    }
    if !steps.has(Rule::Reclaim) {
        return;
    }
    for (slot, entry) in steps.world.redis.entries.iter().enumerate() {
        let Some(entry) = *entry else { continue };
        let held = steps.world.workers.iter().any(|task| task.entry() == Some(entry.id));
        let take_over = |world: &mut World| {
            world.redis.entries[slot] = Some(super::world::Entry { owner, ..entry });
            world.workers[place] = Task::Taken { entry: entry.id };
            Ok(())
        };
        match held && entry.owner != GONE {
            false => steps.progress(NAMES[place], "takes over what nobody holds", take_over),
            true => steps.fault(
                Fault::Pause,
                NAMES[place],
                "takes over what the other was silent about for a lease",
                take_over,
            ),
        }
    }
}

fn busy(steps: &mut Steps<'_>, place: usize, task: Task) {
    let (who, rules) = (NAMES[place], steps.rules);
    let owner = name(steps.scenario, place);
    let go = move |world: &mut World, next| {
        world.workers[place] = next;
        Ok::<(), Broken>(())
    };
    match task {
        Task::Dead | Task::Idle => {}
        Task::Taken { entry } => steps.progress(who, "claims it", |world| {
            let claim = world.new_claim();
            claim_once(world, rules, owner, claim)?;
            go(world, Task::Claimed { entry, claim })
        }),
        Task::Claimed { entry, claim } => {
            steps.progress(who, "reads what its claim has come to", |world| {
                claimed(world, rules, place, owner, entry, claim)
            });
            steps.fault(Fault::Loss, who, "claims again after a lost answer", |world| {
                claim_once(world, rules, owner, claim).map(drop)
            });
        }
        Task::Running { entry, claim, key } => {
            let end = |steps: &mut Steps<'_>, what, state| {
                steps.progress(who, what, |world| {
                    if !rules.has(Rule::WriteBeforeAck) {
                        ack(world, rules, owner, entry);
                    }
                    let ending = Ending { state, claim, attempt: 0 };
                    go(world, Task::Ending { entry, key, ending })
                });
            };
            end(steps, "has a result", State::Completed);
            if steps.world.majority.is_some_and(|stored| stored.life.cancel_requested) {
                end(steps, "ends it, as was asked", State::Cancelled);
            }
            give_up(steps, place, entry, claim, key);
            steps.fault(Fault::Engine, who, "fails, and the start counts", |world| {
                go(world, Task::Returning { entry })
            });
        }
        Task::Ending { entry, key, ending } => {
            steps.progress(who, "writes the ending", |world| {
                write(world, rules, Event::Finish(key, ending.state), ending)?;
                go(world, Task::Written { entry, key, ending })
            });
            give_up(steps, place, entry, ending.claim, key);
        }
        Task::Written { entry, key, ending } => {
            let committed = steps.world.primary == steps.world.majority;
            if committed || !steps.has(Rule::PublishAfterCommit) {
                steps.progress(who, "learns whether it is written", |world| {
                    let stored = world.primary.filter(|stored| {
                        stored.life.state.is_final() && is_same(&stored.life, &key, rules)
                    });
                    let next = match stored.and_then(|stored| stored.ending) {
                        Some(stored) if rules.has(Rule::PublishWhatIsStored) => {
                            Task::Publishing { entry, ending: stored }
                        }
                        Some(_) => Task::Publishing { entry, ending },
                        None => Task::Idle,
                    };
                    go(world, next)
                });
            }
            steps.fault(Fault::Loss, who, "gets no answer, and will write again", |world| {
                let ending = Ending { attempt: ending.attempt + 1, ..ending };
                go(world, Task::Ending { entry, key, ending })
            });
        }
        Task::Publishing { entry, ending } => {
            steps.progress(who, "publishes the ending", |world| {
                publish(world, rules, ending)?;
                go(world, Task::Acking { entry })
            });
            steps.fault(Fault::Loss, who, "publishes the ending to nobody", |world| {
                go(world, Task::Acking { entry })
            });
        }
        Task::Acking { entry } => {
            steps.progress(who, "acknowledges the delivery", |world| {
                ack(world, rules, owner, entry);
                go(world, Task::Idle)
            });
            steps.fault(Fault::Loss, who, "acknowledges the delivery in vain", |world| {
                go(world, Task::Idle)
            });
        }
        Task::HandingBack { entry, claim, key } => {
            steps.progress(who, "hands it back to the store", |world| {
                let by = Ending { claim, ..unclaimed(State::Queued) };
                write(world, rules, Event::HandBack(key), by)?;
                go(world, Task::Returning { entry })
            });
            steps.fault(Fault::Loss, who, "hands it back to no store", |world| {
                go(world, Task::Returning { entry })
            });
        }
        Task::Returning { entry } => {
            steps.progress(who, "hands it back to the queue", |world| {
                let asked = rules.has(Rule::HandBackByOwner).then_some(owner);
                if strike(world, entry, asked) || asked.is_none() {
                    world.redis.backlog += 1;
                    world.redis.known = true;
                }
                go(world, Task::Idle)
            });
            steps.fault(Fault::Loss, who, "hands it back to no queue", |world| {
                go(world, Task::Idle)
            });
        }
    }
}

/// Called off, because the entry is another's by now; or stopped.
fn give_up(steps: &mut Steps<'_>, place: usize, entry: u8, claim: u8, key: Key<u8>) {
    let owner = name(steps.scenario, place);
    let go = |world: &mut World| {
        world.workers[place] = Task::HandingBack { entry, claim, key };
        Ok(())
    };
    let present = steps.world.redis.entries.iter().flatten().find(|found| found.id == entry);
    match present.is_some_and(|present| present.owner != owner) {
        true => steps.progress(NAMES[place], "is called off", go),
        false => steps.fault(Fault::Engine, NAMES[place], "must stop, uncounted", go),
    }
}

/// After Redis has forgotten it, a worker makes known what it has.
fn heartbeat(steps: &mut Steps<'_>, place: usize, task: Task) {
    if steps.world.redis.known {
        return;
    }
    let owner = name(steps.scenario, place);
    steps.progress(NAMES[place], "restores what it has to the queue", |world| {
        let id = deliver(world, owner);
        world.redis.known = true;
        world.workers[place] = task;
        if let Some(entry) = world.workers[place].entry_mut() {
            *entry = id;
        }
        Ok(())
    });
}

fn claim_once(world: &mut World, rules: Rules, owner: u8, claim: u8) -> Result<bool, Broken> {
    let by = Ending { claim, ..unclaimed(State::Running) };
    write(world, rules, Event::Claim(token(rules, owner, claim)), by)
}

fn token(rules: Rules, owner: u8, claim: u8) -> u8 {
    if rules.has(Rule::TokenOfEachClaim) { claim } else { owner }
}

fn claimed(
    world: &mut World,
    rules: Rules,
    place: usize,
    owner: u8,
    entry: u8,
    claim: u8,
) -> Result<(), Broken> {
    let Some(stored) = world.primary else {
        world.workers[place] = Task::Acking { entry };
        return Ok(());
    };
    let told = rules.has(Rule::ClaimTellsOfCancel);
    let life = Life { cancel_requested: stored.life.cancel_requested && told, ..stored.life };
    let key = Key { epoch: life.epoch, token: token(rules, owner, claim) };
    let end = |state| Task::Ending { entry, key, ending: Ending { state, claim, attempt: 0 } };
    let answer = match life.claimed(&key.token) {
        Claimed::Expired if !rules.has(Rule::ClaimTellsOfDeadline) => Claimed::Granted,
        Claimed::Exhausted if !rules.has(Rule::StartsAreBounded) => Claimed::Granted,
        answer => answer,
    };
    world.workers[place] = match answer {
        Claimed::Granted => {
            if world.cancel == Cancel::Promised {
                broken(Promise::CancelledIsNotStarted, "it is started all the same")?;
            }
            if life.starts == 0 {
                broken(Promise::OverdueIsNotStarted, "it is started all the same")?;
            }
            world.executions += 1;
            Task::Running { entry, claim, key }
        }
        Claimed::Cancelled => {
            if world.cancel == Cancel::None {
                broken(Promise::EndingsAreTrue, "nobody has cancelled it")?;
            }
            end(State::Cancelled)
        }
        Claimed::Expired => {
            if !life.deadline_passed {
                broken(Promise::EndingsAreTrue, "its deadline has not passed")?;
            }
            end(State::Failed)
        }
        Claimed::Exhausted => {
            if life.starts <= MAX_STARTS {
                broken(Promise::EndingsAreTrue, "it was not started so often")?;
            }
            end(State::Failed)
        }
        Claimed::Finished => {
            let committed = world.end().is_some() || !rules.has(Rule::AckOfFinishedAfterCommit);
            if committed { Task::Acking { entry } } else { world.workers[place] }
        }
        Claimed::Overtaken => Task::Idle,
    };
    Ok(())
}

/// Tells whoever waits, and is registered for it.
pub(crate) fn publish(world: &mut World, rules: Rules, ending: Ending) -> Result<(), Broken> {
    let registered = match world.waiter {
        Waiter::First => rules.has(Rule::RegisterBeforeRead),
        Waiter::Waiting => true,
        Waiter::None | Waiter::Answered => false,
    };
    if registered {
        world.waiter = Waiter::Answered;
    }
    show(world, ending)
}

fn ack(world: &mut World, rules: Rules, owner: u8, entry: u8) {
    let asked = rules.has(Rule::AckByOwner).then_some(owner);
    if strike(world, entry, asked) || asked.is_none() {
        world.redis.known = false;
    }
}

/// Looks for what the store has unfinished and the queue does not know; then enqueues it.
fn reconciler(steps: &mut Steps<'_>) {
    let (world, rules) = (steps.world, steps.rules);
    if !steps.scenario.nets {
        return;
    }
    if world.reconciling {
        steps.progress("the reconciler", "enqueues it", |world| {
            world.reconciling = false;
            enqueue(world, rules);
            Ok(())
        });
        return;
    }
    let Some(stored) = world.majority.filter(|_| !world.redis.known) else { return };
    let find = |world: &mut World| {
        world.reconciling = true;
        Ok(())
    };
    let run = world.workers.iter().any(|task| task.claim() == Some(stored.claim));
    match stored.life.state {
        State::Queued if rules.has(Rule::ReconcileQueued) => {
            steps.progress("the reconciler", "finds it queued and unknown to the queue", find);
        }
        State::Running if rules.has(Rule::ReconcileOverdue) && !run => {
            steps.progress("the reconciler", "finds it running for too long", find);
        }
        State::Running if rules.has(Rule::ReconcileOverdue) => {
            let what = "finds it running for too long, by a worker that was away";
            steps.fault(Fault::Pause, "the reconciler", what, find);
        }
        _ => {}
    }
}
