//! Running other programs: bounded in time, ended when we are interrupted, their output kept.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use crate::{interrupt, paths, progress};

/// How long a program may take that has no bound of its own: a question to the engine, say.
const USUAL_LIMIT: Duration = Duration::from_secs(30);
/// Between SIGTERM and SIGKILL for a program that has to end.
const GRACE: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(20);
/// A program that writes to a log says this often how it is getting on.
const HEARTBEAT: Duration = Duration::from_secs(10);
/// How much of a failed program's log is shown.
const TAIL_LINES: usize = 25;

/// A program about to be run, in a process group of its own and without standard input.
pub(crate) struct Run {
    command: Command,
    name: String,
    limit: Duration,
    shielded: bool,
    sign_of_life: Option<(String, Duration)>,
}

/// What a program left behind.
pub(crate) struct Captured {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    pub(crate) fn new<A: AsRef<OsStr>>(program: &str, args: impl IntoIterator<Item = A>) -> Self {
        let mut command = Command::new(program);
        command.args(args).current_dir(paths::root()).stdin(Stdio::null()).process_group(0);
        let name = Path::new(program).file_name().map_or(program.into(), OsStr::to_string_lossy);
        Self {
            name: name.into_owned(),
            command,
            limit: USUAL_LIMIT,
            shielded: false,
            sign_of_life: None,
        }
    }

    pub(crate) fn env(mut self, key: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(key, value);
        self
    }

    /// Keeps variables of our own environment whose names begin like this from it.
    pub(crate) fn without_env(mut self, prefix: &str) -> Self {
        for (key, _) in
            std::env::vars_os().filter(|(key, _)| key.to_string_lossy().starts_with(prefix))
        {
            self.command.env_remove(key);
        }
        self
    }

    pub(crate) fn within(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Clean-up work, which goes on after an interrupt.
    pub(crate) fn shielded(mut self) -> Self {
        self.shielded = true;
        self
    }

    /// Gives up early unless the log shows this text within this time.
    pub(crate) fn showing(mut self, text: &str, within: Duration) -> Self {
        self.sign_of_life = Some((text.to_owned(), within));
        self
    }

    /// Runs it to its end and returns what it wrote, whatever its exit code.
    pub(crate) fn capture(mut self) -> Result<Captured> {
        self.command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = self.spawn()?;
        let stdout = child.stdout.take().map(drain);
        let stderr = child.stderr.take().map(drain);
        let status = self.wait(child, |_| Ok(()))?;
        Ok(Captured { status, stdout: collected(stdout), stderr: collected(stderr) })
    }

    /// What it wrote to standard output, trimmed; a failure is an error that carries its last words.
    pub(crate) fn text(self) -> Result<String> {
        let name = self.name.clone();
        let captured = self.capture()?;
        if !captured.status.success() {
            bail!("{name} failed ({}): {}", captured.status, captured.stderr.trim());
        }
        Ok(captured.stdout.trim().to_owned())
    }

    /// Whether it could be run and succeeded.
    pub(crate) fn succeeds(self) -> bool {
        self.capture().is_ok_and(|captured| captured.status.success())
    }

    /// Runs it with its output on ours.
    pub(crate) fn shown(mut self) -> Result<()> {
        self.command.stdout(Stdio::inherit()).stderr(Stdio::inherit());
        let child = self.spawn()?;
        let status = self.wait(child, |_| Ok(()))?;
        if !status.success() {
            bail!("{} failed ({status})", self.name);
        }
        Ok(())
    }

    /// Runs it with its output in a log named after what it does, and says now and then how far it is.
    /// A failure shows the log's end. Returns the log.
    pub(crate) fn logged(self, doing: &str) -> Result<PathBuf> {
        let path = log_path(doing)?;
        let log =
            File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
        self.logged_to(log, &path, doing)?;
        Ok(path)
    }

    /// Like `logged`, with standard output in a file of its own.
    pub(crate) fn into_file(mut self, file: File, doing: &str) -> Result<()> {
        let path = log_path(doing)?;
        let log =
            File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
        self.command.stdout(file).stderr(log);
        self.finish_logged(&path, doing)
    }

    fn logged_to(mut self, log: File, path: &Path, doing: &str) -> Result<()> {
        self.command.stdout(log.try_clone()?).stderr(log);
        self.finish_logged(path, doing)
    }

    fn finish_logged(mut self, path: &Path, doing: &str) -> Result<()> {
        let child = self.spawn()?;
        let mut next = HEARTBEAT;
        let status = self.wait(child, |elapsed| {
            if let Some((text, within)) = &self.sign_of_life
                && elapsed > *within
                && !read(path).contains(text)
            {
                bail!("no answer within {}", progress::spoken(*within));
            }
            if elapsed >= next {
                next += HEARTBEAT;
                progress::note(&format!(
                    "{doing}: {} ... {}",
                    progress::spoken(elapsed),
                    last_line(&read(path))
                ));
            }
            Ok(())
        });
        match status {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => bail!(
                "could not {doing}: {status}\n{}\n(whole log: {})",
                tail(&read(path)),
                path.display()
            ),
            Err(error) => {
                Err(error.context(format!("could not {doing} (log: {})", path.display())))
            }
        }
    }

    fn spawn(&mut self) -> Result<Child> {
        if interrupt::requested() && !self.shielded {
            bail!("interrupted");
        }
        self.command.spawn().with_context(|| format!("cannot start {}", self.name))
    }

    fn wait(
        &self,
        mut child: Child,
        mut each: impl FnMut(Duration) -> Result<()>,
    ) -> Result<ExitStatus> {
        let started = Instant::now();
        loop {
            if let Some(status) = child.try_wait()? {
                return Ok(status);
            }
            let elapsed = started.elapsed();
            let verdict = if interrupt::requested() && !self.shielded {
                Err(anyhow::anyhow!("interrupted"))
            } else if elapsed > self.limit {
                Err(anyhow::anyhow!(
                    "{} did not end within {}",
                    self.name,
                    progress::spoken(self.limit)
                ))
            } else {
                each(elapsed)
            };
            if let Err(error) = verdict {
                end(&mut child);
                return Err(error);
            }
            thread::sleep(POLL);
        }
    }
}

/// Ends a program with everything it started.
fn end(child: &mut Child) {
    let group = i32::try_from(child.id()).map(Pid::from_raw);
    for signal in [Signal::SIGTERM, Signal::SIGKILL] {
        if let Ok(group) = group {
            // Fails only when the group is gone already, which is what is wanted.
            let _ = killpg(group, signal);
        }
        let deadline = Instant::now() + GRACE;
        while Instant::now() < deadline {
            if !matches!(child.try_wait(), Ok(None)) {
                return;
            }
            thread::sleep(POLL);
        }
    }
}

fn drain(mut stream: impl Read + Send + 'static) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        // A broken pipe ends the stream like its end does; what was read until then counts.
        let _ = stream.read_to_end(&mut bytes);
        bytes
    })
}

