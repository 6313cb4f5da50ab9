//! System V IPC, which outlives the processes that made it.

use std::fs;
use std::io;

use nix::errno::Errno;

/// Removes every shared memory segment, semaphore set and message queue of the container.
pub(crate) fn remove_system_v_ipc() -> io::Result<()> {
    for id in ids("/proc/sysvipc/shm") {
        // SAFETY: IPC_RMID uses no buffer.
        gone(unsafe { libc::shmctl(id, libc::IPC_RMID, std::ptr::null_mut()) })?;
    }
    for id in ids("/proc/sysvipc/sem") {
        // SAFETY: IPC_RMID takes no fourth argument.
        gone(unsafe { libc::semctl(id, 0, libc::IPC_RMID) })?;
    }
    for id in ids("/proc/sysvipc/msg") {
        // SAFETY: IPC_RMID uses no buffer.
        gone(unsafe { libc::msgctl(id, libc::IPC_RMID, std::ptr::null_mut()) })?;
    }
    Ok(())
}

/// The second column of the kernel's table. No table: there is no System V IPC.
fn ids(table: &str) -> Vec<libc::c_int> {
    let table = fs::read_to_string(table).unwrap_or_default();
    let rows = table.lines().skip(1);
    rows.filter_map(|row| row.split_whitespace().nth(1)?.parse().ok()).collect()
}

fn gone(result: libc::c_int) -> io::Result<()> {
    match Errno::result(result) {
        // A segment that was marked for removal goes with its last user.
        Ok(_) | Err(Errno::EINVAL | Errno::EIDRM) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
