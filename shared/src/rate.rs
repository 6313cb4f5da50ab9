//! Rates: how many requests there may be within a minute, of a key, a user, an organisation or an
//! address.
//!
//! A rate is a GCRA: a request is taken if the rate is not used too far ahead of the time, and uses it
//! a little further. So there may be a burst, and on average never more than the rate. It is kept in
//! Redis, by Redis's own time, for all APIs together. Where Redis does not answer, each API keeps it by
//! itself until it does.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::queue::{Queue, QueueError, scripts};

/// Of a rate's minute, what may be used at once: ten seconds.
const BURSTS_PER_MINUTE: u32 = 6;

/// How long Redis is not asked after it did not answer: a request must not wait for it each time.
const PAUSE: Duration = Duration::from_secs(1);

/// Rates that one process keeps by itself at most. Beyond that it begins anew, which lets a burst pass.
const MAX_KEPT: usize = 100_000;

const MINUTE_US: f64 = 60e6;

/// A rate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rate {
    /// Whose it is; no other rate's name.
    pub name: String,
    /// What it counts, for people: `key`, `user`.
    pub of: &'static str,
    /// Requests within a minute; one at least.
    pub per_minute: u32,
}

/// How the tightest of some rates stands after a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// What it counts.
    pub of: &'static str,
    /// Requests within a minute.
    pub limit: u32,
    /// Requests that would be taken at once.
    pub remaining: u32,
    /// When all of a burst may be used again.
    pub reset: Duration,
    /// When to come again; `None`: the request was taken.
    pub retry_after: Option<Duration>,
}

impl Rate {
    /// Microseconds from one request to the next.
    fn interval(&self) -> f64 {
        MINUTE_US / f64::from(self.per_minute.max(1))
    }

    /// Requests that may come at once.
    fn burst(&self) -> u32 {
        self.per_minute.div_ceil(BURSTS_PER_MINUTE).max(1)
    }

    /// Microseconds by which it may be used ahead of the time. A millionth more lets sums of fractions
    /// be a little too large.
    fn tolerance(&self) -> f64 {
        self.interval() * (f64::from(self.burst()) + 1e-6)
    }

    /// How it stands, used so many microseconds ahead.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 0 and a burst"
    )]
    fn standing(&self, ahead: f64, taken: bool) -> Standing {
        let micros = |micros: f64| Duration::from_micros(micros.max(0.0) as u64);
        let room = ((self.tolerance() - ahead) / self.interval()).max(0.0);
        let retry_after = micros(ahead + self.interval() - self.tolerance());
        Standing {
            of: self.of,
            limit: self.per_minute,
            remaining: room as u32,
            reset: micros(ahead),
            retry_after: (!taken).then_some(retry_after),
        }
    }
}

/// Takes requests from rates.
#[derive(Debug)]
pub struct Rates {
    queue: Queue,
    own: Mutex<Own>,
}

/// What a process keeps by itself.
#[derive(Debug)]
struct Own {
    started: Instant,
    /// Until when Redis is not asked.
    pause: Option<Instant>,
    /// Of each rate, the microsecond since the start up to which it is used.
    used: HashMap<String, f64>,
}

impl Rates {
    /// Rates in the queue's Redis.
    pub fn new(queue: Queue) -> Self {
        let own = Own { started: Instant::now(), pause: None, used: HashMap::new() };
        Self { queue, own: Mutex::new(own) }
    }

    /// Takes a request from all of these, or none. `None`: there are no rates.
    pub async fn take(&self, rates: &[Rate]) -> Option<Standing> {
        if rates.is_empty() {
            return None;
        }
        let pausing = self.own().pause.is_some_and(|until| Instant::now() < until);
        let (taken, ahead) = match pausing {
            true => self.own().take(rates),
            false => match self.take_from_redis(rates).await {
                Ok(answer) => answer,
                Err(error) => {
                    tracing::warn!(error = ?error, "rates are kept by this process alone");
                    let mut own = self.own();
                    own.pause = Some(Instant::now() + PAUSE);
                    own.take(rates)
                }
            },
        };
        tightest(rates, taken, &ahead)
    }

    async fn take_from_redis(&self, rates: &[Rate]) -> Result<(bool, Vec<f64>), QueueError> {
        let mut call = self.queue.script(&scripts::RATE);
        for rate in rates {
            call.arg(&rate.name).arg(rate.interval()).arg(rate.tolerance());
        }
        // Whoever does not hear the answer counts by itself: twice in Redis would be once too often.
        let answer: Vec<i64> = self.queue.invoke_once(&call).await?;
        let (taken, ahead) = answer.split_first().unwrap_or((&1, &[]));
        #[expect(clippy::cast_precision_loss, reason = "some minutes in microseconds")]
        let ahead = ahead.iter().map(|micros| *micros as f64).collect();
        Ok((*taken == 1, ahead))
    }

