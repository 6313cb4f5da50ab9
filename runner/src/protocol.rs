//! The wire protocol between a worker and the runner inside a container.
//!
//! The worker attaches to the container's standard streams. It writes one [`Job`] to the runner's
//! stdin and reads [`Frame`]s from its stdout. The runner's stderr carries the runner's own
//! complaints, for a worker's log. What user code prints travels only as the payload of
//! [`Frame::Stdout`] and [`Frame::Stderr`], so it cannot be mistaken for anything else.
//!
//! On the wire a frame is one kind byte, the payload's length (`u32`, little endian) and the
//! payload: raw bytes for output, [postcard](https://docs.rs/postcard) for everything else.
//!
//! ```text
//! worker                                  runner (PID 1)
//!                           ◀── Ready ──  started, waiting
//!           ── Job ──▶
//!                    ◀── StepStarted 0 ──  compile
//!                 ◀── Stdout / Stderr ──
//!                      ◀── StepEnded 0 ──  facts: how it ended, what it used
//!                    ◀── StepStarted 1 ──  run …
//!                       ◀── Finished ───  everything is killed; the runner exits
//! ```

use serde::{Deserialize, Serialize};

/// Raised whenever a frame's meaning changes; a worker refuses a runner of another version.
pub const PROTOCOL_VERSION: u16 = 1;

/// The most output one frame carries, in bytes.
pub const MAX_OUTPUT_BYTES: usize = 32 * 1024;

/// The largest payload a runner sends: output, or a report, which is far smaller.
pub const MAX_FRAME_BYTES: usize = 64 * 1024;

/// The largest job a runner accepts, in bytes. A worker refuses a larger one before sending it.
pub const MAX_JOB_BYTES: usize = 64 * 1024 * 1024;

/// Where the runner lies in every image. Only root may read or run it.
pub const RUNNER_PATH: &str = "/airlock-runner";

/// The working directory of every step: a tmpfs that belongs to [`USER_ID`].
pub const WORK_DIR: &str = "/work";

/// The user and group that steps run as. It has no name in any image and owns nothing in it.
pub const USER_ID: u32 = 10_001;

/// Everything a container is asked to do, once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// Written to [`WORK_DIR`] before the first step.
    pub files: Vec<SourceFile>,
    /// Executed in order. A step that does not exit with 0 ends the job.
    pub steps: Vec<Step>,
}

/// One file of a submission.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceFile {
    /// Relative to [`WORK_DIR`], without `..`, not absolute.
    pub path: String,
    /// The file's bytes.
    #[serde(with = "bytes")]
    pub contents: Vec<u8>,
}

/// One program to run to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// What the step is for.
    pub phase: Phase,
    /// Program and arguments; a program without a slash is looked up in the step's `PATH`.
    pub argv: Vec<String>,
    /// The whole environment; nothing is inherited.
    pub env: Vec<(String, String)>,
    /// Given to the program on its stdin, which is then closed.
    #[serde(with = "bytes")]
    pub stdin: Vec<u8>,
    /// What the step may use.
    pub limits: StepLimits,
}

/// What a step is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Phase {
    /// Turns the source into a program.
    Compile,
    /// Runs the program.
    Run,
}

/// The limits that the runner holds itself. Memory and processes are limits of the container.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepLimits {
    /// Wall time, in milliseconds.
    pub wall_ms: u64,
    /// User and system CPU time of all processes together, in milliseconds.
    pub cpu_ms: u64,
    /// Kept of stdout and of stderr, each, in bytes; one byte more ends the step.
    pub output_bytes: u64,
    /// Open files per process (`RLIMIT_NOFILE`).
    pub open_files: u64,
    /// Largest file a process may write, in bytes (`RLIMIT_FSIZE`).
    pub file_bytes: u64,
    /// Stack of a process, in bytes (`RLIMIT_STACK`).
    pub stack_bytes: u64,
}

