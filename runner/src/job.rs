//! The one job of a container, from its greeting to its last frame.

use std::path::Path;

use nix::sys::prctl;
use nix::unistd::setgroups;
use runner::protocol::{End, Finished, Frame, PROTOCOL_VERSION, Ready, StepReport, WORK_DIR};

use crate::failure::{Attempt, Failure};
use crate::files;
use crate::init::Init;
use crate::step::Sandbox;
use crate::worker::Worker;

/// Greets the worker, takes its job, and carries it out.
pub(crate) fn serve(init: &Init, worker: &mut Worker) -> Result<(), Failure> {
    // User code runs as another user, which alone keeps it out; this is the second wall.
    prctl::set_dumpable(false).attempt("hide from other processes")?;
    setgroups(&[]).attempt("leave supplementary groups")?;
    let sandbox = Sandbox::new(init)?;

    worker.queue(&Frame::Ready(Ready { version: PROTOCOL_VERSION }));
    worker.flush()?;
    let Some(job) = worker.receive_job()? else { return Ok(()) };

    files::write_all(Path::new(WORK_DIR), &job.files)?;
    // The program's memory limit is shared with this process.
    drop(job.files);
    for (index, step) in (0..).zip(job.steps) {
        worker.queue(&Frame::StepStarted(index));
        let report = sandbox.run(step, worker)?;
        let succeeded = succeeded(&report);
        worker.queue(&Frame::StepEnded(report));
        if !succeeded {
            break;
        }
    }
    worker.queue(&Frame::Finished(Finished::Done));
    worker.flush()
}

/// Whether the next step makes sense after this one.
fn succeeded(report: &StepReport) -> bool {
    report.end == End::Exited(0) && report.stopped_for.is_none()
}
