//! What was used: figures of finished submissions, by day, user, language and verdict.

use bson::DateTime;
use serde::{Deserialize, Serialize};

use crate::outcome::Verdict;
use crate::placement::{Tenant, UserName};

/// A mebibyte, in bytes.
const MIB: i64 = 1024 * 1024;

/// What is counted apart from all else.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Counted {
    /// The day (UTC) on which the submissions ended, as `2026-11-25`.
    pub day: String,
    /// Whose they were.
    pub organisation: Tenant,
    /// Whose of these.
    pub user: UserName,
    /// In which language.
    pub lang: String,
    /// With which verdict.
    pub verdict: String,
}

impl Counted {
    /// Where a submission is counted that ended like this.
    pub fn new(
        organisation: Tenant,
        user: UserName,
        lang: String,
        verdict: Verdict,
        finished_at: DateTime,
    ) -> Self {
        let (day, verdict) = (day(finished_at), verdict.as_str().to_owned());
        Self { day, organisation, user, lang, verdict }
    }

    /// Its name in the store; in the order of days.
    pub fn id(&self) -> String {
        let Self { day, organisation, user, lang, verdict } = self;
        format!("{organisation}/{day}/{user}/{lang}/{verdict}")
    }
}

/// A point in time's day (UTC).
pub fn day(at: DateTime) -> String {
    let mut text = at.try_to_rfc3339_string().unwrap_or_default();
    text.truncate("2026-11-25".len());
    text
}

/// What submissions used together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Used {
    /// Submissions that ended.
    pub executions: i64,
    /// CPU time of all their steps, in milliseconds.
    pub cpu_ms: i64,
    /// Wall time of all their steps, in milliseconds.
    pub wall_ms: i64,
    /// Peak memory times wall time of each step, in MiB times milliseconds.
    pub memory_mib_ms: i64,
}

impl Used {
    /// One more step of the same submission.
    pub fn add_step(&mut self, wall_ms: i64, cpu_ms: i64, memory_bytes: i64) {
        self.wall_ms = self.wall_ms.saturating_add(wall_ms);
        self.cpu_ms = self.cpu_ms.saturating_add(cpu_ms);
        let memory = memory_bytes.saturating_mul(wall_ms) / MIB;
        self.memory_mib_ms = self.memory_mib_ms.saturating_add(memory);
    }

    /// What others used, too.
    pub fn add(&mut self, other: &Self) {
        self.executions = self.executions.saturating_add(other.executions);
        self.cpu_ms = self.cpu_ms.saturating_add(other.cpu_ms);
        self.wall_ms = self.wall_ms.saturating_add(other.wall_ms);
        self.memory_mib_ms = self.memory_mib_ms.saturating_add(other.memory_mib_ms);
    }
}

/// A line of the accounts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// What it counts.
    #[serde(flatten)]
    pub counted: Counted,
    /// What was used.
    #[serde(flatten)]
    pub used: Used,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_one_in_utc() {
        assert_eq!(day(DateTime::from_millis(0)), "1970-01-01");
        assert_eq!(day(DateTime::from_millis(86_399_999)), "1970-01-01");
        assert_eq!(day(DateTime::from_millis(86_400_000)), "1970-01-02");
    }

    #[test]
    fn steps_add_up() {
        let mut used = Used { executions: 1, ..Used::default() };
        used.add_step(1000, 500, 64 * MIB);
        used.add_step(2000, 100, 32 * MIB);
        let expected = Used { executions: 1, wall_ms: 3000, cpu_ms: 600, memory_mib_ms: 128_000 };
        assert_eq!(used, expected);
        used.add(&expected);
        assert_eq!((used.executions, used.memory_mib_ms), (2, 256_000));
    }
}
