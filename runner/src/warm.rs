//! An interpreter that is started before there is a program for it.
//!
//! Its main file is a pipe at first, which it opens and waits at. When the program comes, a file
//! takes the pipe's place, for whoever looks the name up from then on, and the pipe is given the
//! file's contents. The interpreter cannot tell that from a start in that moment.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::thread;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use runner::protocol::{MAX_WARM_BYTES, Step, WORK_DIR, Warm};

use crate::failure::{Attempt, Failure};
use crate::identity::as_step_user;
use crate::spawn::{Spawned, spawn};

/// How long an interpreter may take until it opens its main file. It has all of a start's time.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often to look whether it has.
const LOOK: Duration = Duration::from_millis(1);

/// A started interpreter that waits for its main file's contents.
pub(crate) struct Waiting {
    step: Step,
    main: PathBuf,
    child: Child,
    pipe: File,
}

impl Waiting {
    /// Starts one and waits until it stands before its main file. `None`: it does not come that far.
    pub(crate) fn start(warm: Warm) -> Result<Option<Self>, Failure> {
        let main = Path::new(WORK_DIR).join(&warm.main);
        let owner_only = Mode::S_IRUSR | Mode::S_IWUSR;
        as_step_user(|| Ok(mkfifo(&main, owner_only)?)).attempt("make a program's pipe")?;
        let Spawned::Running(mut child) = spawn(&warm.step)? else { return Ok(None) };
        let deadline = Instant::now() + PATIENCE;
        loop {
            // Refused for as long as nobody has opened the other end.
            match as_step_user(|| open_for_writing(&main)) {
                Ok(pipe) => return Ok(Some(Self { step: warm.step, main, child, pipe })),
                Err(error) if error.raw_os_error() == Some(Errno::ENXIO as i32) => {}
                Err(error) => return Err(error).attempt("open a program's pipe"),
            }
            let ended = child.try_wait().attempt("look at an interpreter")?.is_some();
            if ended || Instant::now() >= deadline {
                return Ok(None);
            }
            thread::sleep(LOOK);
        }
    }

    /// Makes room for the program's own files.
    pub(crate) fn clear_name(&self) -> Result<(), Failure> {
        match as_step_user(|| fs::remove_file(&self.main)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(error).attempt("remove a program's pipe")
            }
            _ => Ok(()),
        }
    }

    /// Lets it go on as this step. `None`: it is another one, or it cannot, and a start is needed.
    pub(crate) fn go_on(mut self, step: &Step) -> Option<Child> {
        if !step.warm || !is_same(&self.step, step) || !matches!(self.child.try_wait(), Ok(None)) {
            return None;
        }
        let program = as_step_user(|| read_file(&self.main)).ok()?;
        // An empty pipe takes this much at once, or nothing.
        let written = self.pipe.write(&program).ok()?;
        (written == program.len()).then_some(self.child)
    }
}

/// Whether an interpreter that was started for the one can be the other: what is fixed at a start.
fn is_same(started: &Step, wanted: &Step) -> bool {
    let fixed = |step: &Step| {
        let limits = step.limits;
        (limits.open_files, limits.file_bytes, limits.stack_bytes)
    };
    started.argv == wanted.argv && started.env == wanted.env && fixed(started) == fixed(wanted)
}

fn open_for_writing(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).custom_flags(OFlag::O_NONBLOCK.bits()).open(path)
}

/// The contents of a file that a pipe can hold.
fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    let file = fs::symlink_metadata(path)?;
    if !file.is_file() || file.len() > MAX_WARM_BYTES as u64 {
        return Err(io::ErrorKind::InvalidData.into());
    }
    fs::read(path)
}

#[cfg(test)]
mod tests {
    use runner::protocol::StepLimits;

    use super::*;

    fn step(wall_ms: u64, open_files: u64) -> Step {
        Step {
            argv: vec!["toy".into(), "main.toy".into()],
            env: vec![("A".into(), "b".into())],
            stdin: Vec::new(),
            limits: StepLimits {
                wall_ms,
                cpu_ms: wall_ms,
                output_bytes: wall_ms,
                open_files,
                file_bytes: 1,
                stack_bytes: 1,
            },
            warm: true,
        }
    }

    #[test]
    fn only_what_is_fixed_at_a_start_must_be_the_same() {
        assert!(is_same(&step(1, 5), &Step { stdin: vec![1], ..step(2, 5) }));
        assert!(!is_same(&step(1, 5), &step(1, 6)));
        assert!(!is_same(&step(1, 5), &Step { argv: vec!["toy".into()], ..step(1, 5) }));
        assert!(!is_same(&step(1, 5), &Step { env: Vec::new(), ..step(1, 5) }));
    }

    #[test]
    fn a_pipe_opens_once_somebody_reads_and_takes_a_whole_program() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("main.toy");
        mkfifo(&path, Mode::S_IRUSR | Mode::S_IWUSR).unwrap();
        let refused = open_for_writing(&path).unwrap_err();
        assert_eq!(refused.raw_os_error(), Some(Errno::ENXIO as i32));

        let reader = path.clone();
        let reader = thread::spawn(move || fs::read(reader).unwrap());
        let mut pipe = loop {
            if let Ok(pipe) = open_for_writing(&path) {
                break pipe;
            }
        };
        let program = vec![b'x'; MAX_WARM_BYTES];
        fs::remove_file(&path).unwrap();
        fs::write(&path, &program).unwrap();
        assert_eq!(read_file(&path).unwrap(), program);
        assert_eq!(pipe.write(&program).unwrap(), program.len());
        drop(pipe);
        assert_eq!(reader.join().unwrap(), program);

        fs::write(&path, vec![b'x'; MAX_WARM_BYTES + 1]).unwrap();
        assert!(read_file(&path).is_err(), "it would not fit into the pipe");
    }
}
