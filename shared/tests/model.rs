//! A model of one submission's way through API, store, queue and two workers, walked through in every
//! order of their steps, with faults between any two of them. What is written to the store is decided
//! by `shared/src/lifecycle.rs` itself.
//!
//! It shows that the promises hold, and that without any one of the rules one of them does not.

mod api;
mod checker;
mod faults;
mod promises;
mod rules;
mod scenario;
mod steps;
mod workers;
mod world;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use checker::{Size, walk};
use rules::{Rule, Rules};
use scenario::SCENARIOS;

#[test]
fn the_promises_hold_in_every_order_of_steps_and_faults() {
    let mut all = Size::default();
    for scenario in SCENARIOS {
        let began = Instant::now();
        let size = walk(scenario, Rules { without: None })
            .unwrap_or_else(|found| panic!("{}: {}", scenario.name, found.tell()));
        println!(
            "{:38} {:9} states {:10} transitions, {} executions at most, {:.1?}",
            scenario.name,
            size.worlds,
            size.steps,
            size.executions,
            began.elapsed()
        );
        all.worlds += size.worlds;
        all.steps += size.steps;
    }
    println!("{:38} {:9} states {:10} transitions", "together", all.worlds, all.steps);
}

#[test]
fn without_any_one_rule_a_promise_is_broken() {
    let found = for_each_rule(|rule| {
        let rules = Rules { without: Some(rule) };
        SCENARIOS.iter().find_map(|scenario| {
            walk(scenario, rules).err().map(|found| (scenario.name, found.tell()))
        })
    });
    let mut spared = Vec::new();
    for (rule, found) in found {
        match found {
            Some((scenario, told)) => println!("without {rule:?} ({scenario}): {told}"),
            None => spared.push(rule),
        }
    }
    // Where each claim has a token of its own, its epoch tells nothing more. It is compared all the
    // same: a token is drawn at random, and an epoch is counted.
    assert_eq!(spared, [Rule::ClaimComparedByEpoch], "these rules can be spared");
}

/// Asks for all rules, on all cores.
fn for_each_rule<T: Send>(ask: impl Fn(Rule) -> T + Sync) -> Vec<(Rule, T)> {
    let next = AtomicUsize::new(0);
    let work = || {
        let rules = std::iter::from_fn(|| Rule::ALL.get(next.fetch_add(1, Ordering::Relaxed)));
        rules.map(|rule| (*rule, ask(*rule))).collect::<Vec<_>>()
    };
    std::thread::scope(|scope| {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("no panic")).collect()
    })
}
