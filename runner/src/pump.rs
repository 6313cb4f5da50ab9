//! Moving bytes between a step's standard streams and the worker.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::process::Child;
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags};
use runner::protocol::{Frame, MAX_OUTPUT_BYTES};

use crate::failure::{Attempt, Failure};
use crate::worker::{Worker, set_nonblocking};

/// A running step's three pipes. None of its calls waits for the program.
pub(crate) struct Pump {
    stdin: Option<Input>,
    stdout: Output,
    stderr: Output,
    chunk: Vec<u8>,
    /// Until when output is left in its pipes, to be taken in larger pieces.
    resting_until: Option<Instant>,
}

/// A program that writes less than this at once is left alone for [`REST`]: each piece that is taken
/// costs more than writing it did, and a million of them would cost the program its time.
const SMALL_BYTES: u64 = 4096;

/// A pipe holds 64 KiB, so this slows nobody down who writes less than 32 MB/s in small pieces.
const REST: Duration = Duration::from_millis(2);

impl Pump {
    /// Takes the child's pipes. `kept` bytes of stdout, and of stderr, go to the worker.
    pub(crate) fn of(child: &mut Child, stdin: Vec<u8>, kept: u64) -> Result<Self, Failure> {
        let stdin = match child.stdin.take() {
            Some(pipe) if !stdin.is_empty() => Some(Input::new(pipe.into(), stdin)?),
            // Dropped, so that the program reads the end at once.
            _ => None,
        };
        let stdout = child.stdout.take().map(OwnedFd::from);
        let stderr = child.stderr.take().map(OwnedFd::from);
        Ok(Self {
            stdin,
            stdout: Output::new(stdout, kept, Frame::Stdout)?,
            stderr: Output::new(stderr, kept, Frame::Stderr)?,
            chunk: vec![0; MAX_OUTPUT_BYTES],
            resting_until: None,
        })
    }

    /// When to look at the output again, if it is left alone now.
    pub(crate) fn resting_until(&self) -> Option<Instant> {
        self.resting_until
    }

    /// What to wait for. Output is left in its pipe while the worker has no room for it.
    pub(crate) fn watched(&self, worker: &Worker) -> impl Iterator<Item = PollFd<'_>> {
        let stdin = self.stdin.iter().map(|input| (&input.pipe, PollFlags::POLLOUT));
        let outputs = [&self.stdout, &self.stderr]
            .into_iter()
            .filter(|_| worker.has_room() && self.resting_until.is_none())
            .filter_map(|output| output.pipe.as_ref())
            .map(|pipe| (pipe, PollFlags::POLLIN));
        stdin.chain(outputs).map(|(pipe, flags)| PollFd::new(pipe.as_fd(), flags))
    }

    /// Moves what can be moved now.
    pub(crate) fn move_some(&mut self, worker: &mut Worker) -> Result<(), Failure> {
        if self.stdin.as_mut().is_some_and(|input| !input.write_some()) {
            self.stdin = None;
        }
        if self.resting_until.is_some_and(|until| Instant::now() < until) {
            return worker.send_some();
        }
        self.resting_until = None;
        for output in [&mut self.stdout, &mut self.stderr] {
            if worker.has_room() {
                let left_before = output.left;
                output.forward_some(&mut self.chunk, worker)?;
                if (1..SMALL_BYTES).contains(&(left_before - output.left)) {
                    self.resting_until = Some(Instant::now() + REST);
                }
            }
        }
        worker.send_some()
    }

    /// Moves what is still in the pipes, once no process is left that could write more.
    pub(crate) fn drain(&mut self, worker: &mut Worker) -> Result<(), Failure> {
        self.stdin = None;
        for output in [&mut self.stdout, &mut self.stderr] {
            while output.forward_some(&mut self.chunk, worker)? {
                worker.flush()?;
            }
        }
        Ok(())
    }

    /// Whether stdout went past its limit.
    pub(crate) fn stdout_truncated(&self) -> bool {
        self.stdout.truncated
    }

    /// Whether stderr went past its limit.
    pub(crate) fn stderr_truncated(&self) -> bool {
        self.stderr.truncated
    }
}

struct Input {
    pipe: File,
    bytes: Vec<u8>,
    written: usize,
}

