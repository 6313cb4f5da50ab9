//! Acting as the step user for a moment, without giving up being root.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::sync::OnceLock;

use nix::unistd::{Gid, Uid, setegid, seteuid};
use runner::protocol::WORK_DIR;

/// Does `work` with the step user's effective user and group.
///
/// The container's root has neither `CAP_DAC_OVERRIDE` nor `CAP_KILL`: it owns what the step user
/// owns, and may signal what the step user may signal, only while it is that user. The real and
/// saved ids stay 0, so that step processes may neither signal nor trace the runner meanwhile.
pub(crate) fn as_step_user<T>(work: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    let user = step_user()?;
    setegid(Gid::from_raw(user))?;
    seteuid(Uid::from_raw(user))?;
    let result = work();
    seteuid(Uid::from_raw(0))?;
    setegid(Gid::from_raw(0))?;
    result
}

/// The user and group that steps run as: whoever owns the work directory, and never root.
pub(crate) fn step_user() -> io::Result<u32> {
    static USER: OnceLock<u32> = OnceLock::new();
    if let Some(user) = USER.get() {
        return Ok(*user);
    }
    match fs::metadata(WORK_DIR)?.uid() {
        0 => Err(io::Error::new(io::ErrorKind::PermissionDenied, "the work directory is root's")),
        user => Ok(*USER.get_or_init(|| user)),
    }
}
