//! Judges a history: whether the promises were held, and how well.
//!
//! It knows nothing but the history, so what it finds can be found again from the file.

use std::collections::{BTreeMap, BTreeSet};

use super::history::{Entry, Event, Shown};
use super::plan::Fault;

/// Executions of one submission after which it may be given up, however it is to blame.
const STARTS_OF_POISON: usize = 3;

/// A promise that was not held.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Violation {
    /// Which, as ARCHITECTURE.md counts them, or what else.
    pub promise: &'static str,
    /// In what way.
    pub what: &'static str,
    /// Of what.
    pub subject: String,
}

/// What a history shows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Findings {
    /// Every promise that was not held.
    pub violations: Vec<Violation>,
    /// Submissions that were accepted.
    pub accepted: usize,
    /// Requests to submit that were answered with an error, or not at all.
    pub refused: usize,
    /// Submissions that were accepted and have no result.
    pub lost: usize,
    /// Submissions of which two different results were seen.
    pub double: usize,
    /// Clients that waited.
    pub waiters: usize,
    /// Clients that were never answered.
    pub unanswered: usize,
    /// Things left behind.
    pub left: usize,
    /// Executions that started, by submission.
    pub executions: BTreeMap<String, usize>,
    /// Faults.
    pub faults: BTreeMap<Fault, usize>,
    /// From the end of the last fault until everything accepted before it had its result, in
    /// milliseconds.
    pub recovery_ms: u64,
}

/// All that a history says of one submission.
#[derive(Debug, Default)]
struct Story<'a> {
    prints: Option<&'a str>,
    accepted_at: Option<u64>,
    denied: bool,
    shown: Vec<&'a Shown>,
    first_shown_at: Option<u64>,
    stored: Option<(i64, Option<&'a str>)>,
    unfinished: bool,
    starts: Vec<(i64, &'a str)>,
    cancel_asked: bool,
    /// Whether it was withdrawn before any worker had it, so that it must never have run to its end.
    cancelled_at_once: bool,
}

/// Judges a history from its beginning to the point where everything has come to rest.
pub fn check(history: &[Entry]) -> Findings {
    let mut findings = Findings::default();
    let stories = read(history, &mut findings);
    let broken: BTreeSet<Fault> = findings.faults.keys().copied().collect();
    let mut recovered_at = 0;
    let last_mended = history.iter().rev().find_map(|entry| {
        matches!(entry.event, Event::Mended { .. } | Event::Broken { .. }).then_some(entry.at_ms)
    });
    for (id, story) in &stories {
        story.judge(id, &broken, &mut findings);
        if let (Some(accepted), Some(shown)) = (story.accepted_at, story.first_shown_at)
            && last_mended.is_some_and(|mended| accepted < mended)
        {
            recovered_at = recovered_at.max(shown);
        }
        if !story.starts.is_empty() {
            findings.executions.insert((*id).to_owned(), story.starts.len());
        }
    }
    findings.accepted = stories.values().filter(|story| story.accepted_at.is_some()).count();
    findings.recovery_ms = recovered_at.saturating_sub(last_mended.unwrap_or(0));
    findings.violations.sort();
    findings.violations.dedup();
    findings
}

fn read<'a>(history: &'a [Entry], findings: &mut Findings) -> BTreeMap<&'a str, Story<'a>> {
    let mut stories: BTreeMap<&str, Story> = BTreeMap::new();
    let mut prints: BTreeMap<u32, &str> = BTreeMap::new();
    let mut ids: BTreeMap<u32, &str> = BTreeMap::new();
    let mut waiting: BTreeMap<u32, &str> = BTreeMap::new();
    for Entry { at_ms, event } in history {
        match event {
            Event::Submitting { job, prints: text, .. } => {
                prints.insert(*job, text);
            }
            Event::Accepted { job, id } => {
                if ids.insert(*job, id).is_some_and(|before| before != id) {
                    let what = "one idempotency key stands for two submissions";
                    findings.violate("idempotency", what, id);
                }
                let story = stories.entry(id).or_default();
                story.prints = prints.get(job).copied();
                story.accepted_at.get_or_insert(*at_ms);
            }
            Event::Refused { .. } | Event::NoAnswer { .. } => findings.refused += 1,
            Event::Waiting { waiter, id } => {
                findings.waiters += 1;
                waiting.insert(*waiter, id);
            }
            Event::Answered { waiter, id, shown } => {
                waiting.remove(waiter);
                let story = stories.entry(id).or_default();
                story.shown.push(shown);
                story.first_shown_at.get_or_insert(*at_ms);
            }
            Event::Denied { id } => stories.entry(id).or_default().denied = true,
            Event::Peeked { id, status } if *status < 400 => {
                findings.violate("P8", "one tenant has read another's submission", id);
            }
            Event::Cancelling { id } => stories.entry(id).or_default().cancel_asked = true,
            Event::CancelAnswered { id, status } => {
                stories.entry(id).or_default().cancelled_at_once |= *status == 200;
            }
            Event::Broken { fault, .. } => *findings.faults.entry(*fault).or_default() += 1,
            Event::Started { id, worker, epoch } => {
                stories.entry(id).or_default().starts.push((*epoch, worker));
            }
            Event::Panicked { process, .. } => findings.violate("-", "a panic", process),
            Event::Stored { id, epoch, worker } => {
                stories.entry(id).or_default().stored = Some((*epoch, worker.as_deref()));
            }
            Event::Unfinished { id } => stories.entry(id).or_default().unfinished = true,
            Event::Left { what } => {
                findings.left += 1;
                findings.violate("P9", "left behind", what);
            }
            Event::Peeked { .. }
            | Event::Mended { .. }
            | Event::Ended { .. }
            | Event::Warned { .. } => {}
        }
    }
    for id in waiting.into_values() {
        findings.unanswered += 1;
        findings.violate("P1", "a waiting client was never answered", id);
    }
    stories
}

