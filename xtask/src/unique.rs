//! Names and ports that no other run on this machine has.

use std::net::{Ipv4Addr, TcpListener};

use anyhow::{Context, Result};

/// A short random word of hexadecimal digits.
pub(crate) fn word() -> Result<String> {
    let uuid = std::fs::read_to_string("/proc/sys/kernel/random/uuid")
        .context("cannot get a random name from the kernel")?;
    Ok(uuid.chars().filter(char::is_ascii_hexdigit).take(10).collect())
}

/// A port on loopback that nothing listens on now.
pub(crate) fn port() -> Result<u16> {
    let listener =
        TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port on loopback")?;
    Ok(listener.local_addr()?.port())
}
