//! The conversation with a runner, over the container's attached standard streams.

use std::pin::Pin;

use bollard::container::{AttachContainerResults, LogOutput};
use futures_util::{FutureExt, Stream, StreamExt};
use runner::protocol::{Frame, FrameDecoder, Order, PROTOCOL_VERSION, Ready};
use tokio::io::{AsyncWrite, AsyncWriteExt};

use super::SandboxError;

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
    pub(super) async fn greeting(&mut self) -> Result<Ready, SandboxError> {
        match self.next_frame().await? {
            Frame::Ready(ready) if ready.version == PROTOCOL_VERSION => Ok(ready),
            Frame::Ready(ready) => Err(SandboxError::Version(ready.version)),
            _ => Err(SandboxError::OutOfTurn),
        }
    }

    /// Sends orders, all in one piece.
    pub(super) async fn send(&mut self, orders: &[Order]) -> Result<(), SandboxError> {
        let mut bytes = Vec::new();
        for order in orders {
            bytes.extend(order.encode().ok_or(SandboxError::TooLarge)?);
        }
        self.input.write_all(&bytes).await.map_err(SandboxError::Connection)?;
        self.input.flush().await.map_err(SandboxError::Connection)
    }

    /// The next frame; a runner's word that it cannot go on is an error.
    pub(super) async fn next_frame(&mut self) -> Result<Frame, SandboxError> {
        loop {
            match self.decoder.next_frame()? {
                Some(Frame::Refused(reason)) => return Err(SandboxError::Refused(reason)),
                Some(Frame::Failed(reason)) => return Err(SandboxError::Runner(reason)),
                Some(frame) => return Ok(frame),
                None => {}
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

    /// Whether there is an end, or anything else, to be read where a runner has nothing to say.
    pub(super) fn has_news(&mut self) -> bool {
        self.output.next().now_or_never().is_some()
    }

    fn gone(&self) -> SandboxError {
        if !self.complaint.is_empty() {
            let complaint = String::from_utf8_lossy(&self.complaint);
            tracing::warn!(complaint = complaint.trim_end(), "a runner complained");
        }
        SandboxError::Gone
    }
}
