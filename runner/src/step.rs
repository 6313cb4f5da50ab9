//! Running one step from its start to its report.

use std::io;
use std::os::fd::AsFd;
use std::path::Path;
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout};
use nix::sched::{CpuSet, sched_getaffinity};
use nix::sys::resource::{UsageWho, getrusage};
use nix::unistd::Pid;
use runner::protocol::{End, Step, StepLimits, StepReport, StopReason};

use crate::cgroup::{self, Cgroup, Readings};
use crate::children::{ChildSignals, Children};
use crate::failure::{Attempt, Failure};
use crate::init::Init;
use crate::limits::{self, Usage};
use crate::pump::Pump;
use crate::spawn::{Spawned, spawn};
use crate::warm::Waiting;
use crate::worker::{self, Worker};

/// What every step of this container needs, made once.
pub(crate) struct Sandbox<'a> {
    init: &'a Init,
    cgroup: Cgroup,
    signals: ChildSignals,
    cpus: u32,
}

impl<'a> Sandbox<'a> {
    pub(crate) fn new(init: &'a Init) -> Result<Self, Failure> {
        let membership = std::fs::read_to_string(cgroup::MEMBERSHIP).unwrap_or_default();
        Ok(Self {
            init,
            cgroup: Cgroup::open(Path::new(cgroup::MOUNTS), &membership),
            signals: ChildSignals::listen().attempt("listen for ended processes")?,
            cpus: usable_cpus(),
        })
    }

    /// What is not counted, although a limit depends on it.
    pub(crate) fn missing_counters(&self) -> Vec<String> {
        self.cgroup.missing().map(str::to_owned).collect()
    }

    /// Runs the step, in the program that waits if it is for this; no process of it is left
    /// afterwards, and all of its output is queued.
    pub(crate) fn run(
        &self,
        mut step: Step,
        waiting: Option<Waiting>,
        worker: &mut Worker,
    ) -> Result<StepReport, Failure> {
        let mut meter = Meter::start(&self.cgroup)?;
        let is_awaited = waiting.is_some();
        let mut child = match waiting.and_then(|waiting| waiting.go_on(&step)) {
            Some(child) => child,
            None => {
                if is_awaited {
                    // It is of no use, and must not be there beside the program.
                    self.init.kill_everything(&mut Children::none(), &self.signals)?;
                    meter = Meter::start(&self.cgroup)?;
                }
                match spawn(&step)? {
                    Spawned::Running(child) => child,
                    Spawned::Refused(reason) => return Ok(not_started(reason)),
                }
            }
        };
        let mut children = Children::of(child.id().cast_signed());
        let stdin = std::mem::take(&mut step.stdin);
        let watched = Pump::of(&mut child, stdin, step.limits.output_bytes).and_then(|mut pump| {
            let stopped = self.watch(&step.limits, &meter, &mut children, &mut pump, worker)?;
            Ok((pump, stopped))
        });
        // Whatever happened: nothing runs on while a failure is being told.
        self.init.kill_everything(&mut children, &self.signals)?;
        let (mut pump, stopped) = watched?;
        pump.drain(worker)?;

        let usage = meter.usage(&children, &pump)?;
        // A program may pass a limit and end before anyone looks: the verdict is the same.
        let stopped_for = stopped.or_else(|| limits::passed(&usage, &step.limits));
        let (end, _) = children
            .first_end()
            .cloned()
            .ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
            .attempt("collect the step's first process")?;
        Ok(StepReport {
            end,
            stopped_for,
            oom_kills: usage.oom_kills,
            process_limit_hits: usage.process_limit_hits,
            wall_us: microseconds(usage.wall),
            cpu_us: microseconds(usage.cpu),
            memory_bytes: usage.memory_bytes,
            stdout_truncated: pump.stdout_truncated(),
            stderr_truncated: pump.stderr_truncated(),
        })
    }