/// What a runner tells its worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// The runner has started and waits for a job.
    Ready(Ready),
    /// The step with this index starts.
    StepStarted(u32),
    /// Bytes the running step wrote to its stdout.
    Stdout(Vec<u8>),
    /// Bytes the running step wrote to its stderr.
    Stderr(Vec<u8>),
    /// The running step is over and every process of it is gone.
    StepEnded(StepReport),
    /// The job is over; nothing follows.
    Finished(Finished),
}

/// The runner's greeting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ready {
    /// The runner's [`PROTOCOL_VERSION`].
    pub version: u16,
}

/// The facts of one step, from which the worker derives a verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepReport {
    /// How the step's first process ended.
    pub end: End,
    /// The limit for which the runner stopped the step, if it did.
    pub stopped_for: Option<StopReason>,
    /// Processes the kernel killed for want of memory during the step.
    pub oom_kills: u64,
    /// Times the kernel refused a new process or thread during the step.
    pub process_limit_hits: u64,
    /// From the start of the first process to its end, in microseconds.
    pub wall_us: u64,
    /// User and system time of all processes, in microseconds.
    pub cpu_us: u64,
    /// Peak memory in bytes: the container's peak where this step raised it, else the largest
    /// resident set of its processes.
    pub memory_bytes: u64,
    /// Stdout went past its limit; what was sent is its beginning.
    pub stdout_truncated: bool,
    /// Stderr went past its limit; what was sent is its beginning.
    pub stderr_truncated: bool,
}

/// How a step's first process ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum End {
    /// It exited with this code.
    Exited(i32),
    /// This signal ended it.
    Signaled(i32),
    /// It could not be started: the reason, in the kernel's words.
    NotStarted(String),
}

/// Why the runner stopped a step before its own end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum StopReason {
    /// [`StepLimits::wall_ms`] passed.
    WallTime,
    /// [`StepLimits::cpu_ms`] used.
    CpuTime,
    /// [`StepLimits::output_bytes`] passed on either stream.
    Output,
    /// A process was killed for want of memory, so the others were too.
    Memory,
    /// New processes were refused so often that nothing but a bomb can be running.
    Processes,
}

/// How a job ended, as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Finished {
    /// Every step that was to run has been reported.
    Done,
    /// The runner could not carry the job out: a reason for the worker's log.
    Failed(String),
}

/// Why bytes could not be understood as frames. The connection is of no use after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProtocolError {
    /// A kind byte that no frame has.
    UnknownKind(u8),
    /// A payload longer than its kind allows; the length in bytes.
    TooLong(u64),
    /// A payload that does not decode.
    Malformed,
}

impl std::fmt::Display for ProtocolError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::UnknownKind(kind) => write!(f, "unknown frame kind {kind:#04x}"),
            Self::TooLong(length) => write!(f, "frame of {length} bytes is too long"),
            Self::Malformed => f.write_str("frame does not decode"),
        }
    }
}

impl std::error::Error for ProtocolError {}

const HEADER_BYTES: usize = 5;

const KIND_READY: u8 = 1;
const KIND_STEP_STARTED: u8 = 2;
const KIND_STDOUT: u8 = 3;
const KIND_STDERR: u8 = 4;
const KIND_STEP_ENDED: u8 = 5;
const KIND_FINISHED: u8 = 6;
const KIND_JOB: u8 = 16;

impl Frame {
    /// The frame as it goes over the wire.
    pub fn encode(&self) -> Vec<u8> {
        match self {
            Self::Ready(ready) => structured(KIND_READY, ready),
            Self::StepStarted(index) => structured(KIND_STEP_STARTED, index),
            Self::Stdout(bytes) => framed(KIND_STDOUT, bytes),
            Self::Stderr(bytes) => framed(KIND_STDERR, bytes),
            Self::StepEnded(report) => structured(KIND_STEP_ENDED, report),
            Self::Finished(finished) => structured(KIND_FINISHED, finished),
        }
    }

