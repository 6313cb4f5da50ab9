//! Where things are.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use anyhow::{Context, Result};

/// The root of the repository.
///
/// Cargo tells it to what it runs. What was true when this was built need not be true any more: a
/// checkout may be moved, and one target folder may serve several.
pub(crate) fn root() -> &'static Path {
    static ROOT: LazyLock<PathBuf> = LazyLock::new(|| {
        let built_in = || env!("CARGO_MANIFEST_DIR").into();
        let member = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(built_in));
        member.parent().map_or_else(|| member.clone(), Path::to_path_buf)
    });
    &ROOT
}

/// What `./dev` keeps between runs: logs, downloads, binaries on their way into an image.
pub(crate) fn state() -> PathBuf {
    root().join(".airlock")
}

/// The folder of the logs of the programs that were run.
pub(crate) fn logs() -> PathBuf {
    state().join("logs")
}

/// Cargo's output folder, wherever the environment or cargo's configuration put it: this program lies in it.
pub(crate) fn target() -> Result<PathBuf> {
    let own = std::env::current_exe().context("cannot tell where this program lies")?;
    let folder =
        own.ancestors().nth(2).context("this program does not lie in a cargo target folder")?;
    Ok(folder.to_path_buf())
}

/// The folder of the services' binaries.
pub(crate) fn release() -> Result<PathBuf> {
    Ok(target()?.join("release"))
}
