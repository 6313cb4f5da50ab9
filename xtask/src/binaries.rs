//! The one build that `up`, the tests and CI share.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::command::Run;
use crate::{paths, progress};

/// A clean build of the workspace is minutes on two cores.
const BUILD_LIMIT: Duration = Duration::from_secs(2400);
/// A target is a download of some 30 MB.
const TARGET_LIMIT: Duration = Duration::from_secs(300);
/// The C library of the base image: a binary built against a newer one does not start there.
const BASE_IMAGE_GLIBC: (u32, u32) = (2, 41);
const SERVICES: [&str; 2] = ["submission-service", "execution-service"];

/// Where the service images get their binaries from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// Built on the host, copied in: fast, and possible without a registry.
    Prebuilt,
    /// Built inside an image, because the host's binaries would not run in ours.
    Build,
}

impl Source {
    /// What suits this host.
    pub(crate) fn of_host() -> Self {
        let glibc = Run::new("getconf", ["GNU_LIBC_VERSION"]).text().unwrap_or_default();
        if cfg!(target_os = "linux") && runs_in_base_image(&glibc) {
            Self::Prebuilt
        } else {
            Self::Build
        }
    }

    /// The name of the Dockerfile's stage.
    pub(crate) fn stage(self) -> &'static str {
        match self {
            Self::Prebuilt => "prebuilt",
            Self::Build => "build",
        }
    }
}

/// `cargo` as a person would start it: `cargo run`, which started us, describes this member in variables
/// that build scripts look at, and they would make everything new at each change between the two.
pub(crate) fn cargo(args: &[&str]) -> Run {
    let program = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let run = Run::new(&program, args).within(BUILD_LIMIT);
    ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_"]
        .into_iter()
        .fold(run, Run::without_env)
}

/// Builds all binaries of the host and the runner.
pub(crate) fn build() -> Result<()> {
    progress::step("Building the binaries");
    let target = runner_target();
    ensure_target(&target)?;
    cargo(&["build", "--locked", "--release", "--workspace"]).shown()?;
    cargo(&["build", "--locked", "--profile", "runner", "--package", "runner", "--target", &target])
        .shown()
}

/// Rustup installs what rust-toolchain.toml lists along with a toolchain that was missing, but adds
/// nothing to one that is there.
fn ensure_target(target: &str) -> Result<()> {
    let library = Run::new("rustc", ["--print", "target-libdir", "--target", target]).text()?;
    if Path::new(&library).is_dir() {
        return Ok(());
    }
    progress::note(&format!("adding the Rust target {target}"));
    Run::new("rustup", ["target", "add", target]).within(TARGET_LIMIT).shown().with_context(|| {
        format!("the runner needs the Rust target {target}; without rustup, install it as your toolchain wants it")
    })
}

/// The runner that goes into the language images: static, so that it runs in any of them.
pub(crate) fn runner() -> Result<PathBuf> {
    Ok(paths::target()?.join(runner_target()).join("runner/runner"))
}

/// Puts the binaries where the Dockerfile takes them from.
pub(crate) fn stage() -> Result<()> {
    let folder = paths::state().join("dist/bin");
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("cannot make {}", folder.display()))?;
    let mut sources: Vec<PathBuf> = Vec::new();
    for service in SERVICES {
        sources.push(paths::release()?.join(service));
    }
    sources.push(runner()?);
    for source in sources {
        let Some(name) = source.file_name() else { bail!("{} is no file", source.display()) };
        std::fs::copy(&source, folder.join(name))
            .with_context(|| format!("cannot copy {}", source.display()))?;
    }
    Ok(())
}

fn runner_target() -> String {
    format!("{}-unknown-linux-musl", std::env::consts::ARCH)
}

fn runs_in_base_image(getconf: &str) -> bool {
    let version = getconf.trim().strip_prefix("glibc ").and_then(|version| version.split_once('.'));
    let Some((major, minor)) = version else { return false };
    let minor = minor.split('.').next().unwrap_or(minor);
    match (major.parse(), minor.parse()) {
        (Ok(major), Ok(minor)) => (major, minor) <= BASE_IMAGE_GLIBC,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_binaries_of_an_old_enough_host_go_into_the_image() {
        for (host, runs) in [
            ("glibc 2.36\n", true),
            ("glibc 2.41", true),
            ("glibc 2.42", false),
            ("glibc 2.36.1", true),
            ("glibc 3.0", false),
            ("", false),
            ("musl", false),
        ] {
            assert_eq!(runs_in_base_image(host), runs, "{host:?}");
        }
    }
}
