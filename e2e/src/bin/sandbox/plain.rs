//! The same programs without a sandbox: forked and executed in the root of the language's image.
//!
//! A process of its own does that, which has the image's root as its root. It starts a program for
//! each line that it is sent, and answers with the time that took, in microseconds.

use std::cell::RefCell;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use e2e::docker;
use nix::unistd::{chdir, chroot};

const ROOT: &str = "BENCH_ROOT";

/// The root that this process is to start programs in, if that is what it is for.
pub(crate) fn root_of_this_process() -> Option<PathBuf> {
    std::env::var_os(ROOT).map(PathBuf::from)
}

/// Starts programs until stdin ends.
pub(crate) fn serve(root: &Path) {
    chroot(root).unwrap();
    chdir("/tmp").unwrap();
    for line in std::io::stdin().lines() {
        let line = line.unwrap();
        let argv: Vec<&str> = line.split(' ').collect();
        let started = Instant::now();
        let output = Command::new(argv[0])
            .args(&argv[1..])
            .env_clear()
            .envs([
                ("LANG", "C.UTF-8"),
                ("PYTHONDONTWRITEBYTECODE", "1"),
                ("PYTHONUNBUFFERED", "1"),
            ])
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let took = started.elapsed();
        assert!(output.status.success(), "{output:?}");
        println!("{}", took.as_micros());
        std::io::stdout().flush().unwrap();
    }
}

/// A container of each image, which does nothing but have a root, and the process that uses it.
pub(crate) struct Plain {
    containers: Vec<String>,
    process: RefCell<(Child, ChildStdin, BufReader<ChildStdout>)>,
}

impl Plain {
    pub(crate) async fn start() -> Self {
        let (c, c_root) = idle_container("c").await;
        let (python, root) = idle_container("python").await;
        let source = "#include <stdio.h>\nint main(void) { puts(\"1\"); }\n";
        std::fs::write(c_root.join("tmp/hello.c"), source).unwrap();
        let compile = ["exec", &c, "gcc", "-O2", "-o", "/tmp/hello", "/tmp/hello.c"];
        let (compiled, printed) = docker(&compile).await;
        assert!(compiled, "{printed}");
        std::fs::copy(c_root.join("tmp/hello"), root.join("tmp/hello")).unwrap();
        std::fs::write(root.join("tmp/main.py"), super::PYTHON).unwrap();
        let mut process = Command::new(std::env::current_exe().unwrap())
            .env(ROOT, root)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdin = process.stdin.take().unwrap();
        let stdout = BufReader::new(process.stdout.take().unwrap());
        Self { containers: vec![c, python], process: RefCell::new((process, stdin, stdout)) }
    }

    pub(crate) async fn python(&self) -> Duration {
        self.time("/usr/bin/python3 main.py")
    }

    pub(crate) async fn hello(&self) -> Duration {
        self.time("/tmp/hello")
    }

    fn time(&self, command: &str) -> Duration {
        let (_, stdin, stdout) = &mut *self.process.borrow_mut();
        writeln!(stdin, "{command}").unwrap();
        let mut answer = String::new();
        stdout.read_line(&mut answer).unwrap();
        Duration::from_micros(answer.trim().parse().unwrap())
    }

    pub(crate) async fn stop(self) {
        let (mut process, stdin, _) = self.process.into_inner();
        drop(stdin);
        process.wait().unwrap();
        let remove =
            ["rm", "--force"].into_iter().chain(self.containers.iter().map(String::as_str));
        docker(&remove.collect::<Vec<_>>()).await;
    }
}

/// A container of a language's image that waits, and where its root is.
async fn idle_container(lang: &str) -> (String, PathBuf) {
    let name = format!("airlock/language-{lang}");
    let list = ["images", "--format", "{{.Repository}}:{{.Tag}}", &name];
    let (_, images) = docker(&list).await;
    let image = images.lines().next().unwrap();
    let run = ["run", "--detach", "--rm", "--network", "none", image, "sleep", "3600"];
    let (started, container) = docker(&run).await;
    assert!(started, "{container}");
    let container = container.trim().to_owned();
    let (_, pid) = docker(&["inspect", "--format", "{{.State.Pid}}", &container]).await;
    (container, PathBuf::from(format!("/proc/{}/root", pid.trim())))
}
