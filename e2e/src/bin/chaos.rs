//! Breaks an Airlock of its own in every way there is and judges what its clients have seen.
//!
//! `chaos --seeds N` sees the seeds 1 to N through, `chaos --seed S` one of them. Histories of seeds
//! that went wrong are kept in the folder that `AIRLOCK_TEST_HISTORIES` names, with the figures.

#![expect(clippy::print_stdout, reason = "the figures are what this is for")]
#![expect(clippy::unwrap_used, reason = "a run that goes wrong is none")]

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use e2e::chaos::report::Report;
use e2e::chaos::run::{Run, Seen};
use e2e::chaos::{Plan, lines};
use tokio::signal::unix::{SignalKind, signal};

#[tokio::main]
async fn main() -> ExitCode {
    let seeds = asked(std::env::args().skip(1));
    let mut interrupted = signal(SignalKind::interrupt()).unwrap();
    let mut terminated = signal(SignalKind::terminate()).unwrap();
    // What is given up halfway is taken apart all the same.
    tokio::select! {
        code = see(seeds) => code,
        _ = interrupted.recv() => ExitCode::FAILURE,
        _ = terminated.recv() => ExitCode::FAILURE,
    }
}

async fn see(seeds: RangeInclusive<u64>) -> ExitCode {
    let began = Instant::now();
    let mut run = Run::begin().await;
    println!("the system serves after {:.1} s", began.elapsed().as_secs_f64());
    let mut report = Report::default();
    for seed in seeds.clone() {
        let plan = Plan::of(seed);
        let began = Instant::now();
        let seen = run.see(&plan).await;
        tell(&plan, &seen, began);
        if !seen.findings.violations.is_empty() {
            keep(&format!("seed-{seed}.jsonl"), &lines(&seen.entries));
        }
        report.seeds += 1;
        report.findings.add(seen.findings);
    }
    report.cgroups = run.end().await.len();
    report.took = began.elapsed();
    let heading = format!("Seeds {} to {}.", seeds.start(), seeds.end());
    let text = format!("{heading}\n\n{}\n{}", report.table(), report.faults());
    println!("\n{text}");
    keep("report.md", &text);
    if report.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn tell(plan: &Plan, seen: &Seen, began: Instant) {
    let found = &seen.findings;
    let faults: Vec<String> =
        plan.faults.iter().map(|planned| format!("{:?}", planned.fault)).collect();
    println!(
        "seed {:>4}: {:>5.1} s, {:>3} accepted, recovery {:>4.1} s, {} executions at most; {}",
        plan.seed,
        began.elapsed().as_secs_f64(),
        found.accepted,
        found.recovery_ms as f64 / 1e3,
        found.executions_each().1,
        faults.join(", "),
    );
    for violation in &found.violations {
        println!("    {}: {}: {}", violation.promise, violation.what, violation.subject);
    }
}

/// Keeps something for whoever wants to know more.
fn keep(name: &str, text: &str) {
    let Some(folder) = std::env::var_os("AIRLOCK_TEST_HISTORIES").map(PathBuf::from) else {
        return;
    };
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(name), text).unwrap();
    println!("    kept: {}", folder.join(name).display());
}

fn asked(arguments: impl Iterator<Item = String>) -> RangeInclusive<u64> {
    let arguments: Vec<String> = arguments.collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--seeds", seeds] => match seeds.split_once('-') {
            Some((first, last)) => first.parse().unwrap()..=last.parse().unwrap(),
            None => 1..=seeds.parse().unwrap(),
        },
        _ => panic!("what is wanted is --seeds N or --seeds FIRST-LAST"),
    }
}