    fn own(&self) -> MutexGuard<'_, Own> {
        self.own.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Own {
    fn take(&mut self, rates: &[Rate]) -> (bool, Vec<f64>) {
        let now = self.started.elapsed().as_secs_f64() * 1e6;
        if self.used.len() >= MAX_KEPT {
            self.used.retain(|_, used| *used > now);
            if self.used.len() >= MAX_KEPT {
                self.used.clear();
            }
        }
        take(&mut self.used, rates, now)
    }
}

/// What the script does, at this microsecond.
fn take(used: &mut HashMap<String, f64>, rates: &[Rate], now: f64) -> (bool, Vec<f64>) {
    let ahead = |rate: &Rate| (used.get(&rate.name).copied().unwrap_or_default() - now).max(0.0);
    let mut ahead: Vec<f64> = rates.iter().map(ahead).collect();
    let fits = |(rate, ahead): (&Rate, &f64)| ahead + rate.interval() <= rate.tolerance();
    let taken = rates.iter().zip(&ahead).all(fits);
    if taken {
        for (rate, ahead) in rates.iter().zip(&mut ahead) {
            *ahead += rate.interval();
            used.insert(rate.name.clone(), now + *ahead);
        }
    }
    (taken, ahead)
}

/// Of several rates the one that is to be told of: the one that takes longest to let a refused
/// request pass, else the one with the least room.
fn tightest(rates: &[Rate], taken: bool, ahead: &[f64]) -> Option<Standing> {
    let standings = rates.iter().zip(ahead).map(|(rate, ahead)| rate.standing(*ahead, taken));
    match taken {
        true => standings.min_by_key(|standing| standing.remaining),
        false => standings.max_by_key(|standing| standing.retry_after),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn rate(name: &str, per_minute: u32) -> Rate {
        Rate { name: name.to_owned(), of: "key", per_minute }
    }

    /// How many of requests, one each `every_us` for `seconds`, are taken.
    fn taken(per_minute: u32, every_us: u32, seconds: u32) -> u32 {
        let (mut used, rates) = (HashMap::new(), [rate("a", per_minute)]);
        let requests = seconds * 1_000_000 / every_us;
        let is_taken = |nth: u32| take(&mut used, &rates, f64::from(nth) * f64::from(every_us)).0;
        let taken = (0..requests).map(is_taken).filter(|taken| *taken).count();
        u32::try_from(taken).unwrap()
    }

    #[rstest]
    // A burst of ten seconds' worth, then the rate.
    #[case(6000, 1_000, 60, 1_000 + 6_000)]
    #[case(60, 10_000, 60, 10 + 60)]
    #[case(7, 10_000, 60, 2 + 7)]
    #[case(1, 10_000, 60, 1)]
    // Who stays below the rate is never refused.
    #[case(6000, 10_000, 60, 6_000)]
    #[case(60, 1_000_000, 600, 600)]
    fn there_is_a_burst_and_then_the_rate(
        #[case] per_minute: u32,
        #[case] every_us: u32,
        #[case] seconds: u32,
        #[case] expected: u32,
    ) {
        let taken = taken(per_minute, every_us, seconds);
        assert!(taken.abs_diff(expected) <= 1 + expected / 100, "{taken} instead of {expected}");
    }

    #[test]
    fn a_request_is_taken_from_all_rates_or_none() {
        let (mut used, tight, loose) = (HashMap::new(), rate("tight", 6), rate("loose", 600));
        let both = [tight, loose.clone()];
        assert!(take(&mut used, &both, 0.0).0);
        let before = used.clone();
        for _ in 0..10 {
            let (taken, ahead) = take(&mut used, &both, 0.0);
            assert!(!taken);
            let told = tightest(&both, taken, &ahead).unwrap();
            assert_eq!((told.limit, told.remaining), (6, 0));
            let seconds = told.retry_after.unwrap().as_secs_f64();
            assert!((9.9..=10.0).contains(&seconds), "{seconds}");
        }
        assert_eq!(used, before, "what is refused uses nothing");
        let (taken, ahead) = take(&mut used, &[loose], 0.0);
        let told = tightest(&both[1..], taken, &ahead).unwrap();
        assert_eq!((told.limit, told.remaining, told.retry_after), (600, 98, None));
        assert_eq!(told.reset, Duration::from_millis(200));
    }

    #[test]
    fn where_nothing_is_limited_nothing_is_told() {
        assert_eq!(tightest(&[], true, &[]), None);
    }
}
