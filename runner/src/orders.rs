//! The orders of a container's one worker, from the greeting to the end.

use std::path::Path;

use nix::sys::prctl;
use nix::unistd::setgroups;
use runner::protocol::{Frame, Order, PROTOCOL_VERSION, Ready, WORK_DIR};

use crate::cgroup;
use crate::collect;
use crate::failure::{Attempt, Failure};
use crate::files;
use crate::init::Init;
use crate::scratch::{self, Kept};
use crate::step::Sandbox;
use crate::warm::Waiting;
use crate::worker::Worker;

/// Greets the worker and carries out its orders until there are no more.
pub(crate) fn serve(init: &Init, worker: &mut Worker) -> Result<(), Failure> {
    // User code runs as another user, which alone keeps it out; this is the second wall.
    prctl::set_dumpable(false).attempt("hide from other processes")?;
    setgroups(&[]).attempt("leave supplementary groups")?;
    cgroup::close_mounts(Path::new(cgroup::MOUNTS)).attempt("close the directory of cgroups")?;
    let sandbox = Sandbox::new(init)?;
    let mut kept = Kept::default();
    let mut waiting = None;

    let missing_counters = sandbox.missing_counters();
    worker.queue(&Frame::Ready(Ready { version: PROTOCOL_VERSION, missing_counters }));
    worker.flush()?;
    while let Some(order) = worker.receive()? {
        match order {
            Order::Warm(warm) => {
                waiting = Waiting::start(warm)?;
                worker.queue(&Frame::Warmed(waiting.is_some()));
            }
            Order::Write(files) => {
                waiting.as_ref().map_or(Ok(()), Waiting::clear_name)?;
                files::write_all(Path::new(WORK_DIR), &files)?;
            }
            Order::Run(step) => {
                worker.queue(&Frame::StepStarted);
                let report = sandbox.run(step, waiting.take(), worker)?;
                worker.queue(&Frame::StepEnded(report));
            }
            Order::Keep => kept = Kept::of(Path::new(WORK_DIR))?,
            Order::Restore => scratch::restore(&kept)?,
            Order::Collect(wanted) => {
                let collected = collect::send(Path::new(WORK_DIR), &wanted, worker)?;
                worker.queue(&Frame::Collected(collected));
            }
        }
        worker.flush()?;
    }
    Ok(())
}
