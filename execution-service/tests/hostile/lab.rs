//! The system that the corpus is run against, and the look at what is left.

use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::process::Stdio;
use std::time::Duration;

use e2e::{Options, System};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::net::TcpListener;
use tokio::process::{Child, ChildStdout, Command};

use super::directives::Program;
use super::host::Host;
use super::judge;

/// A well-behaved program that looks at everything a sandbox starts with.
const CLEAN: &str = include_str!("probes/clean.py");

/// How long the engine may take to remove a container that has ended.
const PATIENCE: Duration = Duration::from_secs(20);

/// What the worker's memory may grow by over a pass, in bytes.
const WORKER_GROWTH: u64 = 64 * 1024 * 1024;

/// One Airlock on a host that was looked at before.
pub(crate) struct Lab {
    pub(crate) system: System,
    host: Host,
    worker_memory: u64,
    port: u16,
    socket: String,
    // What hostile programs try to reach on the host.
    _listening: (TcpListener, UnixListener),
}

impl Lab {
    /// Starts a system with these settings.
    pub(crate) async fn open(settings: &[(&'static str, &'static str)]) -> Self {
        let options = Options { settings: settings.to_vec(), ..Options::default() };
        let system = System::start_with(1, options).await;
        let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let socket = format!("{}-host", system.prefix());
        let abstract_name = SocketAddr::from_abstract_name(&socket).unwrap();
        let unix = UnixListener::bind_addr(&abstract_name).unwrap();
        let host = Host::as_it_is(system.prefix()).await;
        let mut lab = Self {
            worker_memory: 0,
            port: tcp.local_addr().unwrap().port(),
            socket,
            _listening: (tcp, unix),
            system,
            host,
        };
        let unclean = lab.next_job("nothing").await;
        assert!(unclean.is_empty(), "{unclean:?}");
        lab.worker_memory = lab.system.workers[0].peak_memory();
        lab
    }

    /// What submits a program.
    pub(crate) fn request(&self, program: &Program) -> Value {
        let code = program
            .code
            .replace("@HOST_PORT@", &self.port.to_string())
            .replace("@HOST_SOCKET@", &self.socket);
        let mut request = json!({ "lang": program.lang, "code": code });
        request.as_object_mut().unwrap().extend(program.request.clone());
        request
    }

    /// Runs one program; what was wrong with its answer.
    pub(crate) async fn run(&self, program: &Program) -> Vec<String> {
        let (status, result) = self.answer(&self.request(program)).await;
        let told = shortened(result.clone());
        judge::problems(program, status, &result)
            .into_iter()
            .map(|problem| format!("{}: {problem} in {told}", program.name))
            .collect()
    }

    /// What a program that has ended has left behind: on the host, in the services, for the next.
    pub(crate) async fn after(&mut self, program: &str) -> Vec<String> {
        self.left_after(program, PATIENCE).await
    }

    /// The same, where it may take longer.
    pub(crate) async fn left_after(&mut self, program: &str, patience: Duration) -> Vec<String> {
        let mut problems = self.host.differences(patience).await;
        for (what, process) in
            [("the API", &mut self.system.api), ("the worker", &mut self.system.workers[0])]
        {
            if process.has_panicked() || !process.is_running() {
                problems.push(format!("{what} panicked or ended"));
            }
        }
        let growth = self.system.workers[0].peak_memory() - self.worker_memory;
        if growth > WORKER_GROWTH {
            problems.push(format!("the worker has grown by {growth} bytes"));
        }
        let mut problems: Vec<_> =
            problems.into_iter().map(|problem| format!("after {program}: {problem}")).collect();
        problems.extend(self.next_job(program).await);
        problems
    }

    /// Starts to listen for the kernel killing in one of the sandboxes for want of memory, which is
    /// then a line to be read.
    pub(crate) fn out_of_memory(&self) -> (Child, Lines<BufReader<ChildStdout>>) {
        let label = format!("label=airlock.instance={}", self.system.prefix());
        let mut listener = Command::new("docker")
            .args(["events", "--filter", "event=oom", "--filter", &label])
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let lines = BufReader::new(listener.stdout.take().unwrap()).lines();
        (listener, lines)
    }

    /// Ends the system.
    pub(crate) async fn close(self) {
        self.system.stop().await;
    }

    async fn next_job(&self, program: &str) -> Vec<String> {
        let (_, result) = self.answer(&json!({ "lang": "python", "code": CLEAN })).await;
        if result["stdOutput"] == "clean\n" && result["verdict"] == "success" {
            return Vec::new();
        }
        vec![format!("the job after {program} found {}", shortened(result))]
    }

    async fn answer(&self, request: &Value) -> (u16, Value) {
        let client = &self.system.client;
        let reply = client.post("/api/submit", request).await;
        let answer = reply.json();
        match answer["codeSubmissionId"].as_str() {
            Some(id) => (reply.status.as_u16(), client.finished(id).await),
            None => (reply.status.as_u16(), answer),
        }
    }
}

/// A result as a line that a person can read.
fn shortened(mut result: Value) -> String {
    const MAX_CHARS: usize = 400;
    if let Value::Object(fields) = &mut result {
        for sent in ["code", "files", "stdInput", "createdAt", "startedAt", "finishedAt", "worker"]
        {
            fields.remove(sent);
        }
        for value in fields.values_mut() {
            if let Some(text) = value.as_str().filter(|text| text.chars().count() > MAX_CHARS) {
                *value = text.chars().take(MAX_CHARS).chain("…".chars()).collect::<String>().into();
            }
        }
    }
    result.to_string()
}
