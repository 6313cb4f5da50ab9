//! What came of a run, for people.

use std::fmt::Write;
use std::time::Duration;

use super::Fault;
use super::check::Findings;

/// Everything that a run is summed up to.
#[derive(Debug, Default)]
pub struct Report {
    /// How many seeds.
    pub seeds: usize,
    /// How long all of it took.
    pub took: Duration,
    /// The findings of all of them.
    pub findings: Findings,
    /// The cgroups that were left at the end.
    pub cgroups: usize,
}

impl Report {
    /// Whether every promise was held.
    pub fn is_good(&self) -> bool {
        self.findings.violations.is_empty() && self.cgroups == 0
    }

    /// The figures, as a table of Markdown.
    pub fn table(&self) -> String {
        let found = &self.findings;
        let (mean, most) = found.executions_each();
        let rows = [
            ("seeds", self.seeds.to_string()),
            ("minutes", format!("{:.1}", self.took.as_secs_f64() / 60.0)),
            ("submissions accepted", found.accepted.to_string()),
            ("requests to submit that were refused or not answered", found.refused.to_string()),
            ("faults", found.faults.values().sum::<usize>().to_string()),
            ("lost", found.lost.to_string()),
            ("double visible results", found.double.to_string()),
            ("executions per submission, mean", format!("{mean:.3}")),
            ("executions per submission, most", most.to_string()),
            ("worst recovery, seconds", format!("{:.1}", found.recovery_ms as f64 / 1e3)),
            ("clients that waited", found.waiters.to_string()),
            ("clients never answered", found.unanswered.to_string()),
            ("left behind", (found.left + self.cgroups).to_string()),
            ("violations in all", found.violations.len().to_string()),
        ];
        let mut table = "| | |\n|---|---|\n".to_owned();
        for (name, value) in rows {
            let _ = writeln!(table, "| {name} | {value} |");
        }
        table
    }

    /// How often each fault was committed.
    pub fn faults(&self) -> String {
        let mut table = "| fault | times |\n|---|---|\n".to_owned();
        for fault in Fault::ALL {
            let times = self.findings.faults.get(fault).copied().unwrap_or(0);
            let _ = writeln!(table, "| {} | {times} |", fault.about());
        }
        table
    }
}
