//! `./dev down`: nothing of the system remains but its data, and not even that if so asked.

use std::time::Duration;

use anyhow::Result;

use crate::command::Run;
use crate::compose::Project;
use crate::{answer, compose_plugin, dockerd, progress};

/// Workers finish what they run: longer than compose.yaml's longest grace period.
const DOWN_LIMIT: Duration = Duration::from_secs(120);

pub(crate) fn run(data: bool) -> Result<()> {
    if answer::version().is_none() {
        progress::note("no Docker engine answers, so nothing runs");
        return Ok(());
    }
    progress::step("Stopping");
    remove(&Project::installed()?, data)?;
    progress::note(if data {
        "stopped; the data is gone too"
    } else {
        "stopped; the data is kept"
    });
    if let Some(pid) = dockerd::own_running() {
        progress::note(&format!(
            "the Docker engine that ./dev started goes on; `kill {pid}` stops it"
        ));
    }
    Ok(())
}

/// Removes the containers and networks of a project, the sandboxes of its workers and, if so asked, its data.
/// Goes on after an interrupt.
pub(crate) fn remove(project: &Project, data: bool) -> Result<()> {
    if compose_plugin::present() {
        let mut args = vec!["down", "--remove-orphans"];
        if data {
            args.push("--volumes");
        }
        project.compose(&args).shielded().within(DOWN_LIMIT).logged("stop the services")?;
    }
    // A worker that was killed could not remove its own.
    for filter in [project.sandbox_label(), project.label()] {
        for id in Project::containers(&filter)? {
            // It may have gone by itself since it was listed.
            Run::new("docker", ["rm", "--force", "--volumes", &id]).shielded().capture()?;
        }
    }
    Ok(())
}
