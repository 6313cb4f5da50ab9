//! Starting a step's program as the step user.

use std::ffi::OsStr;
use std::io;
use std::process::{Child, Command, Stdio};

use nix::errno::Errno;
use nix::sys::resource::{Resource, getrlimit, rlim_t};
use runner::protocol::{Step, StepLimits};

use crate::failure::{Attempt, Failure};
use crate::identity::step_user;
use crate::sys::{self, Rlimits, SetupFailure};

/// What became of a program that was to be started.
pub(crate) enum Spawned {
    /// It runs, with pipes for its three standard streams.
    Running(Child),
    /// The kernel would not run it, for this reason.
    Refused(String),
}

/// Starts the step's program in a session of its own, stripped of every right.
pub(crate) fn spawn(step: &Step) -> Result<Spawned, Failure> {
    let Some((program, arguments)) = step.argv.split_first() else {
        return Ok(Spawned::Refused("no program was given".to_owned()));
    };
    let mut command = Command::new(program);
    command
        .args(arguments)
        .env_clear()
        .envs(step.env.iter().map(|(name, value)| (OsStr::new(name), OsStr::new(value))))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    // The working directory is entered by the step user: root may not look into it.
    let user = step_user().attempt("find the user that steps run as")?;
    sys::confine_before_exec(&mut command, user, rlimits(&step.limits)?);

    let error = match command.spawn() {
        Ok(child) => return Ok(Spawned::Running(child)),
        Err(error) => error,
    };
    match SetupFailure::decode(&error) {
        Some(setup) => Err(setup.reason()).attempt(&format!("set up a step's {}", setup.stage())),
        None => Ok(Spawned::Refused(format!("{program}: {}", reason(&error)))),
    }
}

/// No `RLIMIT_NPROC` or `RLIMIT_AS`: processes and memory are counted for the container as a
/// whole, and a capped address space breaks every runtime that reserves a large one.
fn rlimits(limits: &StepLimits) -> Result<Rlimits, Failure> {
    let wanted = [
        (Resource::RLIMIT_NOFILE, limits.open_files),
        (Resource::RLIMIT_FSIZE, limits.file_bytes),
        (Resource::RLIMIT_STACK, limits.stack_bytes),
        (Resource::RLIMIT_CORE, 0),
    ];
    let mut granted = wanted;
    for (which, most) in &mut granted {
        *most = at_most(*most, *which).attempt("read a resource limit")?;
    }
    Ok(granted)
}

/// Without `CAP_SYS_RESOURCE`, nothing can be raised above what the container was given.
fn at_most(wanted: rlim_t, which: Resource) -> nix::Result<rlim_t> {
    getrlimit(which).map(|(_, hard)| wanted.min(hard))
}

fn reason(error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(number) => Errno::from_raw(number).desc().to_owned(),
        // A NUL byte in a name or argument never reaches the kernel.
        None => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_told_in_the_kernels_words() {
        let missing = io::Error::from_raw_os_error(libc::ENOENT);
        assert_eq!(reason(&missing), "No such file or directory");
    }

    #[test]
    fn limits_above_the_containers_are_lowered_to_them() {
        let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
        assert_eq!(at_most(16, Resource::RLIMIT_NOFILE), Ok(16));
        assert_eq!(at_most(rlim_t::MAX, Resource::RLIMIT_NOFILE), Ok(hard));
    }
}
