//! `debian:trixie-slim`, the base of every image: pulled, or bootstrapped from Debian's own packages.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::command::Run;
use crate::registry::Registry;
use crate::{package, paths, progress};

pub(crate) const BASE_IMAGE: &str = "debian:trixie-slim";
const BOOTSTRAP_LIMIT: Duration = Duration::from_secs(900);
const IMPORT_LIMIT: Duration = Duration::from_secs(120);

/// What the slim image leaves out as well, and what only makes sense on the bootstrapping host.
const LEFT_OUT: [&str; 9] = [
    "./var/lib/apt/lists/*",
    "./var/cache/apt/*",
    "./var/log/*",
    "./usr/share/doc/*",
    "./usr/share/man/*",
    "./usr/share/locale/*",
    "./dev/*",
    "./etc/resolv.conf",
    "./etc/hostname",
];

/// Makes sure that the engine has the base image.
pub(crate) fn ensure(registry: &Registry) -> Result<()> {
    if registry.get(BASE_IMAGE) {
        return Ok(());
    }
    bootstrap().with_context(|| format!("cannot make {BASE_IMAGE} without a registry"))
}

fn bootstrap() -> Result<()> {
    if !package::is_root() {
        bail!("bootstrapping it needs root; or load it into the engine with `docker load`");
    }
    if !package::found("debootstrap") {
        package::install(&["debootstrap"], &["debian-archive-keyring"])?;
    }
    progress::note(&format!("bootstrapping {BASE_IMAGE} from Debian's packages"));
    let folder = paths::state().join("base");
    let archive = paths::state().join("base.tar");
    remove(&folder, &archive)?;
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("cannot make {}", folder.display()))?;
    let made = import(&folder, &archive);
    remove(&folder, &archive)?;
    made
}

fn import(folder: &Path, archive: &Path) -> Result<()> {
    let bootstrap = Run::new(
        "debootstrap",
        ["--variant=minbase".as_ref(), "trixie".as_ref(), folder.as_os_str()],
    );
    bootstrap.within(BOOTSTRAP_LIMIT).logged("bootstrap the base image")?;

    let mut args = vec![
        "--create".into(),
        "--numeric-owner".into(),
        "--file".into(),
        archive.as_os_str().to_owned(),
    ];
    args.extend(LEFT_OUT.iter().map(|path| format!("--exclude={path}").into()));
    args.extend(["--directory".into(), folder.as_os_str().to_owned(), ".".into()]);
    Run::new("tar", args).within(IMPORT_LIMIT).logged("pack the base image")?;

    let import = [
        "import".as_ref(),
        "--change".as_ref(),
        r#"CMD ["bash"]"#.as_ref(),
        archive.as_os_str(),
        BASE_IMAGE.as_ref(),
    ];
    Run::new("docker", import).within(IMPORT_LIMIT).logged("import the base image")?;
    Ok(())
}

fn remove(folder: &Path, archive: &Path) -> Result<()> {
    for gone in [std::fs::remove_dir_all(folder), std::fs::remove_file(archive)] {
        match gone {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(error).context("cannot remove an earlier bootstrap");
            }
            _ => {}
        }
    }
    Ok(())
}
