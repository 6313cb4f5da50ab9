//! The runner's end of the connection to its worker.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, OwnedFd};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use runner::protocol::{Frame, Order};

use crate::failure::{Attempt, Failure};

/// Unsent bytes beyond which no more output is taken from the program.
///
/// A worker that reads slowly therefore slows the program down, whose wall time goes on; it never
/// makes the runner grow, whose memory is the program's, nor does it stop the clock.
const UNSENT_BYTES: usize = 64 * 1024;

/// Stdin and stdout, as a worker attached to the container sees them.
pub(crate) struct Worker {
    input: File,
    output: File,
    unsent: Vec<u8>,
    sent: usize,
}

impl Worker {
    /// Works on copies of the standard streams that no program inherits.
    pub(crate) fn on_standard_streams() -> Result<Self, Failure> {
        let (input, output) = io::stdin()
            .as_fd()
            .try_clone_to_owned()
            .and_then(|input| Ok((input, io::stdout().as_fd().try_clone_to_owned()?)))
            .attempt("open the connection to the worker")?;
        Self::over(input, output)
    }

    fn over(input: OwnedFd, output: OwnedFd) -> Result<Self, Failure> {
        set_nonblocking(&output).attempt("open the connection to the worker")?;
        Ok(Self { input: input.into(), output: output.into(), unsent: Vec::new(), sent: 0 })
    }

    /// Waits for the next order. `None`: the worker has no use for this container any more.
    pub(crate) fn receive(&mut self) -> Result<Option<Order>, Failure> {
        Order::read_from(&mut self.input).attempt("read an order")
    }

    /// Sends the frame with the next [`Self::send_some`] or [`Self::flush`].
    pub(crate) fn queue(&mut self, frame: &Frame) {
        self.unsent.drain(..self.sent);
        self.sent = 0;
        self.unsent.extend_from_slice(&frame.encode());
    }

    /// Whether output should be queued now.
    pub(crate) fn has_room(&self) -> bool {
        self.unsent.len() - self.sent < UNSENT_BYTES
    }

    /// Sends what the connection takes without waiting.
    pub(crate) fn send_some(&mut self) -> Result<(), Failure> {
        while self.sent < self.unsent.len() {
            match self.output.write(&self.unsent[self.sent..]) {
                Ok(written) => self.sent += written,
                Err(error) => match error.kind() {
                    io::ErrorKind::WouldBlock => return Ok(()),
                    io::ErrorKind::Interrupted => {}
                    _ => return Err(Failure::WorkerGone),
                },
            }
        }
        Ok(())
    }

    /// Sends everything, for as long as the worker is there to take it.
    pub(crate) fn flush(&mut self) -> Result<(), Failure> {
        self.send_some()?;
        while self.sent < self.unsent.len() {
            let mut watched = self.watched().to_vec();
            wait(&mut watched, PollTimeout::NONE)?;
            if Self::is_gone(&watched) {
                return Err(Failure::WorkerGone);
            }
            self.send_some()?;
        }
        Ok(())
    }

    /// What to wait for on this connection; give it back, answered, to [`Self::is_gone`].
    pub(crate) fn watched(&self) -> [PollFd<'_>; 2] {
        let writable = match self.sent < self.unsent.len() {
            true => PollFlags::POLLOUT,
            false => PollFlags::empty(),
        };
        [
            PollFd::new(self.input.as_fd(), PollFlags::POLLIN),
            PollFd::new(self.output.as_fd(), writable),
        ]
    }

    /// A worker is silent while a step runs: anything on its stream is its end, or no worker of ours.
    pub(crate) fn is_gone(watched: &[PollFd<'_>]) -> bool {
        let [input, output, ..] = watched else { return false };
        let broken = PollFlags::POLLERR | PollFlags::POLLHUP;
        input.any().unwrap_or(true) || output.revents().is_none_or(|found| found.intersects(broken))
    }

    /// Tells the worker, if there is one, why its orders end here.
    pub(crate) fn give_up(&mut self, failure: &Failure) {
        let frame = match failure {
            Failure::WorkerGone => return,
            Failure::Submission { .. } => Frame::Refused(failure.to_string()),
            Failure::Runner { .. } => Frame::Failed(failure.to_string()),
        };
        self.queue(&frame);
        // A worker that went away meanwhile has no use for the reason.
        let _ = self.flush();
    }
}

/// Waits until one of the descriptors is ready or the time is over.
pub(crate) fn wait(watched: &mut [PollFd<'_>], timeout: PollTimeout) -> Result<(), Failure> {
    match poll(watched, timeout) {
        Ok(_) | Err(Errno::EINTR) => Ok(()),
        Err(error) => Err(error).attempt("wait for events"),
    }
}

/// Makes reads and writes on this end return at once.
pub(crate) fn set_nonblocking(file: &impl AsFd) -> nix::Result<()> {
    let flags = OFlag::from_bits_retain(fcntl(file, FcntlArg::F_GETFL)?);
    fcntl(file, FcntlArg::F_SETFL(flags | OFlag::O_NONBLOCK)).map(drop)
}

#[cfg(test)]
pub(crate) mod tests {
    use std::io::{PipeReader, PipeWriter, Read, pipe};

    use runner::protocol::FrameDecoder;

    use super::*;

    /// A runner's end, and what the worker holds of it: where to write and where to read.
    pub(crate) fn connected() -> (Worker, PipeWriter, PipeReader) {
        let (input, to_runner) = pipe().unwrap();
        let (from_runner, output) = pipe().unwrap();
        (Worker::over(input.into(), output.into()).unwrap(), to_runner, from_runner)
    }

    /// Every frame that was sent until the runner's end was closed.
    pub(crate) fn frames(mut from_runner: PipeReader) -> Vec<Frame> {
        let mut bytes = Vec::new();
        from_runner.read_to_end(&mut bytes).unwrap();
        let mut decoder = FrameDecoder::default();
        decoder.push(&bytes);
        std::iter::from_fn(|| decoder.next_frame().unwrap()).collect()
    }

    #[test]
    fn a_worker_that_does_not_read_stops_the_output_and_not_the_runner() {
        let (mut worker, _to_runner, from_runner) = connected();
        let frame = Frame::Stdout(vec![b'x'; 4096]);
        let mut queued = 0;
        while worker.has_room() {
            worker.queue(&frame);
            queued += 1;
            worker.send_some().unwrap();
        }

        let reader = std::thread::spawn(move || frames(from_runner));
        worker.flush().unwrap();
        drop(worker);
        assert_eq!(reader.join().unwrap(), vec![frame; queued]);
    }

    #[test]
    fn a_worker_that_goes_away_is_noticed_while_it_has_not_read() {
        let (mut worker, to_runner, _from_runner) = connected();
        while worker.has_room() {
            worker.queue(&Frame::Stdout(vec![b'x'; 4096]));
            worker.send_some().unwrap();
        }
        drop(to_runner);
        assert!(matches!(worker.flush(), Err(Failure::WorkerGone)));
    }

    #[test]
    fn a_closed_connection_between_orders_is_no_failure() {
        let (mut worker, to_runner, _from_runner) = connected();
        drop(to_runner);
        assert!(worker.receive().unwrap().is_none());
    }
}
