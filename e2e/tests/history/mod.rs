//! What ran when, from the workers' logs.

use bson::DateTime;
use e2e::Process;
use serde_json::Value;

/// One execution, from when to when, in milliseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Execution {
    pub(crate) submission: String,
    pub(crate) started: i64,
    pub(crate) ended: i64,
}

fn at(entry: &Value) -> i64 {
    let text = entry["timestamp"].as_str().unwrap_or_else(|| panic!("no time: {entry}"));
    DateTime::parse_rfc3339_str(text).expect("a time").timestamp_millis()
}

fn submission(entry: &Value) -> String {
    let id = entry["span"]["submission.id"].as_str();
    id.unwrap_or_else(|| panic!("whose: {entry}")).to_owned()
}

/// The present, as logs have it.
pub(crate) fn now() -> i64 {
    DateTime::now().timestamp_millis()
}

/// What one worker has executed. What has not ended in its log ended when it was killed.
pub(crate) fn of_worker(worker: &Process, killed_at: i64) -> Vec<Execution> {
    let mut ends = worker.logged("execution ended");
    let end_of = |ends: &mut Vec<Value>, id: &str| {
        let nth = ends.iter().position(|entry| submission(entry) == id);
        nth.map_or(killed_at, |nth| at(&ends.remove(nth)))
    };
    let started = worker.logged("execution started");
    let execution = |entry: &Value| {
        let submission = submission(entry);
        let ended = end_of(&mut ends, &submission);
        Execution { submission, started: at(entry), ended }
    };
    started.iter().map(execution).collect()
}

/// The most that ran at any one moment.
pub(crate) fn most_at_once<'a>(executions: impl IntoIterator<Item = &'a Execution>) -> usize {
    let mut events: Vec<(i64, i64)> = executions
        .into_iter()
        .flat_map(|execution| [(execution.started, 1), (execution.ended, -1)])
        .collect();
    // In one millisecond, what ends has ended before another starts.
    events.sort();
    let mut running = 0;
    let counts = events.into_iter().map(|(_, change)| {
        running += change;
        running
    });
    usize::try_from(counts.max().unwrap_or(0)).expect("a count")
}
