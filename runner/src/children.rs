//! Collecting ended processes, and what they used.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use runner::protocol::End;

use crate::sys::{self, Waited};

/// The processes of one step, of which the first one decides how the step ended.
pub(crate) struct Children {
    first: i32,
    first_end: Option<(End, Instant)>,
    cpu: Duration,
    largest_rss_bytes: u64,
}

impl Children {
    /// `first` is the process that the step started.
    pub(crate) fn of(first: i32) -> Self {
        Self { first, first_end: None, cpu: Duration::ZERO, largest_rss_bytes: 0 }
    }

    /// Of a step that has started none.
    pub(crate) fn none() -> Self {
        Self::of(0)
    }

    /// Collects every process that has ended, adopted orphans included. `false`: none is left.
    pub(crate) fn reap(&mut self) -> io::Result<bool> {
        loop {
            match sys::wait_any()? {
                Waited::NoChildren => return Ok(false),
                Waited::NoneEnded => return Ok(true),
                Waited::Ended(ended) => {
                    self.cpu += ended.cpu;
                    self.largest_rss_bytes = self.largest_rss_bytes.max(ended.largest_rss_bytes);
                    if ended.pid == self.first {
                        self.first_end = Some((ended.end, Instant::now()));
                    }
                }
            }
        }
    }

    /// How and when the first process ended, once it has.
    pub(crate) fn first_end(&self) -> Option<&(End, Instant)> {
        self.first_end.as_ref()
    }

    /// CPU time of the collected processes and of those that they collected themselves.
    ///
    /// A process that ignores `SIGCHLD` hides its children from this: the cgroup knows better.
    pub(crate) fn cpu(&self) -> Duration {
        self.cpu
    }

    /// The largest resident set that any of them had.
    pub(crate) fn largest_rss_bytes(&self) -> u64 {
        self.largest_rss_bytes
    }
}

/// Turns `SIGCHLD` into something that `poll` can wait for.
pub(crate) struct ChildSignals(SignalFd);

impl ChildSignals {
    /// Blocks `SIGCHLD` in this process; a step's program starts with nothing blocked.
    pub(crate) fn listen() -> nix::Result<Self> {
        let mut mask = SigSet::empty();
        mask.add(Signal::SIGCHLD);
        mask.thread_block()?;
        SignalFd::with_flags(&mask, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK).map(Self)
    }

    /// Waits until a process has ended or the time is over.
    pub(crate) fn wait(&self, timeout: PollTimeout) -> nix::Result<()> {
        let mut watched = [PollFd::new(self.as_fd(), PollFlags::POLLIN)];
        match poll(&mut watched, timeout) {
            Ok(_) | Err(Errno::EINTR) => self.clear(),
            Err(error) => Err(error),
        }
    }

    /// Forgets the signals received so far. Call it before [`Children::reap`], never after.
    pub(crate) fn clear(&self) -> nix::Result<()> {
        while self.0.read_signal()?.is_some() {}
        Ok(())
    }
}

impl AsFd for ChildSignals {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
