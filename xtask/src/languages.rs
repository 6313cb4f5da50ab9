//! Languages: which ones a system gets, and their images.

use std::time::Duration;

use anyhow::Result;

use crate::command::Run;
use crate::{binaries, paths};

/// The folder of all languages, relative to the repository's root.
pub(crate) const ALL_FOLDER: &str = "images";
/// Stands for the languages that the file of this name in that folder names.
pub(crate) const FIRST: &str = "first";
/// Stands for every language.
pub(crate) const ALL: &str = "all";
/// Some bring a compiler of several hundred megabytes.
pub(crate) const IMAGES_LIMIT: Duration = Duration::from_secs(3600);

/// Builds the images of these languages from the host.
pub(crate) fn build_images(names: &[&str]) -> Result<()> {
    let program = paths::release()?.join("execution-service");
    Run::new(&program.to_string_lossy(), [&["images"], names].concat())
        .env("AIRLOCK_LANGUAGES_DIR", paths::root().join(ALL_FOLDER))
        .env("AIRLOCK_RUNNER_PATH", binaries::runner()?)
        .within(IMAGES_LIMIT)
        .logged("build the language images")?;
    Ok(())
}
