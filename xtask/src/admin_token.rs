//! The superadmin's token: made where keys are wanted and nobody has set one.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;

use anyhow::{Context, Result};

use crate::{paths, settings};

const TOKEN: &str = "AIRLOCK_ADMIN_TOKEN";

/// Random bytes of a token.
const BYTES: usize = 32;

/// Whether the API wants keys.
pub(crate) fn wants_keys() -> bool {
    settings::get("AIRLOCK_AUTH").as_deref() == Some("keys")
}

/// Makes sure that whoever runs Airlock can make keys. The token, if it was made just now: it is in
/// `.env` from now on.
pub(crate) fn ensure() -> Result<Option<String>> {
    let is_set = settings::get(TOKEN).or_else(|| settings::get("AIRLOCK_ADMIN_TOKEN_FILE"));
    if !wants_keys() || is_set.is_some() {
        return Ok(None);
    }
    let mut random = [0; BYTES];
    let source = File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut random));
    source.context("no random bytes for a token")?;
    let token: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    let path = paths::root().join(".env");
    // Nobody else on this machine is to read it.
    let file = OpenOptions::new().append(true).create(true).mode(0o600).open(&path);
    file.and_then(|mut file| writeln!(file, "\n{TOKEN}={token}"))
        .with_context(|| format!("cannot write to {}", path.display()))?;
    Ok(Some(token))
}
