//! How many containers of each language to keep ready, and which to start or give up next. Pure.
//!
//! Ready containers are seats, given out one after the other: each goes to the language for which
//! one more is worth most. What it is worth grows with the demand and falls with the seats that the
//! language has, so a busy language gets more seats, one that is asked for now and then keeps one,
//! and with many languages and few seats, one that nobody asks for has none.

/// A seat that is taken is worth this much more than one that would have to be made: demand that
/// is all but equal must not make containers come and go.
const INCUMBENCY: f64 = 1.3;

/// One language at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Need {
    /// How often it was asked for of late.
    pub(super) demand: f64,
    /// Kept ready whatever the demand.
    pub(super) at_least: usize,
    /// Containers that are ready.
    pub(super) ready: usize,
    /// Containers that are being started.
    pub(super) starting: usize,
    /// Submissions that wait for a container.
    pub(super) waiting: usize,
}

impl Need {
    /// Containers that will be ready for whoever comes.
    fn spare(&self) -> usize {
        (self.ready + self.starting).saturating_sub(self.waiting)
    }
}

/// What is to be done next. Languages are named by their place in the list of needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// Start one, for a submission that waits for it.
    StartForWaiting(usize),
    /// Start one, to have it ready.
    StartAhead(usize),
    /// Give a ready one up, to make room for another language's.
    GiveUp(usize),
}

/// The most useful thing to do, if there is any: `seats` containers may be ready, all together.
pub(super) fn next(needs: &[Need], seats: usize) -> Option<Next> {
    let lacking = |need: &Need| need.waiting.saturating_sub(need.starting);
    let most_lacking = (0..needs.len()).max_by_key(|&lang| lacking(&needs[lang]));
    if let Some(lang) = most_lacking.filter(|&lang| lacking(&needs[lang]) > 0) {
        return Some(Next::StartForWaiting(lang));
    }
    let targets = targets(needs, seats);
    let missing = |lang: usize| targets[lang].saturating_sub(needs[lang].spare());
    let surplus = |lang: usize| needs[lang].spare().saturating_sub(targets[lang]);
    let wanted = (0..needs.len()).max_by_key(|&lang| missing(lang));
    let taken: usize = needs.iter().map(Need::spare).sum();
    match wanted.filter(|&lang| missing(lang) > 0) {
        Some(lang) if taken < seats => Some(Next::StartAhead(lang)),
        _ if taken > seats || wanted.is_some_and(|lang| missing(lang) > 0) => (0..needs.len())
            .filter(|&lang| needs[lang].ready > 0 && surplus(lang) > 0)
            .max_by_key(|&lang| surplus(lang))
            .map(Next::GiveUp),
        _ => None,
    }
}

/// How many seats each language should have.
pub(super) fn targets(needs: &[Need], seats: usize) -> Vec<usize> {
    let mut targets: Vec<usize> = needs.iter().map(|need| need.at_least).collect();
    let given: usize = targets.iter().sum();
    for _ in given..seats {
        let value = |lang: usize| {
            let (need, has) = (&needs[lang], targets[lang]);
            let incumbency = if has < need.spare() { INCUMBENCY } else { 1.0 };
            // The root: a language asked for a hundred times as often gets ten times the seats.
            incumbency * need.demand.max(0.0).sqrt() / (has + 1) as f64
        };
        let best = (0..needs.len()).max_by(|&a, &b| value(a).total_cmp(&value(b)));
        let Some(best) = best.filter(|&lang| value(lang) > 0.0) else { break };
        targets[best] += 1;
    }
    targets
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needs(demands: &[f64]) -> Vec<Need> {
        demands.iter().map(|&demand| Need { demand, ..Need::default() }).collect()
    }

    /// Does what is next until nothing is; the containers ready in the end, and the steps it took.
    fn settle(needs: &mut [Need], seats: usize) -> (Vec<usize>, usize) {
        let mut steps = 0;
        while let Some(next) = next(needs, seats) {
            match next {
                Next::StartForWaiting(lang) | Next::StartAhead(lang) => needs[lang].ready += 1,
                Next::GiveUp(lang) => needs[lang].ready -= 1,
            }
            for need in needs.iter_mut() {
                let served = need.waiting.min(need.ready);
                need.waiting -= served;
                need.ready -= served;
            }
            steps += 1;
            assert!(steps < 1000, "containers come and go for ever");
        }
        (needs.iter().map(|need| need.ready).collect(), steps)
    }

    #[test]
    fn seats_follow_the_demand() {
        assert_eq!(targets(&needs(&[1.0, 1.0, 1.0]), 6), [2, 2, 2]);
        assert_eq!(targets(&needs(&[100.0, 1.0]), 8), [8, 0]);
        assert_eq!(targets(&needs(&[40.0, 1.0]), 8), [7, 1]);
        assert_eq!(targets(&needs(&[0.0, 0.0]), 8), [0, 0]);
        let mut fixed = needs(&[100.0, 0.0]);
        fixed[1].at_least = 2;
        assert_eq!(targets(&fixed, 4), [2, 2]);
    }

    #[test]
    fn the_pool_fills_up_and_rests() {
        let mut needs = needs(&[4.0, 1.0, 0.0]);
        assert_eq!(settle(&mut needs, 6), (vec![4, 2, 0], 6));
        assert_eq!(next(&needs, 6), None);
        assert_eq!(settle(&mut needs, 0), (vec![0, 0, 0], 6), "a drain gives everything up");
    }

    #[test]
    fn whoever_waits_comes_first() {
        let mut needs = needs(&[100.0, 1.0]);
        needs[1].waiting = 2;
        assert_eq!(next(&needs, 8), Some(Next::StartForWaiting(1)));
        needs[1].starting = 2;
        assert_eq!(next(&needs, 8), Some(Next::StartAhead(0)));
        let (ready, _) = settle(&mut needs, 2);
        assert_eq!(ready, [2, 0]);
    }

    #[test]
    fn demand_that_moves_moves_seats_and_demand_that_wavers_does_not() {
        let mut needs = needs(&[10.0, 10.0]);
        assert_eq!(settle(&mut needs, 4).0, [2, 2]);
        for demand in [10.5, 9.5, 11.0, 9.0] {
            needs[0].demand = demand;
            assert_eq!(next(&needs, 4), None);
        }
        needs[0].demand = 100.0;
        assert_eq!(settle(&mut needs, 4).0, [3, 1]);
    }
}
