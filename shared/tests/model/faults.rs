//! What can go wrong between steps.

use shared::lifecycle::Key;

use super::api::insert;
use super::scenario::Fault;
use super::steps::Steps;
use super::world::{Cancel, Ending, GONE, Leader, Redis, Submit, Task, Waiter, World};

pub(crate) fn steps(steps: &mut Steps<'_>) {
    let one_worker = steps.scenario.one_worker;
    for (place, task) in steps.world.workers.into_iter().enumerate() {
        if task == Task::Dead || (task == Task::Idle && !one_worker) {
            continue;
        }
        steps.fault(Fault::WorkerDies, ["worker A", "worker B"][place], "dies", |world| {
            let dead = if one_worker { 0..2 } else { place..place + 1 };
            for dead in dead {
                world.workers[dead] = Task::Dead;
            }
            for entry in world.redis.entries.iter_mut().flatten() {
                if one_worker || usize::from(entry.owner) == place {
                    entry.owner = GONE;
                }
            }
            Ok(())
        });
    }
    if steps.world.leader != Leader::None {
        steps.fault(Fault::WorkerDies, "the leader", "dies", |world| {
            world.leader = Leader::None;
            Ok(())
        });
    }
    steps.fault(Fault::ApiDies, "the API", "dies", |world| {
        for submit in &mut world.submits {
            if !matches!(submit, Submit::None | Submit::Answered) {
                *submit = Submit::Lost;
            }
        }
        if !matches!(world.cancel, Cancel::None | Cancel::Promised) {
            world.cancel = Cancel::Over;
        }
        if world.waiter == Waiter::Waiting {
            world.waiter = Waiter::None;
        }
        Ok(())
    });
    steps.fault(Fault::RedisForgets, "Redis", "is emptied", |world| {
        world.redis = Redis::default();
        world.entrusted = false;
        Ok(())
    });
    if steps.world.entrusted {
        steps.fault(Fault::RedisForgets, "Redis", "is back at when it was waiting", |world| {
            world.redis = Redis { backlog: 1, known: true, ..Redis::default() };
            world.entrusted = false;
            Ok(())
        });
    }
    failover(steps);
}

fn failover(steps: &mut Steps<'_>) {
    steps.fault(Fault::Failover, "the primary", "dies with what only it has", |world| {
        world.primary = world.majority;
        retry(world);
        Ok(())
    });
    // Who speaks to a primary that does not know yet that it is deposed gets a claim that nobody
    // else will ever see, under an epoch that will be given out again.
    let Some(majority) = steps.world.majority else { return };
    for (place, task) in steps.world.workers.into_iter().enumerate() {
        let Task::Taken { entry } = task else { continue };
        let what = "is granted a claim by a deposed primary";
        steps.fault(Fault::Failover, ["worker A", "worker B"][place], what, |world| {
            world.executions += 1;
            let claim = world.new_claim();
            let key = Key { epoch: majority.life.epoch + 1, token: claim };
            world.workers[place] = Task::Running { entry, claim, key };
            Ok(())
        });
    }
}

/// Whoever waited for the majority gets an error, and tries again.
fn retry(world: &mut World) {
    for task in &mut world.workers {
        if let Task::Written { entry, key, ending } = *task {
            let ending = Ending { attempt: ending.attempt + 1, ..ending };
            *task = Task::Ending { entry, key, ending };
        }
    }
    if world.submits.contains(&Submit::Inserted) && world.primary.is_none() {
        insert(world);
    }
    if world.leader == Leader::Ended {
        world.leader = Leader::None;
    }
    if matches!(world.cancel, Cancel::Done | Cancel::Requested) {
        world.cancel = Cancel::Running;
    }
}
