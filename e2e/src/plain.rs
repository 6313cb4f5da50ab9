//! The same programs without a sandbox: forked and executed in the root of a language's image.
//!
//! A process of its own does that, which has the image's root as its root. It starts a program for
//! each line that it is sent, and answers with the time that took, in microseconds.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sched::{CloneFlags, setns};
use nix::unistd::{chdir, chroot};
use serde::{Deserialize, Serialize};

use crate::docker;

const ROOT: &str = "BENCH_ROOT";

/// Where programs are started, and what [`Root::write`] is relative to.
const DIR: &str = "tmp";

/// A program to start.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Program {
    /// Its path and its arguments.
    pub argv: Vec<String>,
    /// Its whole environment, save for `PATH`, `HOME` and `LANG`.
    pub env: BTreeMap<String, String>,
}

/// If this process was started by [`Root::start`]: starts programs until stdin ends. Then `true`,
/// and there is nothing else for it to do.
#[expect(clippy::print_stdout, reason = "it is where the answers go")]
pub fn served() -> bool {
    let Some(root) = std::env::var_os(ROOT).map(PathBuf::from) else { return false };
    // What is mounted on /proc there knows only the container's own processes.
    let processes = std::fs::File::open(root.with_file_name("ns").join("pid")).unwrap();
    setns(processes, CloneFlags::CLONE_NEWPID).unwrap();
    chroot(&root).unwrap();
    chdir(&Path::new("/").join(DIR)).unwrap();
    for line in std::io::stdin().lines() {
        let program: Program = serde_json::from_str(&line.unwrap()).unwrap();
        let started = Instant::now();
        let output = Command::new(&program.argv[0])
            .args(&program.argv[1..])
            .env_clear()
            .envs([("PATH", "/usr/local/bin:/usr/bin:/bin"), ("HOME", "/tmp")])
            .env("LANG", "C.UTF-8")
            .envs(&program.env)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let took = started.elapsed();
        assert!(output.status.success(), "{program:?}: {output:?}");
        println!("{}", took.as_micros());
        std::io::stdout().flush().unwrap();
    }
    true
}

/// A container of an image, which does nothing but have a root, and the process that uses it.
pub struct Root {
    container: String,
    path: PathBuf,
    process: RefCell<(Child, ChildStdin, BufReader<ChildStdout>)>,
}

impl Root {
    /// The root of a language's newest image. The process is this program once more, which must
    /// begin with [`served`].
    pub async fn start(lang: &str) -> Self {
        let name = format!("airlock/language-{lang}");
        let list = ["images", "--format", "{{.Repository}}:{{.Tag}}", &name];
        let (_, images) = docker(&list).await;
        let image = images.lines().next().unwrap();
        let run = ["run", "--detach", "--rm", "--network", "none", image, "sleep", "3600"];
        let (started, container) = docker(&run).await;
        assert!(started, "{container}");
        let container = container.trim().to_owned();
        let (_, pid) = docker(&["inspect", "--format", "{{.State.Pid}}", &container]).await;
        let path = PathBuf::from(format!("/proc/{}/root", pid.trim()));
        let mut process = Command::new(std::env::current_exe().unwrap())
            .env(ROOT, &path)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdin = process.stdin.take().unwrap();
        let stdout = BufReader::new(process.stdout.take().unwrap());
        Self { container, path, process: RefCell::new((process, stdin, stdout)) }
    }

    /// Writes a file where programs are started.
    pub fn write(&self, name: &str, contents: impl AsRef<[u8]>) {
        std::fs::write(self.path.join(DIR).join(name), contents).unwrap();
    }

    /// Copies a file from where another root's programs are started.
    pub fn copy(&self, name: &str, from: &Self) {
        std::fs::copy(from.path.join(DIR).join(name), self.path.join(DIR).join(name)).unwrap();
    }

    /// How long a program takes.
    pub fn time(&self, program: &Program) -> Duration {
        let (_, stdin, stdout) = &mut *self.process.borrow_mut();
        writeln!(stdin, "{}", serde_json::to_string(program).unwrap()).unwrap();
        let mut answer = String::new();
        stdout.read_line(&mut answer).unwrap();
        Duration::from_micros(answer.trim().parse().unwrap())
    }

    /// Ends the process and removes the container.
    pub async fn stop(self) {
        let (mut process, stdin, _) = self.process.into_inner();
        drop(stdin);
        process.wait().unwrap();
        docker(&["rm", "--force", &self.container]).await;
    }
}
