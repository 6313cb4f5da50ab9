//! Stopping on request: SIGTERM from whoever runs the process, SIGINT from a person.

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// That a process must stop.
#[derive(Debug, Clone, Default)]
pub struct Stop {
    /// Cancelled at the first signal: nothing new is begun.
    pub begun: CancellationToken,
    /// Cancelled at the second: what goes on is not waited for.
    pub hurried: CancellationToken,
}

/// Cancels `shutdown` at the first SIGTERM or SIGINT.
pub fn on_signal(shutdown: CancellationToken) -> std::io::Result<()> {
    on_signals(Stop { begun: shutdown, hurried: CancellationToken::new() })
}

/// Stops at the first SIGTERM or SIGINT, and in a hurry at the second.
pub fn on_signals(stop: Stop) -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::spawn(async move {
        for (token, message) in [(stop.begun, "stopping"), (stop.hurried, "stopping at once")] {
            let name = tokio::select! {
                _ = terminate.recv() => "SIGTERM",
                _ = interrupt.recv() => "SIGINT",
            };
            tracing::info!(signal = name, "{message}");
            token.cancel();
        }
    });
    Ok(())
}
