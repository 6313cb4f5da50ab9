//! Debian packages that the host lacks.

use std::time::Duration;

use anyhow::{Result, bail};

use crate::command::Run;
use crate::progress;

const LIMIT: Duration = Duration::from_secs(600);

/// Whether we may install packages: we are root and there is apt.
pub(crate) fn can_install() -> bool {
    is_root() && found("apt-get")
}

pub(crate) fn is_root() -> bool {
    nix::unistd::geteuid().is_root()
}

/// Whether a program is on the PATH.
pub(crate) fn found(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// Installs packages, after one refresh of the lists where they are stale. Packages that this
/// release of the distribution does not know are left out when they are `optional`.
pub(crate) fn install(packages: &[&str], optional: &[&str]) -> Result<()> {
    if !can_install() {
        bail!("{} must be installed, which needs root and apt-get", packages.join(", "));
    }
    progress::note(&format!("installing {}", packages.join(", ")));
    apt(&["update"]).logged("refresh the package lists")?;
    let known =
        optional.iter().filter(|package| Run::new("apt-cache", ["show", package]).succeeds());
    let mut args = vec!["install", "--yes", "--no-install-recommends"];
    args.extend(packages);
    args.extend(known);
    apt(&args).logged(&format!("install {}", packages.join(" ")))?;
    Ok(())
}

fn apt(args: &[&str]) -> Run {
    Run::new("apt-get", args).env("DEBIAN_FRONTEND", "noninteractive").within(LIMIT)
}