    fn decode(kind: u8, payload: &[u8]) -> Result<Self, ProtocolError> {
        Ok(match kind {
            KIND_READY => Self::Ready(parse(payload)?),
            KIND_STEP_STARTED => Self::StepStarted(parse(payload)?),
            KIND_STDOUT => Self::Stdout(payload.to_vec()),
            KIND_STDERR => Self::Stderr(payload.to_vec()),
            KIND_STEP_ENDED => Self::StepEnded(parse(payload)?),
            KIND_FINISHED => Self::Finished(parse(payload)?),
            other => return Err(ProtocolError::UnknownKind(other)),
        })
    }
}

impl Job {
    /// The job as it goes over the wire, or `None` if it is larger than [`MAX_JOB_BYTES`].
    pub fn encode(&self) -> Option<Vec<u8>> {
        let frame = structured(KIND_JOB, self);
        (frame.len() - HEADER_BYTES <= MAX_JOB_BYTES).then_some(frame)
    }

    /// Reads one job frame from a blocking reader.
    ///
    /// `Ok(None)` means that the stream ended before a job began: the worker has no use for this
    /// container any more.
    pub fn read_from(reader: &mut impl std::io::Read) -> std::io::Result<Option<Self>> {
        let invalid = |error| std::io::Error::new(std::io::ErrorKind::InvalidData, error);
        let mut header = [0; HEADER_BYTES];
        if let Err(error) = reader.read_exact(&mut header) {
            return match error.kind() {
                std::io::ErrorKind::UnexpectedEof => Ok(None),
                _ => Err(error),
            };
        }
        let (kind, length) = parse_header(header);
        if kind != KIND_JOB {
            return Err(invalid(ProtocolError::UnknownKind(kind)));
        }
        if length > MAX_JOB_BYTES {
            return Err(invalid(ProtocolError::TooLong(length as u64)));
        }
        let mut payload = vec![0; length];
        reader.read_exact(&mut payload)?;
        parse(&payload).map(Some).map_err(invalid)
    }
}

/// Cuts a stream of bytes into [`Frame`]s, however the bytes arrive.
///
/// It holds at most one unfinished frame and the last chunk pushed, so at most
/// [`MAX_FRAME_BYTES`] beyond what the caller handed it.
#[derive(Debug, Default)]
pub struct FrameDecoder {
    buffer: Vec<u8>,
    consumed: usize,
}

impl FrameDecoder {
    /// Adds bytes as they were read.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.drain(..self.consumed);
        self.consumed = 0;
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole frame, or `None` until more bytes are pushed.
    pub fn next_frame(&mut self) -> Result<Option<Frame>, ProtocolError> {
        let pending = &self.buffer[self.consumed..];
        let Some((header, rest)) = pending.split_first_chunk::<HEADER_BYTES>() else {
            return Ok(None);
        };
        let (kind, length) = parse_header(*header);
        if length > MAX_FRAME_BYTES {
            return Err(ProtocolError::TooLong(length as u64));
        }
        let Some(payload) = rest.get(..length) else {
            return Ok(None);
        };
        let frame = Frame::decode(kind, payload)?;
        self.consumed += HEADER_BYTES + length;
        Ok(Some(frame))
    }
}

fn parse_header(header: [u8; HEADER_BYTES]) -> (u8, usize) {
    let [kind, length @ ..] = header;
    (kind, u32::from_le_bytes(length) as usize)
}

fn parse<'a, T: Deserialize<'a>>(payload: &'a [u8]) -> Result<T, ProtocolError> {
    postcard::from_bytes(payload).map_err(|_| ProtocolError::Malformed)
}

fn structured(kind: u8, value: &impl Serialize) -> Vec<u8> {
    let payload = postcard::to_allocvec(value).expect("a protocol value always serializes");
    framed(kind, &payload)
}

fn framed(kind: u8, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a payload is shorter than 4 GiB");
    let mut frame = Vec::with_capacity(HEADER_BYTES + payload.len());
    frame.push(kind);
    frame.extend_from_slice(&length.to_le_bytes());
    frame.extend_from_slice(payload);
    frame
}

