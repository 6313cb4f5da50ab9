//! Acting as the step user for a moment, without giving up being root.

use std::io;

use nix::unistd::{Gid, Uid, setegid, seteuid};
use runner::protocol::USER_ID;

/// Does `work` with the step user's effective user and group.
///
/// The container's root has neither `CAP_DAC_OVERRIDE` nor `CAP_KILL`: it owns what the step user
/// owns, and may signal what the step user may signal, only while it is that user. The real and
/// saved ids stay 0, so that step processes may neither signal nor trace the runner meanwhile.
pub(crate) fn as_step_user<T>(work: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    setegid(Gid::from_raw(USER_ID))?;
    seteuid(Uid::from_raw(USER_ID))?;
    let result = work();
    seteuid(Uid::from_raw(0))?;
    setegid(Gid::from_raw(0))?;
    result
}