impl Story<'_> {
    fn judge(&self, id: &str, broken: &BTreeSet<Fault>, findings: &mut Findings) {
        let accepted = self.accepted_at.is_some();
        if self.denied && accepted {
            findings.violate("P1", "accepted, then unknown", id);
        }
        if self.unfinished || (accepted && self.shown.is_empty()) {
            findings.lost += usize::from(accepted);
            findings.violate("P1", "never came to its end", id);
        }
        let Some(first) = self.shown.first() else { return };
        if self.shown.iter().any(|shown| shown != first) {
            findings.double += 1;
            findings.violate("P2", "two different results were seen", id);
        }
        self.judge_result(id, first, findings);
        self.judge_claims(id, broken, findings);
    }

    fn judge_result(&self, id: &str, shown: &Shown, findings: &mut Findings) {
        match shown.status.as_str() {
            "completed" => {
                if self.cancelled_at_once {
                    findings.violate("P2", "withdrawn while it waited, and run all the same", id);
                }
                if self.prints.is_some_and(|prints| prints != shown.std_output) {
                    findings.violate("P4", "the result is not this program's", id);
                }
            }
            "cancelled" if !self.cancel_asked => {
                findings.violate("P1", "cancelled, though nobody has asked for it", id);
            }
            "cancelled" => {}
            // After a claim there is a moment before the log line, so a start may be missing.
            "failed" if self.starts.len() + 1 >= STARTS_OF_POISON => {}
            _ => findings.violate("P1", "failed without a cause", id),
        }
    }

    fn judge_claims(&self, id: &str, broken: &BTreeSet<Fault>, findings: &mut Findings) {
        // A claim waits for no majority: what a failover takes back was never made.
        if !broken.iter().any(|fault| fault.may_roll_back()) {
            let mut epochs = BTreeMap::new();
            for (epoch, worker) in &self.starts {
                if epochs.insert(epoch, worker).is_some_and(|before| before != worker) {
                    findings.violate("P3", "one epoch was given to two workers", id);
                }
            }
            let last = epochs.keys().next_back().map_or(0, |epoch| **epoch);
            if self.stored.is_some_and(|(epoch, _)| epoch < last) {
                findings.violate("P3", "a worker has written under an old epoch", id);
            }
        }
        let writer = self.stored.and_then(|(epoch, worker)| Some((epoch, worker?)));
        let known = |(epoch, worker)| self.starts.contains(&(epoch, worker));
        if self.shown[0].status == "completed" && !writer.is_some_and(known) && writer.is_some() {
            findings.violate("P3", "the result was written under a claim that never ran", id);
        }
        if self.starts.len() > 1 && !broken.iter().any(|fault| fault.may_repeat()) {
            findings.violate("P7", "executed twice, and nothing had died", id);
        }
    }
}

