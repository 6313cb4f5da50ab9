//! The folders of languages: which ones a system gets, and their images.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::command::Run;
use crate::{binaries, paths};

/// All languages, relative to the repository's root.
pub(crate) const ALL: &str = "images";
const CHOSEN: &str = ".airlock/dist/languages";
/// Some bring a compiler of several hundred megabytes.
pub(crate) const IMAGES_LIMIT: Duration = Duration::from_secs(1800);

/// The folder that holds these languages and no others; all of them if none is named.
pub(crate) fn folder(names: &[String]) -> Result<&'static str> {
    if names.is_empty() {
        return Ok(ALL);
    }
    let all = paths::root().join(ALL);
    let known = known(&all)?;
    if let Some(wrong) = names.iter().find(|name| !known.contains(*name)) {
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        bail!("there is no language `{wrong}`, only {}", known.join(", "));
    }
    let chosen = paths::root().join(CHOSEN);
    if chosen.exists() {
        fs::remove_dir_all(&chosen).context("cannot remove the earlier choice of languages")?;
    }
    for name in names {
        copy(&all.join(name), &chosen.join(name))
            .with_context(|| format!("cannot copy the folder of {name}"))?;
    }
    Ok(CHOSEN)
}

/// Builds the images of all languages from the host.
pub(crate) fn build_images() -> Result<()> {
    let program = paths::release()?.join("execution-service");
    Run::new(&program.to_string_lossy(), ["images"])
        .env("AIRLOCK_LANGUAGES_DIR", paths::root().join(ALL))
        .env("AIRLOCK_RUNNER_PATH", binaries::runner()?)
        .within(IMAGES_LIMIT)
        .logged("build the language images")?;
    Ok(())
}

fn known(all: &Path) -> Result<BTreeSet<String>> {
    let entries = fs::read_dir(all).with_context(|| format!("cannot list {}", all.display()))?;
    let folders = entries.flatten().filter(|entry| entry.path().join("language.toml").is_file());
    Ok(folders.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_means_every_language_and_a_wrong_name_is_refused() {
        assert_eq!(folder(&[]).unwrap(), ALL);
        assert!(folder(&["no-such-language".into()]).is_err());
    }
}
