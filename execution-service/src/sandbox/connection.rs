//! The conversation with a runner, over the container's attached standard streams.

use std::pin::Pin;

use bollard::container::{AttachContainerResults, LogOutput};
use futures_util::{Stream, StreamExt};
use runner::protocol::{Finished, Frame, FrameDecoder, Job, PROTOCOL_VERSION, Ready, StepReport};
use tokio::io::{AsyncWrite, AsyncWriteExt};

use super::{SandboxError, StepRun};

/// Of a runner's own complaints, what is kept for the log.
const MAX_COMPLAINT_BYTES: usize = 4096;

/// An attached container's streams.
pub(super) struct Connection {
    input: Pin<Box<dyn AsyncWrite + Send>>,
    output: Pin<Box<dyn Stream<Item = Result<LogOutput, bollard::errors::Error>> + Send>>,
    decoder: FrameDecoder,
    complaint: Vec<u8>,
}

impl Connection {
    pub(super) fn new(attached: AttachContainerResults) -> Self {
        Self {
            input: attached.input,
            output: attached.output,
            decoder: FrameDecoder::default(),
            complaint: Vec::new(),
        }
    }

    /// Waits for the runner's greeting.
    pub(super) async fn greeting(&mut self) -> Result<(), SandboxError> {
        match self.next_frame().await? {
            Frame::Ready(Ready { version: PROTOCOL_VERSION }) => Ok(()),
            Frame::Ready(Ready { version }) => Err(SandboxError::Version(version)),
            _ => Err(SandboxError::OutOfTurn),
        }
    }

    /// Sends the job.
    pub(super) async fn send(&mut self, job: &Job) -> Result<(), SandboxError> {
        let bytes = job.encode().ok_or(SandboxError::TooLarge)?;
        self.input.write_all(&bytes).await.map_err(SandboxError::Connection)?;
        self.input.flush().await.map_err(SandboxError::Connection)
    }

    /// Reads what the job's steps wrote and how they ended, until the runner has finished.
    pub(super) async fn receive(&mut self, job: &Job) -> Result<Vec<StepRun>, SandboxError> {
        let mut steps = Vec::with_capacity(job.steps.len());
        loop {
            match self.next_frame().await? {
                Frame::StepStarted(index) if index as usize == steps.len() => {
                    steps.push(self.receive_step(job, index as usize).await?);
                }
                Frame::Finished(Finished::Done) => return Ok(steps),
                Frame::Finished(Finished::Failed(reason)) => {
                    return Err(SandboxError::Runner(reason));
                }
                _ => return Err(SandboxError::OutOfTurn),
            }
        }
    }

    async fn receive_step(&mut self, job: &Job, index: usize) -> Result<StepRun, SandboxError> {
        let step = job.steps.get(index).ok_or(SandboxError::OutOfTurn)?;
        let cap = usize::try_from(step.limits.output_bytes).unwrap_or(usize::MAX);
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let report: StepReport = loop {
            match self.next_frame().await? {
                // The runner holds the cap; a worker's memory does not depend on that.
                Frame::Stdout(bytes) => append(&mut stdout, &bytes, cap)?,
                Frame::Stderr(bytes) => append(&mut stderr, &bytes, cap)?,
                Frame::StepEnded(report) => break report,
                Frame::Finished(Finished::Failed(reason)) => {
                    return Err(SandboxError::Runner(reason));
                }
                _ => return Err(SandboxError::OutOfTurn),
            }
        };
        Ok(StepRun { phase: step.phase, stdout, stderr, report })
    }

    async fn next_frame(&mut self) -> Result<Frame, SandboxError> {
        loop {
            if let Some(frame) = self.decoder.next_frame()? {
                return Ok(frame);
            }
            match self.output.next().await {
                Some(Ok(LogOutput::StdErr { message })) => {
                    let room = MAX_COMPLAINT_BYTES.saturating_sub(self.complaint.len());
                    self.complaint.extend_from_slice(&message[..message.len().min(room)]);
                }
                Some(Ok(output)) => self.decoder.push(&output.into_bytes()),
                Some(Err(error)) => return Err(error.into()),
                None => return Err(self.gone()),
            }
        }
    }

    fn gone(&self) -> SandboxError {
        if !self.complaint.is_empty() {
            let complaint = String::from_utf8_lossy(&self.complaint);
            tracing::warn!(complaint = complaint.trim_end(), "a runner complained");
        }
        SandboxError::Gone
    }
}

fn append(kept: &mut Vec<u8>, bytes: &[u8], cap: usize) -> Result<(), SandboxError> {
    if kept.len() + bytes.len() > cap {
        return Err(SandboxError::OutOfTurn);
    }
    kept.extend_from_slice(bytes);
    Ok(())
}
