//! Whether a Docker engine answers.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::command::Run;
use crate::{interrupt, progress};

/// How long a client waits for an engine that may not be there.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);
/// How long an engine may take to start, on a slow disk with many containers.
pub(crate) const START_LIMIT: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(200);

/// The version of the engine that the client reaches.
pub(crate) fn version() -> Option<String> {
    let question = ["version", "--format", "{{.Server.Version}}"];
    Run::new("docker", question)
        .within(ANSWER_LIMIT)
        .text()
        .ok()
        .filter(|version| !version.is_empty())
}

/// Waits until the engine answers; `alive` may end the wait early with an error.
pub(crate) fn await_answer(limit: Duration, mut alive: impl FnMut() -> Result<()>) -> Result<()> {
    let deadline = Instant::now() + limit;
    while version().is_none() {
        alive()?;
        if interrupt::requested() {
            bail!("interrupted");
        }
        if Instant::now() > deadline {
            bail!("the Docker engine does not answer within {}", progress::spoken(limit));
        }
        std::thread::sleep(POLL);
    }
    if let Some(version) = version() {
        progress::note(&format!("{version} is running"));
    }
    Ok(())
}
