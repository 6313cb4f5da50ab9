//! How often each language was asked for of late.

use std::time::{Duration, Instant};

/// What was asked for this long ago counts half.
const HALF_LIFE: Duration = Duration::from_secs(300);

/// What a language that most people ask for counts as before anybody has: a start that spreads the
/// ready containers evenly, and is soon outweighed by what is really asked for.
const EXPECTED: f64 = 0.5;

/// What any other language counts as at first.
const UNEXPECTED: f64 = 0.05;

/// A count that fades.
#[derive(Debug, Clone, Copy)]
pub(super) struct Demand {
    value: f64,
    as_of: Instant,
}

impl Demand {
    pub(super) fn new(now: Instant, is_expected: bool) -> Self {
        Self { value: if is_expected { EXPECTED } else { UNEXPECTED }, as_of: now }
    }

    /// It was asked for once more.
    pub(super) fn note(&mut self, now: Instant) {
        *self = Self { value: self.at(now) + 1.0, as_of: now };
    }

    /// The count as it stands.
    pub(super) fn at(&self, now: Instant) -> f64 {
        let age = now.saturating_duration_since(self.as_of);
        self.value * 0.5_f64.powf(age.as_secs_f64() / HALF_LIFE.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn demand_fades() {
        let start = Instant::now();
        let mut demand = Demand::new(start, true);
        demand.note(start);
        assert_eq!(demand.at(start), 1.5);
        assert!((demand.at(start + HALF_LIFE) - 0.75).abs() < 1e-9);
        demand.note(start + HALF_LIFE);
        assert!((demand.at(start + HALF_LIFE) - 1.75).abs() < 1e-9);
    }
}
