//! Keeping a pool as it should be, in the background: starting, giving up, replacing what died.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;

use super::Pool;
use super::books::Arrived;
use super::life::{Slot, State};
use super::sizing::Next;
use crate::sandbox::{Sandbox, Spec};

/// How often ready containers are looked at. One that has ended is also noticed when it is leased.
const LOOK_INTERVAL: Duration = Duration::from_secs(2);

/// After a lease, how long nothing is started ahead of need or removed: starting a container takes
/// 100 ms of CPU time, and removing one 30 ms, which the submission that has just got its own could
/// use. Many are over by then.
pub(super) const CONSIDERATION: Duration = Duration::from_millis(60);

impl Pool {
    /// Keeps the pool until cancelled.
    pub(crate) async fn keep(self) {
        loop {
            self.give_up_ended();
            while self.take_step() {}
            let (all, ready) = self.books().counts();
            self.0.metrics.count_containers(all, ready);
            let now = Instant::now();
            let look_in = match self.books().considerate_until() {
                Some(until) if until > now => until - now,
                _ => LOOK_INTERVAL,
            };
            // Whether something has changed or it is time to look: the same is done.
            let _ = timeout(look_in, self.0.changed.notified()).await;
        }
    }

    fn give_up_ended(&self) {
        let ended = self.books().take_ended();
        for (slot, sandbox) in ended {
            tracing::warn!(container.id = sandbox.id(), "a container ended while it was waiting");
            self.0.metrics.containers_lost.inc();
            self.retire(slot, sandbox);
        }
    }

    /// Does the most useful thing; whether there may be more to do.
    fn take_step(&self) -> bool {
        let Some((next, lang)) = self.books().next(Instant::now()) else { return false };
        match next {
            Next::GiveUp(_) => {
                let given_up = self.books().give_up(&lang);
                given_up.map(|(slot, sandbox)| self.retire(slot, sandbox)).is_some()
            }
            Next::StartForWaiting(_) | Next::StartAhead(_) => {
                // The end of a start that is under way is a change, too.
                let Ok(turn) = self.0.starts.clone().try_acquire_owned() else { return false };
                let Some((slot, spec)) = self.books().begin(&lang) else { return false };
                tokio::spawn(self.clone().start(lang, slot, spec, turn));
                true
            }
        }
    }

    /// Removes a container in the background.
    pub(super) fn retire(&self, slot: Slot, sandbox: Sandbox) {
        let considerate_until = {
            let mut books = self.books();
            books.advance(slot, State::Retired);
            books.considerate_until()
        };
        let pool = self.clone();
        tokio::spawn(async move {
            if let Some(until) = considerate_until {
                tokio::time::sleep_until(until.into()).await;
            }
            sandbox.remove().await;
            pool.books().end(slot);
            pool.0.changed.notify_one();
        });
    }

    async fn start(self, lang: Arc<str>, slot: Slot, spec: Spec, turn: OwnedSemaphorePermit) {
        let asked = Instant::now();
        let started = self.0.sandboxes.start(&spec).await;
        drop(turn);
        match started {
            Ok(sandbox) => {
                self.0.metrics.observe_start(asked.elapsed());
                let arrived = self.books().ready(&lang, slot, sandbox, &spec);
                match arrived {
                    Arrived::Shelved => {}
                    // A waiter that has just gone drops the lease, and with it the container.
                    Arrived::For(waiter, sandbox) => {
                        let _ = waiter.send(Ok(self.leased(slot, sandbox)));
                    }
                    Arrived::Outdated(sandbox) => self.retire(slot, sandbox),
                }
            }
            Err(error) => {
                let waiter = self.books().failed(&lang, slot, Instant::now());
                match waiter {
                    Some(waiter) => drop(waiter.send(Err(error))),
                    None => tracing::warn!(lang = &*lang, error = ?error, "container not started"),
                }
            }
        }
        self.0.changed.notify_one();
    }
}
