//! Chance that can be had again: the same numbers for the same seed.

use std::ops::Range;
use std::time::Duration;

/// A generator of numbers (SplitMix64): small, and the same on every machine and in every version.
#[derive(Debug, Clone)]
pub struct Chance(u64);

impl Chance {
    /// The numbers of this seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// One of the numbers in a range that is not empty.
    pub fn within(&mut self, range: Range<u64>) -> u64 {
        range.start + self.number() % (range.end - range.start)
    }

    /// A time in a range, to the millisecond.
    pub fn millis(&mut self, range: Range<u64>) -> Duration {
        Duration::from_millis(self.within(range))
    }

    /// One of some things.
    pub fn one_of<'a, T>(&mut self, things: &'a [T]) -> &'a T {
        let index = usize::try_from(self.within(0..things.len() as u64)).unwrap_or(0);
        &things[index]
    }

    /// `true` once in so many times.
    pub fn once_in(&mut self, times: u64) -> bool {
        self.within(0..times) == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_numbers_again() {
        // The first of SplitMix64's published numbers for the seed 1234567.
        assert_eq!(Chance::new(1_234_567).number(), 6_457_827_717_110_365_317);
        let mut chance = Chance::new(7);
        assert!((0..1000).all(|_| (3..9).contains(&chance.within(3..9))));
    }
}