fn collected(reader: Option<thread::JoinHandle<Vec<u8>>>) -> String {
    let bytes = reader.and_then(|reader| reader.join().ok()).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

fn log_path(doing: &str) -> Result<PathBuf> {
    let folder = paths::logs();
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("cannot make {}", folder.display()))?;
    let slug: String =
        doing.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    Ok(folder.join(format!("{slug}.log")))
}

fn read(path: &Path) -> String {
    String::from_utf8_lossy(&std::fs::read(path).unwrap_or_default()).into_owned()
}

fn last_line(log: &str) -> String {
    let line = log.lines().rev().map(str::trim).find(|line| !line.is_empty()).unwrap_or("");
    line.chars().take(100).collect()
}

fn tail(log: &str) -> String {
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_carries_the_last_words_of_the_program() {
        let error = Run::new("sh", ["-c", "echo no luck >&2; exit 3"]).text().unwrap_err();
        assert!(error.to_string().contains("no luck"), "{error}");
    }

    #[test]
    fn a_program_past_its_limit_is_ended_with_what_it_started() {
        let started = Instant::now();
        // The reader of the pipe only comes to its end when the inner sleep is gone too.
        let run = Run::new("sh", ["-c", "sleep 60 & wait"]).within(Duration::from_millis(100));
        assert!(run.capture().is_err());
        assert!(started.elapsed() < Duration::from_secs(30));
    }

    #[test]
    fn a_program_that_does_not_exist_is_an_error_not_a_panic() {
        assert!(!Run::new("airlock-no-such-program", ["x"]).succeeds());
    }

    #[test]
    fn the_end_of_a_log_is_its_last_lines() {
        let log: String = (0..100).map(|n| format!("{n}\n")).collect();
        assert!(tail(&log).starts_with("75\n") && tail(&log).ends_with("99"));
        assert_eq!(last_line("one\n two \n\n"), "two");
    }
}