impl Input {
    fn new(pipe: OwnedFd, bytes: Vec<u8>) -> Result<Self, Failure> {
        set_nonblocking(&pipe).attempt("set up a step's stdin")?;
        Ok(Self { pipe: pipe.into(), bytes, written: 0 })
    }

    /// `false` once everything is written, or the program has closed its stdin.
    fn write_some(&mut self) -> bool {
        while self.written < self.bytes.len() {
            match self.pipe.write(&self.bytes[self.written..]) {
                Ok(written) => self.written += written,
                Err(error) => match error.kind() {
                    io::ErrorKind::Interrupted => {}
                    io::ErrorKind::WouldBlock => return true,
                    // A program need not read what it is given.
                    _ => return false,
                },
            }
        }
        false
    }
}

struct Output {
    /// `None` after its end, or after the limit.
    pipe: Option<File>,
    left: u64,
    truncated: bool,
    frame: fn(Vec<u8>) -> Frame,
}

impl Output {
    fn new(pipe: Option<OwnedFd>, kept: u64, frame: fn(Vec<u8>) -> Frame) -> Result<Self, Failure> {
        if let Some(pipe) = &pipe {
            set_nonblocking(pipe).attempt("set up a step's output")?;
        }
        Ok(Self { pipe: pipe.map(File::from), left: kept, truncated: false, frame })
    }

    /// Takes one chunk from the pipe. `false`: there is none, now or for ever.
    fn forward_some(&mut self, chunk: &mut [u8], worker: &mut Worker) -> Result<bool, Failure> {
        let Some(pipe) = &mut self.pipe else { return Ok(false) };
        let read = match pipe.read(chunk) {
            Ok(read) => read,
            Err(error) => {
                return match error.kind() {
                    io::ErrorKind::WouldBlock => Ok(false),
                    io::ErrorKind::Interrupted => Ok(true),
                    _ => Err(error).attempt("read a step's output"),
                };
            }
        };
        let kept = usize::try_from(self.left).unwrap_or(usize::MAX).min(read);
        self.left -= kept as u64;
        self.truncated = read > kept;
        if kept > 0 {
            worker.queue(&(self.frame)(chunk[..kept].to_vec()));
        }
        if read == 0 || self.truncated {
            self.pipe = None;
        }
        Ok(self.pipe.is_some())
    }
}

#[cfg(test)]
mod tests {
    use std::io::pipe;

    use super::*;
    use crate::worker::tests::{connected, frames};

    /// What reaches the worker of `written`, and whether the limit was passed.
    fn forwarded(written: &[u8], kept: u64) -> (Vec<u8>, bool) {
        let (reader, mut writer) = pipe().unwrap();
        writer.write_all(written).unwrap();
        drop(writer);
        let (mut worker, _to_runner, from_runner) = connected();
        let mut output = Output::new(Some(reader.into()), kept, Frame::Stdout).unwrap();
        while output.forward_some(&mut [0; 4], &mut worker).unwrap() {}
        worker.flush().unwrap();
        drop(worker);
        let bytes = frames(from_runner).into_iter().flat_map(|frame| match frame {
            Frame::Stdout(bytes) => bytes,
            other => panic!("{other:?} is no output"),
        });
        (bytes.collect(), output.truncated)
    }

    #[test]
    fn output_is_whole_up_to_its_limit_and_cut_there() {
        assert_eq!(forwarded(b"", 0), (b"".to_vec(), false));
        assert_eq!(forwarded(b"123456789", 10), (b"123456789".to_vec(), false));
        assert_eq!(forwarded(b"123456789", 9), (b"123456789".to_vec(), false));
        assert_eq!(forwarded(b"123456789", 8), (b"12345678".to_vec(), true));
        assert_eq!(forwarded(b"1", 0), (b"".to_vec(), true));
    }

    #[test]
    fn input_never_waits_for_a_program_that_does_not_read() {
        let (reader, writer) = pipe().unwrap();
        let mut input = Input::new(writer.into(), vec![b'x'; 1 << 20]).unwrap();
        assert!(input.write_some(), "there is more to write");
        drop(reader);
        assert!(!input.write_some(), "nobody can read it any more");
    }
}
