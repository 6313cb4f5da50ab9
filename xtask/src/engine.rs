//! The Docker engine: found, or installed and started.

use std::path::Path;

use anyhow::{Result, bail};

use crate::answer::{START_LIMIT, await_answer, version};
use crate::command::Run;
use crate::dockerd::{self, Daemon};
use crate::{package, progress};

/// Whether the engine has an image of this name.
pub(crate) fn has_image(image: &str) -> bool {
    Run::new("docker", ["image", "inspect", "--format", "{{.Id}}", image]).succeeds()
}

/// Makes sure that an engine answers. Returns the daemon when this run had to start it.
pub(crate) fn ensure() -> Result<Option<Daemon>> {
    progress::step("Docker engine");
    if let Some(version) = version() {
        progress::note(&format!("{version} is running"));
        dockerd::heal_bridge()?;
        return Ok(None);
    }
    refuse_what_we_cannot_start()?;
    if !package::found("docker") || !package::found("dockerd") {
        // From Debian 13 on the client is a package of its own.
        package::install(&["docker.io", "iptables"], &["docker-cli"])?;
    }
    // Installing a package may start its service.
    if version().is_some() {
        return Ok(None);
    }
    if under_systemd() {
        Run::new("systemctl", ["start", "docker"])
            .within(START_LIMIT)
            .logged("start the docker service")?;
        await_answer(START_LIMIT, || Ok(()))?;
        return Ok(None);
    }
    dockerd::start()
}

/// An engine for as long as this program needs it: one that had to be started is stopped again.
pub(crate) struct Borrowed(Option<Daemon>);

impl Drop for Borrowed {
    fn drop(&mut self) {
        if let Some(daemon) = self.0.take() {
            daemon.stop();
        }
    }
}

/// Like [`ensure`], for what must leave no engine behind that was not there before.
pub(crate) fn for_this_run() -> Result<Borrowed> {
    ensure().map(Borrowed)
}

fn under_systemd() -> bool {
    Path::new("/run/systemd/system").exists()
}

fn refuse_what_we_cannot_start() -> Result<()> {
    if let Some(host) = std::env::var_os("DOCKER_HOST").filter(|host| !host.is_empty()) {
        bail!("DOCKER_HOST is {}, and no engine answers there", host.to_string_lossy());
    }
    if !cfg!(target_os = "linux") {
        bail!(
            "no Docker engine answers: start Docker Desktop (or another engine) and run this again"
        );
    }
    if !package::is_root() {
        bail!(
            "{}",
            advice_without_root(
                package::found("docker"),
                Path::new("/var/run/docker.sock").exists()
            )
        );
    }
    if !package::found("dockerd") && !package::can_install() {
        bail!(
            "Docker Engine is not installed and there is no apt-get to install it with: install it, then run this again"
        );
    }
    Ok(())
}

/// What a person without root has to do.
fn advice_without_root(client: bool, socket: bool) -> &'static str {
    match (client, socket) {
        (false, _) => {
            "Docker is not installed: install Docker Engine, or run this as root to have it installed"
        }
        (true, true) => {
            "the Docker engine does not answer you: join its group (`sudo usermod -aG docker $USER`, then log in \
             again), or see whether it runs (`sudo systemctl status docker`)"
        }
        (true, false) => {
            "the Docker engine does not run: start it (`sudo systemctl start docker`), or run this as root"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_advice_fits_what_is_missing() {
        assert!(advice_without_root(false, false).contains("not installed"));
        assert!(advice_without_root(true, true).contains("group"));
        assert!(advice_without_root(true, false).contains("systemctl start"));
    }
}
