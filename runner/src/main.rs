//! `airlock-runner`: PID 1 of every container that Airlock starts.
//!
//! It says that it is ready, takes the orders of one worker for one submission, and runs programs as
//! a user without any privilege:
//!
//! ```text
//! orders ─┬─ files, scratch, collect: what is in the work directory
//!         ├─ warm: a program that waits for its main file
//!         └─ step: spawn (sys) ─ pump ⇄ worker
//!              │      └ limits ◀─ cgroup, children
//!              └─ kill everything, report
//! ```
//!
//! Everything is one thread around `poll`. The exit code is for a person who looks at the
//! container; a worker reads frames.

mod cgroup;
mod children;
mod collect;
mod failure;
mod files;
mod identity;
mod init;
mod limits;
mod orders;
mod pattern;
mod probe;
mod pump;
mod scratch;
mod spawn;
mod step;
mod sys;
mod warm;
mod worker;

use std::process::ExitCode;

use failure::Failure;
use init::Init;
use runner::protocol::PROBE_ARGUMENT;
use worker::Worker;

fn main() -> ExitCode {
    if std::env::args().nth(1).is_some_and(|argument| argument == PROBE_ARGUMENT) {
        return probe::run();
    }
    // Everything below may end in `kill(-1)`, which on a host would mean every process.
    let Some(init) = Init::claim() else {
        eprintln!("airlock-runner is only for use as PID 1 of a container");
        return ExitCode::from(2);
    };
    let mut worker = match Worker::on_standard_streams() {
        Ok(worker) => worker,
        Err(failure) => return complain(&failure),
    };
    match orders::serve(&init, &mut worker) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            worker.give_up(&failure);
            complain(&failure)
        }
    }
    // Whatever still runs dies with this process: it is the container's PID 1.
}

fn complain(failure: &Failure) -> ExitCode {
    eprintln!("airlock-runner: {failure}");
    ExitCode::FAILURE
}
