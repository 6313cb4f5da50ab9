//! A started sandbox: orders in, what became of them out.

use std::time::Duration;

use bollard::Docker;
use bollard::errors::Error::DockerResponseServerError;
use bollard::models::ContainerCreateBody;
use runner::protocol::{Collect, End, Frame, Order, Step, StepReport, StopReason, Warm};
use shared::outcome::Artifact;
use tokio::time::{Instant, sleep, timeout};

use super::connection::Connection;
use super::container::Container;
use super::oom::OomKills;
use super::{Resources, SandboxError, StepRun, host_config};

/// From the request to create it until a container's runner is ready. Milliseconds in general; an
/// engine under load takes its time.
const START_PATIENCE: Duration = Duration::from_secs(30);

/// From an order to the first word on it. A runner answers at once, unless its host is very busy.
const ANSWER_PATIENCE: Duration = Duration::from_secs(10);

/// What a step may take beyond its own wall time: killing its processes, and a busy host.
const STEP_GRACE: Duration = Duration::from_secs(10);

/// For reporting a step whose time is over, or in which the kernel has killed for want of memory. A
/// runner that takes longer may be waiting for CPU time.
const REPORT_PATIENCE: Duration = Duration::from_secs(2);

/// For sending the files that were asked for.
const COLLECT_PATIENCE: Duration = Duration::from_secs(30);

/// The most files that a runner sends.
const MAX_FILES_COLLECTED: usize = 256;

/// Linux's number of the signal.
const SIGKILL: i32 = 9;

/// A container whose runner is ready. Dropping it removes the container.
pub(crate) struct Sandbox {
    connection: Connection,
    container: Container,
    resources: Resources,
    missing_counters: Vec<String>,
    begun: bool,
    /// It has more CPU time than it should, and carries out nothing more.
    quota_lifted: bool,
    oom_kills: OomKills,
    /// What a step that runs has written so far.
    under_way: Option<UnderWay>,
}

/// A step between its start and its report.
struct UnderWay {
    started: Instant,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
}

impl Sandbox {
    pub(super) async fn start(
        docker: Docker,
        body: ContainerCreateBody,
        resources: Resources,
        oom_kills: OomKills,
    ) -> Result<Self, SandboxError> {
        let start = async {
            let container = Container::create(docker, body).await?;
            let mut connection = Connection::new(container.attach().await?);
            container.start().await?;
            let missing_counters = connection.greeting().await?.missing_counters;
            Ok(Self {
                connection,
                container,
                resources,
                missing_counters,
                begun: false,
                quota_lifted: false,
                oom_kills,
                under_way: None,
            })
        };
        timeout(START_PATIENCE, start).await.map_err(|_| SandboxError::Silent)?
    }

    /// Has a program started ahead. One that does not come as far as its main file is no reason not
    /// to use the container: it is started once more then, like any other.
    pub(super) async fn warm_up(&mut self, warm: &Warm) -> Result<(), SandboxError> {
        let warmed = async {
            self.connection.send(&[Order::Warm(warm.clone())]).await?;
            self.connection.next_frame().await
        };
        match timeout(START_PATIENCE, warmed).await.map_err(|_| SandboxError::Silent)?? {
            Frame::Warmed(waits) => {
                if !waits {
                    tracing::warn!(argv = ?warm.step.argv, "a program could not be started ahead");
                }
                Ok(())
            }
            _ => Err(SandboxError::OutOfTurn),
        }
    }

    /// The engine's name for the container.
    pub(crate) fn id(&self) -> &str {
        self.container.id()
    }

    /// What its cgroup does not count, although a limit depends on it.
    pub(crate) fn missing_counters(&self) -> &[String] {
        &self.missing_counters
    }

    /// Whether it ended because the kernel killed its runner for want of memory.
    pub(crate) async fn ended_for_memory(&mut self) -> bool {
        self.has_ended() && self.oom_kills.include(self.container.id()).await
    }

    /// Whether user code may have run in it.
    pub(crate) fn has_begun(&self) -> bool {
        self.begun
    }