    /// Until the first process ends (`None`) or a limit passes.
    fn watch(
        &self,
        limits: &StepLimits,
        meter: &Meter<'_>,
        children: &mut Children,
        pump: &mut Pump,
        worker: &mut Worker,
    ) -> Result<Option<StopReason>, Failure> {
        let mut look_at = Instant::now();
        loop {
            let now = Instant::now();
            if now >= look_at || pump.stdout_truncated() || pump.stderr_truncated() {
                let usage = meter.usage(children, pump)?;
                if let Some(reason) = limits::passed(&usage, limits) {
                    return Ok(Some(reason));
                }
                look_at = now + limits::next_look(&usage, limits, self.cpus);
            }

            let wake_at = pump.resting_until().map_or(look_at, |until| until.min(look_at));
            let timeout = milliseconds(wake_at.saturating_duration_since(Instant::now()));
            let mut watched = worker.watched().to_vec();
            watched.push(PollFd::new(self.signals.as_fd(), PollFlags::POLLIN));
            watched.extend(pump.watched(worker));
            worker::wait(&mut watched, timeout)?;
            if Worker::is_gone(&watched) {
                return Err(Failure::WorkerGone);
            }

            // `poll` only says when: each part then does what it can without waiting.
            pump.move_some(worker)?;
            self.signals.clear().attempt("take a signal")?;
            children.reap().attempt("collect ended processes")?;
            if children.first_end().is_some() {
                return Ok(None);
            }
        }
    }
}

/// Measures one step against what had been used before it.
struct Meter<'a> {
    cgroup: &'a Cgroup,
    before: Readings,
    own_cpu_before: Duration,
    started: Instant,
}

impl<'a> Meter<'a> {
    fn start(cgroup: &'a Cgroup) -> Result<Self, Failure> {
        Ok(Self {
            cgroup,
            before: cgroup.read(),
            own_cpu_before: own_cpu()?,
            started: Instant::now(),
        })
    }

    fn usage(&self, children: &Children, pump: &Pump) -> Result<Usage, Failure> {
        let now = self.cgroup.read();
        let ended = children.first_end().map_or_else(Instant::now, |(_, when)| *when);
        let cpu = match (now.cpu, self.before.cpu) {
            // The cgroup counts the runner as well, which moves what the program prints.
            (Some(now), Some(before)) => {
                let own = own_cpu()?.saturating_sub(self.own_cpu_before);
                now.saturating_sub(before).saturating_sub(own)
            }
            // Without that counter, running processes count once they end: the wall clock holds.
            _ => children.cpu(),
        };
        // The kernel keeps one peak for the container's whole life.
        let raised = now.peak_memory_bytes.filter(|now| Some(*now) > self.before.peak_memory_bytes);
        Ok(Usage {
            wall: ended.saturating_duration_since(self.started),
            cpu,
            memory_bytes: raised.unwrap_or(children.largest_rss_bytes()),
            oom_kills: now.oom_kills.saturating_sub(self.before.oom_kills),
            process_limit_hits: now
                .process_limit_hits
                .saturating_sub(self.before.process_limit_hits),
            output_passed: pump.stdout_truncated() || pump.stderr_truncated(),
        })
    }
}

fn own_cpu() -> Result<Duration, Failure> {
    let usage = getrusage(UsageWho::RUSAGE_SELF).attempt("read the runner's own CPU time")?;
    Ok([usage.user_time(), usage.system_time()].iter().map(duration).sum())
}

fn duration(time: &nix::sys::time::TimeVal) -> Duration {
    let seconds = u64::try_from(time.tv_sec()).unwrap_or(0);
    Duration::from_secs(seconds) + Duration::from_micros(u64::try_from(time.tv_usec()).unwrap_or(0))
}

/// An upper bound is safe: too many CPUs only mean more looks.
fn usable_cpus() -> u32 {
    let affinity = sched_getaffinity(Pid::from_raw(0)).unwrap_or_else(|_| CpuSet::new());
    let set = (0..CpuSet::count()).filter(|&cpu| affinity.is_set(cpu).unwrap_or(false)).count();
    u32::try_from(set).unwrap_or(u32::MAX)
}

fn not_started(reason: String) -> StepReport {
    StepReport {
        end: End::NotStarted(reason),
        stopped_for: None,
        oom_kills: 0,
        process_limit_hits: 0,
        wall_us: 0,
        cpu_us: 0,
        memory_bytes: 0,
        stdout_truncated: false,
        stderr_truncated: false,
    }
}

fn microseconds(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// Rounded up, so that a wait does not end just before the moment it is for.
fn milliseconds(time: Duration) -> PollTimeout {
    u16::try_from(time.as_micros().div_ceil(1000)).map_or(PollTimeout::MAX, PollTimeout::from)
}
