//! What the machine has, and what will be done about the rest: said before anything is done.

use anyhow::{Context, Result, bail};
use nix::sys::statvfs::statvfs;

use crate::base_image::BASE_IMAGE;
use crate::binaries::Source;
use crate::{answer, compose_plugin, engine, package, paths, progress};

/// Below this the build of the workspace or an image would end in "no space left".
const DISK_NEEDED_GIB: u64 = 5;
const GIB: u64 = 1 << 30;

struct Survey {
    client: bool,
    engine: Option<String>,
    compose: bool,
    base_image: bool,
    source: Source,
    disk_free_gib: u64,
}

/// Looks, tells, and refuses a machine that is too small.
pub(crate) fn run(source: Source) -> Result<()> {
    progress::step("This machine");
    let client = package::found("docker");
    let engine = if client { answer::version() } else { None };
    let survey = Survey {
        client,
        compose: client && compose_plugin::present(),
        base_image: engine.is_some() && engine::has_image(BASE_IMAGE),
        engine,
        source,
        disk_free_gib: free_gib()?,
    };
    for line in tell(&survey) {
        progress::note(&line);
    }
    if survey.disk_free_gib < DISK_NEEDED_GIB {
        bail!("{} GiB of disk are free, {DISK_NEEDED_GIB} are needed", survey.disk_free_gib);
    }
    Ok(())
}

fn free_gib() -> Result<u64> {
    let disk = statvfs(paths::root()).context("cannot tell how much disk is free")?;
    Ok(disk.blocks_available().saturating_mul(disk.fragment_size()) / GIB)
}

fn tell(survey: &Survey) -> Vec<String> {
    let engine = match (&survey.engine, survey.client) {
        (Some(version), _) => format!("running, {version}"),
        (None, true) => "not running; will be started".into(),
        (None, false) => "not installed; will be installed and started".into(),
    };
    let compose = if survey.compose { "there" } else { "missing; will be fetched" };
    let base = if survey.base_image {
        "there"
    } else {
        "missing; will be pulled, or bootstrapped without a registry"
    };
    let binaries = match survey.source {
        Source::Prebuilt => "will be built here with cargo where they are not fresh",
        Source::Build => "will be built in an image: this system's would not run in ours",
    };
    vec![
        format!("disk             {} GiB free", survey.disk_free_gib),
        format!("Docker engine    {engine}"),
        format!("docker compose   {compose}"),
        format!("base image       {base}"),
        format!("binaries         {binaries}"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_told_with_what_will_be_done() {
        let bare = Survey {
            client: false,
            engine: None,
            compose: false,
            base_image: false,
            source: Source::Build,
            disk_free_gib: 7,
        };
        let told = tell(&bare).join("\n");
        for words in
            ["7 GiB", "installed and started", "will be fetched", "bootstrapped", "in an image"]
        {
            assert!(told.contains(words), "{words} in {told}");
        }
        let whole = Survey {
            client: true,
            engine: Some("29.0".into()),
            compose: true,
            base_image: true,
            source: Source::Prebuilt,
            ..bare
        };
        assert!(!tell(&whole).join("\n").contains("missing"));
    }
}
