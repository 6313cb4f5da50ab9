//! The wire protocol between a worker and the runner inside a container.
//!
//! The worker attaches to the container's standard streams. It writes [`Order`]s to the runner's
//! stdin and reads [`Frame`]s from its stdout; the end of stdin is the end of the container. The
//! runner's stderr carries the runner's own complaints, for a worker's log. What user code prints
//! travels only as the payload of [`Frame::Stdout`] and [`Frame::Stderr`], so it cannot be mistaken
//! for anything else.
//!
//! Orders are carried out one after the other and may be sent ahead, save that nothing may follow
//! an [`Order::Run`] until its step has ended: meanwhile, anything on stdin ends the container.
//!
//! ```text
//! worker                                  runner (PID 1)
//!                           ◀── Ready ──  started, waiting
//! ── Warm ──▶          ◀── Warmed ──       an interpreter is started ahead
//!        ── Write, Run ──▶
//!                      ◀── StepStarted ──  compile
//!                 ◀── Stdout / Stderr ──
//!                        ◀── StepEnded ──  facts: how it ended, what it used; everything is killed
//! ── Keep, Restore, Run ──▶                a test, from a clean work directory
//!                                     …
//!                       ── (end) ──▶       the runner exits
//! ```
//!
//! [`wire`] says how all of it looks as bytes.

mod wire;

use std::ops::Range;

use serde::{Deserialize, Serialize};

pub use wire::{FrameDecoder, ProtocolError};

/// Raised whenever a message's meaning changes; a worker refuses a runner of another version.
pub const PROTOCOL_VERSION: u16 = 3;

/// The most output or file contents one frame carries, in bytes.
pub const MAX_OUTPUT_BYTES: usize = 32 * 1024;

/// The largest payload a runner sends: output, or a report, which is far smaller.
pub const MAX_FRAME_BYTES: usize = 64 * 1024;

/// The largest order a runner accepts, in bytes. A worker refuses a larger one before sending it.
pub const MAX_ORDER_BYTES: usize = 64 * 1024 * 1024;

/// The most that [`Order::Keep`] remembers, in bytes: it counts as the program's memory.
pub const MAX_KEPT_BYTES: u64 = 32 * 1024 * 1024;

/// The largest main file, in bytes, that a program started ahead is given: what fits into a pipe,
/// which holds 64 KiB, at once.
pub const MAX_WARM_BYTES: usize = 64 * 1024;

/// Where the runner lies in every image. Only root may read or run it.
pub const RUNNER_PATH: &str = "/airlock-runner";

/// What makes the runner a program that tries what user code must not be able to do, as the first
/// argument of a copy of it. [`PROBE_HELD`] is what it prints when all is well.
pub const PROBE_ARGUMENT: &str = "probe";

/// The whole output of a probe that found nothing wrong; else it has a line for each weakness.
pub const PROBE_HELD: &str = "held\n";

/// The working directory of every step: a tmpfs whose owner is the user that steps run as.
pub const WORK_DIR: &str = "/work";

/// Everything else that a step can write to, besides [`WORK_DIR`].
pub const SCRATCH_DIRS: [&str; 3] = ["/tmp", "/dev/shm", "/dev/mqueue"];

/// The users, each with its group, that steps run as. Each container has one to itself, so that what
/// the kernel counts by user is not shared. None has a name in any image or owns anything in it; all
/// are within the 65,536 ids that a rootless engine commonly has.
pub const USER_IDS: Range<u32> = 10_001..50_001;

/// One thing that a container is asked to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Order {
    /// Start a program ahead of its main file: [`Frame::Warmed`]. Only the first order can be this.
    Warm(Warm),
    /// Write these files to [`WORK_DIR`].
    Write(Vec<SourceFile>),
    /// Run one program to its end: [`Frame::StepStarted`], output, [`Frame::StepEnded`].
    Run(Step),
    /// Remember what [`WORK_DIR`] holds.
    Keep,
    /// Make everything that a program can write to as it was when it was told to remember it:
    /// [`WORK_DIR`] as it was, nothing in [`SCRATCH_DIRS`], no System V IPC.
    Restore,
    /// Send the files that match: [`Frame::Artifact`] and [`Frame::ArtifactData`] for each, then
    /// [`Frame::Collected`].
    Collect(Collect),
}

/// A program to start before there is anything for it to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warm {
    /// How it is started.
    pub step: Step,
    /// The file, directly in [`WORK_DIR`], that it reads from beginning to end and only once.
    pub main: String,
}

/// One file of a submission.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceFile {
    /// Relative to [`WORK_DIR`], without `..`, not absolute.
    pub path: String,
    /// The file's bytes.
    #[serde(with = "wire::bytes")]
    pub contents: Vec<u8>,
    /// Whether it may be run as a program.
    pub executable: bool,
}

/// Which files to send.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Collect {
    /// Relative to [`WORK_DIR`]: between slashes, patterns of the crate `glob`, or `**` for any number
    /// of directories.
    pub patterns: Vec<String>,
    /// The most to send, in bytes of contents. A file that does not fit is left out.
    pub max_bytes: u64,
}

/// One program to run to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Program and arguments; a program without a slash is looked up in the step's `PATH`.
    pub argv: Vec<String>,
    /// The whole environment; nothing is inherited.
    pub env: Vec<(String, String)>,
    /// Given to the program on its stdin, which is then closed.
    #[serde(with = "wire::bytes")]
    pub stdin: Vec<u8>,
    /// What the step may use.
    pub limits: StepLimits,
    /// Whether this may be the program that was started by [`Order::Warm`], where its arguments,
    /// environment and limits are the same. It is first come, first served: there is only one.
    pub warm: bool,
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
    /// The runner has started and waits for orders.
    Ready(Ready),
    /// Whether the program that was to be started ahead waits for its main file now.
    Warmed(bool),
    /// A step starts.
    StepStarted,
    /// Bytes the running step wrote to its stdout.
    Stdout(Vec<u8>),
    /// Bytes the running step wrote to its stderr.
    Stderr(Vec<u8>),
    /// The running step is over and every process of it is gone.
    StepEnded(StepReport),
    /// A file that matches, by its path: its contents follow.
    Artifact(String),
    /// Bytes of the last [`Frame::Artifact`].
    ArtifactData(Vec<u8>),
    /// All files that match have been sent, but for those that did not fit.
    Collected(Collected),
    /// The submission's own contents made an order impossible: a reason for its author. Nothing
    /// follows.
    Refused(String),
    /// The runner could not carry an order out: a reason for the worker's log. Nothing follows.
    Failed(String),
}

/// The end of a collection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Collected {
    /// Whether a file that matches was left out, for its size or for the number of files.
    pub truncated: bool,
}

/// The runner's greeting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ready {
    /// The runner's [`PROTOCOL_VERSION`].
    pub version: u16,
    /// What the container's cgroup does not count, in words, although a limit depends on it.
    pub missing_counters: Vec<String>,
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