impl Findings {
    fn violate(&mut self, promise: &'static str, what: &'static str, subject: &str) {
        self.violations.push(Violation { promise, what, subject: subject.to_owned() });
    }

    /// Adds what another history shows.
    pub fn add(&mut self, other: Self) {
        self.violations.extend(other.violations);
        self.accepted += other.accepted;
        self.refused += other.refused;
        self.lost += other.lost;
        self.double += other.double;
        self.waiters += other.waiters;
        self.unanswered += other.unanswered;
        self.left += other.left;
        self.executions.extend(other.executions);
        for (fault, times) in other.faults {
            *self.faults.entry(fault).or_default() += times;
        }
        self.recovery_ms = self.recovery_ms.max(other.recovery_ms);
    }

    /// Executions of a submission that was executed at all: the mean, and the most.
    pub fn executions_each(&self) -> (f64, usize) {
        let (all, most) = (self.executions.values().sum::<usize>(), self.executions.values().max());
        (all as f64 / self.executions.len().max(1) as f64, most.copied().unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn shown(status: &str, prints: &str) -> Shown {
        Shown {
            status: status.into(),
            verdict: "success".into(),
            std_output: prints.into(),
            finished_at: "12:00".into(),
        }
    }

    fn started(worker: &str, epoch: i64) -> Event {
        Event::Started { id: "a".into(), worker: worker.into(), epoch }
    }

    fn stored(epoch: i64, worker: &str) -> Event {
        Event::Stored { id: "a".into(), epoch, worker: Some(worker.into()) }
    }

    fn broken(fault: Fault) -> Event {
        Event::Broken { fault, target: String::new() }
    }

    fn answered(shown: Shown) -> Event {
        Event::Answered { waiter: 1, id: "a".into(), shown }
    }

    /// A submission that is accepted and waited for, before what a test adds.
    fn beginning() -> Vec<Event> {
        vec![
            Event::Submitting {
                job: 1,
                tenant: "one".into(),
                priority: "normal".into(),
                prints: "1\n".into(),
            },
            Event::Accepted { job: 1, id: "a".into() },
            Event::Waiting { waiter: 1, id: "a".into() },
        ]
    }

    fn judged(events: Vec<Event>) -> Findings {
        let entries =
            events.into_iter().zip(0..).map(|(event, at)| Entry { at_ms: at * 10, event });
        check(&entries.collect::<Vec<_>>())
    }

    fn found(events: Vec<Event>) -> Vec<(&'static str, &'static str)> {
        let findings = judged([beginning(), events].concat());
        findings.violations.iter().map(|violation| (violation.promise, violation.what)).collect()
    }

    #[test]
    fn a_history_in_which_all_went_well_is_good() {
        let well = vec![started("w", 1), answered(shown("completed", "1\n")), stored(1, "w")];
        assert_eq!(found(well), []);
    }

    #[test]
    fn a_takeover_is_good_and_counted() {
        let events = vec![
            started("w", 1),
            broken(Fault::WorkerKilledMidRun),
            Event::Mended { fault: Fault::WorkerKilledMidRun },
            started("v", 2),
            answered(shown("completed", "1\n")),
            stored(2, "v"),
        ];
        let findings = judged([beginning(), events].concat());
        assert_eq!(findings.violations, []);
        assert_eq!((findings.accepted, findings.waiters), (1, 1));
        assert_eq!(findings.executions_each(), (2.0, 2));
        assert_eq!(findings.faults[&Fault::WorkerKilledMidRun], 1);
        assert_eq!(findings.recovery_ms, 20);
    }

    #[rstest]
    #[case::no_result(vec![], "P1", "never came to its end")]
    #[case::no_answer(
        vec![stored(1, "w")], "P1", "a waiting client was never answered")]
    #[case::stuck(vec![Event::Unfinished { id: "a".into() }], "P1", "never came to its end")]
    #[case::stuck_without_an_answer_to_its_client(
        vec![Event::Unfinished { id: "b".into() }], "P1", "never came to its end")]
    #[case::gone(vec![Event::Denied { id: "a".into() }], "P1", "accepted, then unknown")]
    #[case::failed(vec![answered(shown("failed", ""))], "P1", "failed without a cause")]
    #[case::not_asked(
        vec![answered(shown("cancelled", ""))], "P1", "cancelled, though nobody has asked for it")]
    #[case::another_result(
        vec![
            answered(shown("completed", "1\n")),
            answered(Shown { finished_at: "12:01".into(), ..shown("completed", "1\n") }),
        ],
        "P2", "two different results were seen")]
    #[case::another_state(
        vec![answered(shown("cancelled", "")), answered(shown("completed", "1\n"))],
        "P2", "two different results were seen")]
    #[case::run_though_withdrawn(
        vec![
            Event::Cancelling { id: "a".into() },
            Event::CancelAnswered { id: "a".into(), status: 200 },
            answered(shown("completed", "1\n")),
        ],
        "P2", "withdrawn while it waited, and run all the same")]
    #[case::another_programs(
        vec![answered(shown("completed", "2\n"))], "P4", "the result is not this program's")]
    #[case::stale(
        vec![
            started("w", 1),
            started("v", 2),
            answered(shown("completed", "1\n")),
            stored(1, "w"),
        ],
        "P3", "a worker has written under an old epoch")]
    #[case::one_epoch_twice(
        vec![
            broken(Fault::WorkerPaused),
            started("w", 1),
            started("v", 1),
            answered(shown("completed", "1\n")),
            stored(1, "v"),
        ],
        "P3", "one epoch was given to two workers")]
    #[case::nobodys(
        vec![
            started("w", 1),
            answered(shown("completed", "1\n")),
            stored(1, "v"),
        ],
        "P3", "the result was written under a claim that never ran")]
    #[case::drained(
        vec![
            broken(Fault::WorkersRestarted),
            started("w", 1),
            started("v", 2),
            answered(shown("completed", "1\n")),
            stored(2, "v"),
        ],
        "P7", "executed twice, and nothing had died")]
    #[case::seen_by_another(
        vec![Event::Peeked { id: "a".into(), status: 200 }],
        "P8", "one tenant has read another's submission")]
    #[case::left(vec![Event::Left { what: "a container".into() }], "P9", "left behind")]
    #[case::two_for_one_key(
        vec![Event::Accepted { job: 1, id: "b".into() }],
        "idempotency", "one idempotency key stands for two submissions")]
    #[case::panicked(
        vec![Event::Panicked { process: "api".into(), text: String::new() }], "-", "a panic")]
    fn a_bad_history_is_found_to_be_bad(
        #[case] events: Vec<Event>,
        #[case] promise: &'static str,
        #[case] what: &'static str,
    ) {
        let found = found(events);
        assert!(found.contains(&(promise, what)), "{found:?}");
    }

    #[test]
    fn an_epoch_that_a_failover_took_back_may_be_given_again() {
        let events = vec![
            broken(Fault::PrimaryKilled),
            started("w", 1),
            started("v", 1),
            answered(shown("completed", "1\n")),
            stored(1, "v"),
        ];
        assert_eq!(found(events), []);
    }

    #[test]
    fn what_took_three_workers_with_it_may_fail() {
        let events = vec![
            broken(Fault::WorkerKilledMidRun),
            started("w", 1),
            started("v", 2),
            started("u", 3),
            answered(shown("failed", "")),
            stored(3, "u"),
        ];
        assert_eq!(found(events), []);
    }
}
