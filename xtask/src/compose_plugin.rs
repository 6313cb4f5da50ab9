//! `docker compose`: where the client lacks it, the plugin comes from Debian's package.

use std::fs::{File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::base_image::BASE_IMAGE;
use crate::command::Run;
use crate::progress;

const LIMIT: Duration = Duration::from_secs(180);

/// The package holds one static binary. It is unpacked inside a container of the base image and
/// comes out through standard output, so that the host needs neither apt nor dpkg.
const UNPACK: &str = "cd /tmp && apt-get update >&2 && apt-get download docker-compose >&2 \
    && dpkg-deb --fsys-tarfile docker-compose_*.deb \
    | tar --extract --to-stdout ./usr/libexec/docker/cli-plugins/docker-compose";

/// Whether the client understands `docker compose`.
pub(crate) fn present() -> bool {
    // Clean-up asks too, after an interrupt.
    Run::new("docker", ["compose", "version"]).shielded().succeeds()
}

/// Makes sure that it does. The base image must be there.
pub(crate) fn ensure() -> Result<()> {
    if present() {
        return Ok(());
    }
    let folder = plugins()?;
    progress::note(&format!("fetching the compose plugin into {}", folder.display()));
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("cannot make {}", folder.display()))?;
    // Beside its place and renamed when whole: an interrupted run must not leave half a plugin.
    let partial = folder.join(".docker-compose.partial");
    let file =
        File::create(&partial).with_context(|| format!("cannot write {}", partial.display()))?;
    let fetched =
        Run::new("docker", ["run", "--rm", BASE_IMAGE, "bash", "-euo", "pipefail", "-c", UNPACK])
            .within(LIMIT)
            .into_file(file, "fetch the compose plugin");
    if let Err(error) = fetched {
        // The error of interest is the one of the fetch.
        let _ = std::fs::remove_file(&partial);
        return Err(error);
    }
    std::fs::set_permissions(&partial, Permissions::from_mode(0o755))?;
    std::fs::rename(&partial, folder.join("docker-compose"))?;
    if !present() {
        bail!("`docker compose` still does not work; install Docker's compose plugin by hand");
    }
    Ok(())
}

fn plugins() -> Result<PathBuf> {
    let configured = std::env::var_os("DOCKER_CONFIG").map(PathBuf::from);
    let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".docker"));
    let folder = configured.or_else(home).context("neither HOME nor DOCKER_CONFIG is set")?;
    Ok(folder.join("cli-plugins"))
}
