//! A service as a process, with its log.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::{Client, eventually};

/// From a start to the line that says where a service listens: a worker looks into each language.
const START_PATIENCE: Duration = Duration::from_secs(60);

/// A running service. Dropping it kills it.
pub struct Process {
    child: Child,
    log: Arc<Mutex<Vec<Value>>>,
}

impl Process {
    /// Starts a binary with only these settings and what finds Docker.
    pub fn start(binary: &Path, settings: &[(String, String)]) -> Self {
        Self::start_heard(binary, settings, |_| {})
    }

    /// The same, and lets somebody hear each log entry as it comes.
    pub fn start_heard(
        binary: &Path,
        settings: &[(String, String)],
        heard: impl Fn(&Value) + Send + 'static,
    ) -> Self {
        let mut command = Command::new(binary);
        command.env_clear();
        for inherited in ["PATH", "HOME", "DOCKER_HOST"] {
            if let Some(value) = std::env::var_os(inherited) {
                command.env(inherited, value);
            }
        }
        command.envs(settings.iter().cloned());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.kill_on_drop(true).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let log = Arc::<Mutex<Vec<Value>>>::default();
        let kept = log.clone();
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                let entry = serde_json::from_str(&line).unwrap_or(Value::String(line));
                heard(&entry);
                kept.lock().unwrap().push(entry);
            }
        });
        Self { child, log }
    }

    /// The address in the first log entry with this message.
    pub async fn address(&self, message: &str) -> SocketAddr {
        let entry = eventually(&format!("log entry `{message}`"), START_PATIENCE, async || {
            let found = self.logged(message).into_iter().next();
            assert!(
                found.is_some() || !self.has_panicked(),
                "a service panicked: {:?}",
                self.log.lock().unwrap()
            );
            found
        })
        .await;
        entry["address"].as_str().unwrap().parse().unwrap()
    }

    /// What a worker that serves counts.
    pub async fn metrics(&self) -> String {
        Client::new(self.address("serving").await).get("/metrics").await.text
    }

    /// All log entries with this message so far.
    pub fn logged(&self, message: &str) -> Vec<Value> {
        let log = self.log.lock().unwrap();
        log.iter().filter(|entry| entry["message"] == message).cloned().collect()
    }

    /// The name that a worker gives itself.
    pub fn worker_name(&self) -> String {
        self.logged("serving")[0]["worker"].as_str().unwrap().to_owned()
    }

    /// Whether a panic's text is in the log.
    pub fn has_panicked(&self) -> bool {
        let log = self.log.lock().unwrap();
        log.iter().any(|entry| entry.as_str().is_some_and(|line| line.contains("panicked at")))
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        kill(self.pid(), signal).unwrap();
    }

    /// Waits for the process's own end; its exit code, or `None` if a signal ended it.
    pub async fn ended(&mut self) -> Option<i32> {
        self.child.wait().await.unwrap().code()
    }

    /// Whether the process that was started still runs.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Kills the process and waits until it is gone.
    pub async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    /// The memory that the process has resident, in bytes.
    pub fn memory(&self) -> u64 {
        self.status_bytes("VmRSS:")
    }

    /// The most memory that the process has had resident, in bytes.
    pub fn peak_memory(&self) -> u64 {
        self.status_bytes("VmHWM:")
    }

    fn status_bytes(&self, field: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap();
        line.trim().trim_end_matches("kB").trim().parse::<u64>().unwrap() * 1024
    }

    fn pid(&self) -> Pid {
        // Still this child's: it is not waited for before the process is asked to end.
        Pid::from_raw(i32::try_from(self.child.id().unwrap()).unwrap())
    }
}
