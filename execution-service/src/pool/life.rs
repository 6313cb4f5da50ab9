//! The life of a container: which state follows which. Pure; it holds that none is used twice.
//!
//! ```text
//! starting ──▶ ready ──▶ leased ──▶ running ──▶ retired ──▶ (removed)
//!     └──────────┴──────────┴─────────────────────▲
//! ```

use std::collections::HashMap;
use std::sync::Arc;

/// Where a container stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum State {
    /// The engine was asked for it.
    Starting,
    /// Its runner waits for orders, and it has no submission.
    Ready,
    /// It has been given to its one submission.
    Leased,
    /// The submission's code may have run in it.
    Running,
    /// It is of no use to anybody any more and is being removed.
    Retired,
}

impl State {
    /// Whether a container in this state may change to `next`.
    fn leads_to(self, next: Self) -> bool {
        use State::*;
        matches!(
            (self, next),
            (Starting, Ready)
                | (Ready, Leased)
                | (Leased, Running)
                | (Starting | Ready | Leased | Running, Retired)
        )
    }
}

/// Names a container from before the engine has given it a name.
pub(super) type Slot = u64;

/// A change of state that must not be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a container that is {from:?} cannot become {to:?}")]
pub(super) struct Forbidden {
    from: State,
    to: State,
}

/// Every container there is, from the request for it to its removal.
#[derive(Debug, Default)]
pub(super) struct Lives {
    next: Slot,
    containers: HashMap<Slot, (Arc<str>, State)>,
}

impl Lives {
    /// A container is about to be asked for.
    pub(super) fn begin(&mut self, lang: &Arc<str>) -> Slot {
        let slot = self.next;
        self.next += 1;
        self.containers.insert(slot, (lang.clone(), State::Starting));
        slot
    }

    /// A container changes its state.
    pub(super) fn advance(&mut self, slot: Slot, to: State) -> Result<(), Forbidden> {
        // One that is not known was removed, which is what follows on being retired.
        let Some((_, state)) = self.containers.get_mut(&slot) else {
            return Err(Forbidden { from: State::Retired, to });
        };
        if !state.leads_to(to) {
            return Err(Forbidden { from: *state, to });
        }
        *state = to;
        Ok(())
    }

    /// A retired container has been removed, or never came to be.
    pub(super) fn end(&mut self, slot: Slot) {
        self.containers.remove(&slot);
    }

    /// How many containers of a language are in this state.
    pub(super) fn count(&self, lang: &str, state: State) -> usize {
        self.containers.values().filter(|(of, is)| **of == *lang && *is == state).count()
    }

    /// How many containers are in this state.
    pub(super) fn total(&self, state: State) -> usize {
        self.containers.values().filter(|(_, is)| *is == state).count()
    }

    /// Whether there is none left.
    pub(super) fn is_empty(&self) -> bool {
        self.containers.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [State; 5] =
        [State::Starting, State::Ready, State::Leased, State::Running, State::Retired];

    #[test]
    fn a_state_is_only_followed_by_those_after_it() {
        for (i, from) in ALL.into_iter().enumerate() {
            for (j, to) in ALL.into_iter().enumerate() {
                let next = j == i + 1 && to != State::Retired;
                let given_up = to == State::Retired && from != State::Retired;
                assert_eq!(from.leads_to(to), next || given_up, "{from:?} to {to:?}");
            }
        }
    }

    #[test]
    fn a_container_is_leased_once() {
        let mut lives = Lives::default();
        let slot = lives.begin(&"toy".into());
        for state in [State::Ready, State::Leased] {
            lives.advance(slot, state).unwrap();
        }
        assert!(lives.advance(slot, State::Leased).is_err());
        lives.advance(slot, State::Running).unwrap();
        assert!(lives.advance(slot, State::Leased).is_err());
        assert_eq!(lives.count("toy", State::Running), 1);
        lives.advance(slot, State::Retired).unwrap();
        assert!(lives.advance(slot, State::Ready).is_err());
        assert!(!lives.is_empty());
        lives.end(slot);
        assert!(lives.is_empty() && lives.advance(slot, State::Ready).is_err());
    }
}