    /// Whether it is of no use any more, where it should be waiting for orders.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.quota_lifted || self.connection.has_news()
    }

    /// Gives the container these resources, if it does not have them.
    pub(crate) async fn set_resources(&mut self, resources: Resources) -> Result<(), SandboxError> {
        if self.resources != resources {
            let lowered = resources.memory_bytes < self.resources.memory_bytes;
            let update = self.container.update(host_config::update(&resources));
            match timeout(ANSWER_PATIENCE, update).await.map_err(|_| SandboxError::Silent)? {
                // The kernel does not take away what is in use: files that compiling left.
                Err(SandboxError::Engine(DockerResponseServerError {
                    status_code: 500, ..
                })) if lowered && self.begun => {
                    return Err(SandboxError::OutOfMemory);
                }
                updated => updated?,
            }
            self.resources = resources;
        }
        Ok(())
    }

    /// Carries out `before`, then runs the step to its end.
    pub(crate) async fn run(
        &mut self,
        before: Vec<Order>,
        step: &Step,
    ) -> Result<StepRun, SandboxError> {
        if self.quota_lifted {
            return Err(SandboxError::Silent);
        }
        let mut orders = before;
        orders.push(Order::Run(step.clone()));
        let answer = async {
            self.connection.send(&orders).await?;
            self.connection.next_frame().await
        };
        match timeout(ANSWER_PATIENCE, answer).await.map_err(|_| SandboxError::Silent)?? {
            Frame::StepStarted => self.begun = true,
            _ => return Err(SandboxError::OutOfTurn),
        }
        let started = Instant::now();
        self.under_way = Some(UnderWay { started, stdout: Vec::new(), stderr: Vec::new() });
        let wall = Duration::from_millis(step.limits.wall_ms);
        let cap = usize::try_from(step.limits.output_bytes).unwrap_or(usize::MAX);
        let report = match timeout(wall + STEP_GRACE, self.receive_report(wall, cap)).await {
            Ok(Err(SandboxError::Gone)) if self.oom_kills.include(self.id()).await => {
                self.killed_for_memory(started.elapsed())
            }
            received => received.map_err(|_| SandboxError::Silent)??,
        };
        let UnderWay { stdout, stderr, .. } =
            self.under_way.take().ok_or(SandboxError::OutOfTurn)?;
        Ok(StepRun { stdout, stderr, report })
    }

    /// Receives a step's output and report. A runner that is overdue is given what it may be waiting
    /// for.
    async fn receive_report(
        &mut self,
        wall: Duration,
        cap: usize,
    ) -> Result<StepReport, SandboxError> {
        let (oom_kills, id) = (self.oom_kills.clone(), self.id().to_owned());
        let overdue = async {
            // Passed, or the kernel has killed: either way the step is about to be over.
            let _ = timeout(wall, oom_kills.next(&id)).await;
            sleep(REPORT_PATIENCE).await;
        };
        tokio::select! {
            biased;
            report = self.receive_step(cap) => return report,
            () = overdue => {}
        }
        self.quota_lifted = true;
        tracing::warn!(
            container.id = id,
            "a runner is overdue: its container's CPU quota is lifted"
        );
        if let Err(error) = self.container.lift_quota().await {
            tracing::warn!(container.id = id, error = ?error, "it could not be");
        }
        self.receive_step(cap).await
    }

    async fn receive_step(&mut self, cap: usize) -> Result<StepReport, SandboxError> {
        loop {
            let frame = self.connection.next_frame().await?;
            let step = self.under_way.as_mut().ok_or(SandboxError::OutOfTurn)?;
            match frame {
                // The runner holds the cap; a worker's memory does not depend on that.
                Frame::Stdout(bytes) => append(&mut step.stdout, &bytes, cap)?,
                Frame::Stderr(bytes) => append(&mut step.stderr, &bytes, cap)?,
                Frame::StepEnded(report) => return Ok(report),
                _ => return Err(SandboxError::OutOfTurn),
            }
        }
    }

    /// What the step that was running has done so far, if [`run`](Self::run) was given up. The
    /// sandbox is of no further use: its runner has still to be killed, by removing it.
    pub(crate) fn interrupted(&mut self) -> Option<StepRun> {
        let UnderWay { started, stdout, stderr } = self.under_way.take()?;
        let report = StepReport {
            stopped_for: None,
            oom_kills: 0,
            memory_bytes: 0,
            ..self.killed_for_memory(started.elapsed())
        };
        Some(StepRun { stdout, stderr, report })
    }

    /// What can be said of a step that had the whole container killed, runner included.
    fn killed_for_memory(&self, wall: Duration) -> StepReport {
        StepReport {
            end: End::Signaled(SIGKILL),
            stopped_for: Some(StopReason::Memory),
            oom_kills: 1,
            process_limit_hits: 0,
            wall_us: u64::try_from(wall.as_micros()).unwrap_or(u64::MAX),
            // Nobody is left who could tell.
            cpu_us: 0,
            memory_bytes: self.resources.memory_bytes,
            stdout_truncated: false,
            stderr_truncated: false,
        }
    }

    /// The files that match, and whether any was left out.
    pub(crate) async fn collect(
        &mut self,
        wanted: &Collect,
    ) -> Result<(Vec<Artifact>, bool), SandboxError> {
        let collect = async {
            self.connection.send(&[Order::Collect(wanted.clone())]).await?;
            self.receive_files(wanted.max_bytes).await
        };
        timeout(COLLECT_PATIENCE, collect).await.map_err(|_| SandboxError::Silent)?
    }

    async fn receive_files(&mut self, cap: u64) -> Result<(Vec<Artifact>, bool), SandboxError> {
        let cap = usize::try_from(cap).unwrap_or(usize::MAX);
        let mut files: Vec<Artifact> = Vec::new();
        let mut received = 0;
        loop {
            let room = files.len() < MAX_FILES_COLLECTED;
            match (self.connection.next_frame().await?, files.last_mut()) {
                (Frame::Artifact(path), _) if room => {
                    files.push(Artifact { path, contents: Vec::new() });
                }
                (Frame::ArtifactData(bytes), Some(file)) if bytes.len() <= cap - received => {
                    received += bytes.len();
                    file.contents.extend(bytes);
                }
                (Frame::Collected(collected), _) => return Ok((files, collected.truncated)),
                _ => return Err(SandboxError::OutOfTurn),
            }
        }
    }

    /// Ends whatever runs in it and removes the container.
    pub(crate) async fn remove(self) {
        self.container.remove().await;
    }
}

fn append(kept: &mut Vec<u8>, bytes: &[u8], cap: usize) -> Result<(), SandboxError> {
    if kept.len() + bytes.len() > cap {
        return Err(SandboxError::OutOfTurn);
    }
    kept.extend_from_slice(bytes);
    Ok(())
}
