//! A started sandbox: orders in, what became of them out.

use std::time::Duration;

use bollard::Docker;
use bollard::models::ContainerCreateBody;
use runner::protocol::{Collect, Frame, Order, Step, StepReport};
use shared::outcome::Artifact;
use tokio::time::timeout;

use super::connection::Connection;
use super::container::Container;
use super::{Resources, SandboxError, StepRun, host_config};

/// From the request to create it until a container's runner is ready. Milliseconds in general; an
/// engine under load takes its time.
const START_PATIENCE: Duration = Duration::from_secs(30);

/// From an order to the first word on it. A runner answers at once, unless its host is very busy.
const ANSWER_PATIENCE: Duration = Duration::from_secs(10);

/// What a step may take beyond its own wall time: killing its processes, and a busy host.
const STEP_GRACE: Duration = Duration::from_secs(10);

/// For sending the files that were asked for.
const COLLECT_PATIENCE: Duration = Duration::from_secs(30);

/// A container whose runner is ready. Dropping it removes the container.
pub(crate) struct Sandbox {
    connection: Connection,
    container: Container,
    resources: Resources,
    begun: bool,
}

impl Sandbox {
    pub(super) async fn start(
        docker: Docker,
        body: ContainerCreateBody,
        resources: Resources,
    ) -> Result<Self, SandboxError> {
        let start = async {
            let container = Container::create(docker, body).await?;
            let mut connection = Connection::new(container.attach().await?);
            container.start().await?;
            connection.greeting().await?;
            Ok(Self { connection, container, resources, begun: false })
        };
        timeout(START_PATIENCE, start).await.map_err(|_| SandboxError::Silent)?
    }

    /// The engine's name for the container.
    pub(crate) fn id(&self) -> &str {
        self.container.id()
    }

    /// Whether user code may have run in it.
    pub(crate) fn has_begun(&self) -> bool {
        self.begun
    }

    /// Whether it is of no use any more, where it should be waiting for orders.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.connection.has_news()
    }

    /// Gives the container these resources, if it does not have them.
    pub(crate) async fn set_resources(&mut self, resources: Resources) -> Result<(), SandboxError> {
        if self.resources != resources {
            let update = self.container.update(host_config::update(&resources));
            timeout(ANSWER_PATIENCE, update).await.map_err(|_| SandboxError::Silent)??;
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
        let patience = Duration::from_millis(step.limits.wall_ms) + STEP_GRACE;
        timeout(patience, self.receive_step(step.limits.output_bytes))
            .await
            .map_err(|_| SandboxError::Silent)?
    }

    async fn receive_step(&mut self, output_bytes: u64) -> Result<StepRun, SandboxError> {
        let cap = usize::try_from(output_bytes).unwrap_or(usize::MAX);
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let report: StepReport = loop {
            match self.connection.next_frame().await? {
                // The runner holds the cap; a worker's memory does not depend on that.
                Frame::Stdout(bytes) => append(&mut stdout, &bytes, cap)?,
                Frame::Stderr(bytes) => append(&mut stderr, &bytes, cap)?,
                Frame::StepEnded(report) => break report,
                _ => return Err(SandboxError::OutOfTurn),
            }
        };
        Ok(StepRun { stdout, stderr, report })
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
            match (self.connection.next_frame().await?, files.last_mut()) {
                (Frame::Artifact(path), _) => {
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