/// Byte strings as one copy instead of one element at a time.
mod bytes {
    use serde::de::{self, Visitor};
    use serde::{Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_bytes(bytes)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        struct Bytes;
        impl Visitor<'_> for Bytes {
            type Value = Vec<u8>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("bytes")
            }

            fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Vec<u8>, E> {
                Ok(bytes.to_vec())
            }
        }
        from.deserialize_bytes(Bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> StepReport {
        StepReport {
            end: End::Exited(3),
            stopped_for: Some(StopReason::Output),
            oom_kills: 1,
            process_limit_hits: 2,
            wall_us: 3,
            cpu_us: u64::MAX,
            memory_bytes: 5,
            stdout_truncated: true,
            stderr_truncated: false,
        }
    }

    fn frames() -> Vec<Frame> {
        vec![
            Frame::Ready(Ready { version: PROTOCOL_VERSION }),
            Frame::StepStarted(7),
            Frame::Stdout(b"\x06\0\0\0\0not a frame".to_vec()),
            Frame::Stderr(Vec::new()),
            Frame::StepEnded(report()),
            Frame::Finished(Finished::Failed("no space".into())),
        ]
    }

    #[test]
    fn frames_survive_any_way_of_being_cut() {
        let wire: Vec<u8> = frames().iter().flat_map(Frame::encode).collect();
        for chunk in [1, 2, 3, 5, 7, wire.len()] {
            let mut decoder = FrameDecoder::default();
            let mut decoded = Vec::new();
            for bytes in wire.chunks(chunk) {
                decoder.push(bytes);
                while let Some(frame) = decoder.next_frame().unwrap() {
                    decoded.push(frame);
                }
            }
            assert_eq!(decoded, frames(), "in chunks of {chunk}");
        }
    }

    #[test]
    fn a_job_survives_the_wire() {
        let job = Job {
            files: vec![SourceFile { path: "main.c".into(), contents: vec![0, 255, 10] }],
            steps: vec![Step {
                phase: Phase::Run,
                argv: vec!["./main".into(), "ä".into()],
                env: vec![("PATH".into(), "/bin".into())],
                stdin: b"1 2".to_vec(),
                limits: StepLimits {
                    wall_ms: 1,
                    cpu_ms: 2,
                    output_bytes: 3,
                    open_files: 4,
                    file_bytes: 5,
                    stack_bytes: 6,
                },
            }],
        };
        let wire = job.encode().unwrap();
        assert_eq!(Job::read_from(&mut wire.as_slice()).unwrap(), Some(job));
    }

    #[test]
    fn a_stream_that_ends_before_a_job_is_no_error() {
        assert_eq!(Job::read_from(&mut [].as_slice()).unwrap(), None);
    }

    #[test]
    fn garbage_is_refused_before_it_is_allocated_for() {
        let mut decoder = FrameDecoder::default();
        decoder.push(&[KIND_STDOUT, 255, 255, 255, 255]);
        assert_eq!(decoder.next_frame(), Err(ProtocolError::TooLong(u64::from(u32::MAX))));

        let mut decoder = FrameDecoder::default();
        decoder.push(&[99, 0, 0, 0, 0]);
        assert_eq!(decoder.next_frame(), Err(ProtocolError::UnknownKind(99)));

        let mut decoder = FrameDecoder::default();
        decoder.push(&[KIND_STEP_ENDED, 1, 0, 0, 0, 0xff]);
        assert_eq!(decoder.next_frame(), Err(ProtocolError::Malformed));

        let huge = [KIND_JOB, 255, 255, 255, 255];
        assert!(Job::read_from(&mut huge.as_slice()).is_err());
        let cut = [KIND_JOB, 9, 0, 0, 0, 1];
        assert!(Job::read_from(&mut cut.as_slice()).is_err());
    }
}
