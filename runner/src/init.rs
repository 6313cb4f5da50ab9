//! Being PID 1: the right to kill everything, and the duty to collect every orphan.

use std::io;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::PollTimeout;
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, getpid};

use crate::children::{ChildSignals, Children};
use crate::failure::{Attempt, Failure};
use crate::identity::as_step_user;

/// A killed process is gone in well under a millisecond, unless its core or a huge address space
/// is being torn down. Beyond this, something is wedged in the kernel and only the end of the
/// whole container helps.
const KILL_PATIENCE: Duration = Duration::from_secs(5);

/// How long to wait for a death before every process is signalled again.
const KILL_AGAIN_MS: u8 = 10;

/// Proof that this process is PID 1, so that "every process" means those of one container.
pub(crate) struct Init(());

impl Init {
    /// `None` anywhere but in a PID namespace's first process.
    pub(crate) fn claim() -> Option<Self> {
        is_pid_1().then_some(Self(()))
    }

    /// Kills every process but this one and collects them all into `children`.
    pub(crate) fn kill_everything(
        &self,
        children: &mut Children,
        signals: &ChildSignals,
    ) -> Result<(), Failure> {
        let deadline = Instant::now() + KILL_PATIENCE;
        loop {
            kill_step_processes().attempt("kill the step's processes")?;
            // PID 1 inherits every orphan: without a child left, there is no process left.
            if !children.reap().attempt("collect ended processes")? {
                return Ok(());
            }
            if Instant::now() >= deadline {
                return Err(io::Error::from(io::ErrorKind::TimedOut))
                    .attempt("end processes that survive being killed");
            }
            signals.wait(PollTimeout::from(KILL_AGAIN_MS)).attempt("wait for processes to end")?;
        }
    }
}

fn is_pid_1() -> bool {
    getpid() == Pid::from_raw(1)
}

fn kill_step_processes() -> io::Result<()> {
    // Asked again right here: this one call must never happen outside a container.
    if !is_pid_1() {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    as_step_user(|| match kill(Pid::from_raw(-1), Signal::SIGKILL) {
        Ok(()) | Err(Errno::ESRCH) => Ok(()),
        Err(error) => Err(error.into()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outside_a_container_nothing_can_be_killed() {
        assert!(Init::claim().is_none(), "these tests do not run as PID 1");
        let refused = kill_step_processes().unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::PermissionDenied);
    }
}
