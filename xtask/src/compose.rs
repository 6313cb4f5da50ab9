//! The composed system: which project it is, and what `docker compose` is told about it.

use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::binaries::Source;
use crate::command::Run;
use crate::stores::{self, Stores};
use crate::{paths, settings};

const DEFAULT_SOCKET: &str = "/var/run/docker.sock";
const DEFAULT_PORT: u16 = 3005;

/// One composed system. Several may live side by side on one engine.
pub(crate) struct Project {
    name: String,
    prefix: String,
    port: u16,
    environment: Vec<(&'static str, String)>,
}

impl Project {
    /// The one that `./dev up` makes.
    pub(crate) fn installed() -> Result<Self> {
        let port = match settings::get("AIRLOCK_PORT") {
            Some(port) => {
                port.parse().with_context(|| format!("AIRLOCK_PORT is no port: {port}"))?
            }
            None => DEFAULT_PORT,
        };
        let name = settings::get_or("COMPOSE_PROJECT_NAME", "airlock");
        Ok(Self::new(name, settings::get_or("AIRLOCK_KEY_PREFIX", "airlock"), port))
    }

    /// One of its own for a test.
    pub(crate) fn for_test(word: &str, port: u16) -> Self {
        let mut project =
            Self::new(format!("airlock-test-{word}"), format!("airlock-test-{word}"), port);
        project.environment.push(("AIRLOCK_BIND", "127.0.0.1".into()));
        project
    }

    fn new(name: String, prefix: String, port: u16) -> Self {
        let socket = socket(std::env::var("DOCKER_HOST").ok().as_deref());
        // Without a socket on this host, compose.yaml's own default is as good as any guess.
        let group = std::fs::metadata(&socket).ok().map(|socket| socket.gid().to_string());
        let mut environment = vec![
            ("COMPOSE_PROJECT_NAME", name.clone()),
            ("AIRLOCK_KEY_PREFIX", prefix.clone()),
            ("AIRLOCK_PORT", port.to_string()),
            ("AIRLOCK_DOCKER_SOCKET", socket),
        ];
        environment.extend(group.map(|group| ("DOCKER_GID", group)));
        Self { name, prefix, port, environment }
    }

    pub(crate) fn with_stores(mut self, stores: &Stores) -> Self {
        self.environment.push(("AIRLOCK_MONGO_IMAGE", stores.mongo.clone()));
        self.environment.push(("AIRLOCK_REDIS_IMAGE", stores.redis.clone()));
        self
    }

    pub(crate) fn with_binaries(mut self, source: Source) -> Self {
        self.environment.push(("AIRLOCK_BINARIES", source.stage().into()));
        self
    }

    /// The languages whose images it has before it starts.
    pub(crate) fn with_languages(mut self, names: &[String]) -> Self {
        self.environment.push(("AIRLOCK_FIRST_LANGUAGES", names.join(" ")));
        self
    }

    /// Where its API listens, on loopback.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Every container of it has this label; so have its networks and volumes.
    pub(crate) fn label(&self) -> String {
        format!("label=com.docker.compose.project={}", self.name)
    }

    /// The containers in which its workers run submissions.
    pub(crate) fn sandbox_label(&self) -> String {
        format!("label=airlock.instance={}", self.prefix)
    }

    /// `docker compose` on this project.
    pub(crate) fn compose(&self, args: &[&str]) -> Run {
        // Its output goes into logs, where escape sequences are only noise.
        let run = Run::new("docker", [&["compose"], args].concat()).env("COMPOSE_ANSI", "never");
        self.environment.iter().fold(run, |run, (key, value)| run.env(key, value))
    }

    /// The containers with a label, running or not.
    pub(crate) fn containers(filter: &str) -> Result<Vec<String>> {
        let ids = Run::new("docker", ["ps", "--all", "--quiet", "--no-trunc", "--filter", filter])
            .shielded()
            .text()?;
        Ok(ids.lines().map(String::from).collect())
    }
}

/// Shows the logs, and goes on showing them.
pub(crate) fn logs(args: &[String]) -> Result<()> {
    let mut all: Vec<String> = ["logs", "--follow", "--tail", "200"].map(String::from).into();
    all.extend_from_slice(args);
    pass_on(&all)
}

/// Becomes `docker compose` with the settings of the installed project.
pub(crate) fn pass_on(args: &[String]) -> Result<()> {
    let project =
        Project::installed()?.with_stores(&stores::known()).with_binaries(Source::of_host());
    let mut command = Command::new("docker");
    command.arg("compose").args(args).current_dir(paths::root()).envs(project.environment);
    bail!("cannot start docker compose: {}", command.exec())
}

/// The path of the engine's socket on its host.
fn socket(docker_host: Option<&str>) -> String {
    let path = docker_host
        .and_then(|host| host.strip_prefix("unix://"))
        .filter(|path| Path::new(path).is_absolute());
    path.unwrap_or(DEFAULT_SOCKET).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_socket_is_the_one_that_the_client_uses() {
        assert_eq!(socket(None), DEFAULT_SOCKET);
        assert_eq!(socket(Some("unix:///run/user/1000/docker.sock")), "/run/user/1000/docker.sock");
        assert_eq!(socket(Some("tcp://10.0.0.1:2376")), DEFAULT_SOCKET);
    }

    #[test]
    fn a_test_project_shares_no_name_and_no_label_with_the_installed_one() {
        let project = Project::for_test("0a1b", 4000);
        assert_eq!(project.label(), "label=com.docker.compose.project=airlock-test-0a1b");
        assert_eq!(project.sandbox_label(), "label=airlock.instance=airlock-test-0a1b");
        assert_eq!(project.port(), 4000);
    }
}
