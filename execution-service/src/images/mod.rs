//! Images: each language's own, built from its folder, and on top of it the one that sandboxes
//! start from, which has the runner as its last layer.
//!
//! Both are tagged by a digest of what they are made of, so that building again what exists costs
//! one look, and a new runner or a changed Dockerfile is never mistaken for the old.

mod build;
mod context;

use std::path::Path;

use anyhow::Context as _;
use bollard::Docker;
use shared::language::{Language, Languages};

use crate::settings::Settings;
use context::BuildContext;

/// The mode of the runner in an image: user code can neither read nor run it.
const RUNNER_MODE: u32 = 0o700;

/// `/etc/hosts` of a sandbox: without a network, the engine makes none.
const HOSTS: &str = "127.0.0.1 localhost airlock\n::1 localhost\n";

/// Builds the image of every language from its folder, where it does not exist yet.
pub async fn build_all(settings: &Settings) -> anyhow::Result<()> {
    let docker = connect().await?;
    let dir = Path::new(&settings.languages.dir);
    for language in Languages::load(dir)?.iter() {
        let (tag, context) = language_image(dir, language)?;
        if build::exists(&docker, &tag).await? {
            tracing::info!(lang = language.name, image = tag, "image is there");
            continue;
        }
        tracing::info!(lang = language.name, image = tag, "image is being built");
        build::build(&docker, &tag, &language.name, context)
            .await
            .with_context(|| format!("cannot build the image of `{}`", language.name))?;
        tracing::info!(lang = language.name, image = tag, "image is built");
    }
    Ok(())
}

/// A connection to the Docker engine that `DOCKER_HOST` names, or the local one.
pub(crate) async fn connect() -> anyhow::Result<Docker> {
    let docker = Docker::connect_with_defaults().context("DOCKER_HOST cannot be used")?;
    docker.negotiate_version().await.context("the Docker engine cannot be reached")
}

/// Makes sure that the image which sandboxes of a language start from exists, and names it.
/// `None`: the language's own image was not built.
pub(crate) async fn sandbox_image(
    docker: &Docker,
    dir: &Path,
    language: &Language,
    runner: &[u8],
) -> anyhow::Result<Option<String>> {
    let (base, _) = language_image(dir, language)?;
    if !build::exists(docker, &base).await? {
        return Ok(None);
    }
    let dockerfile = format!(
        "FROM {base}\nUSER 0:0\nWORKDIR {}\nCOPY hosts /etc/hosts\nCOPY runner {}\n\
         ENTRYPOINT [\"{1}\"]\n",
        runner::protocol::WORK_DIR,
        runner::protocol::RUNNER_PATH,
    );
    let mut context = BuildContext::default();
    context.add("Dockerfile", 0o644, dockerfile.into_bytes());
    context.add("hosts", 0o644, HOSTS.as_bytes().to_vec());
    context.add("runner", RUNNER_MODE, runner.to_vec());
    let tag = format!("airlock/sandbox-{}:{}", language.name, context.digest());
    if !build::exists(docker, &tag).await? {
        build::build(docker, &tag, &language.name, context).await?;
        tracing::info!(lang = language.name, image = tag, "runner is baked in");
    }
    Ok(Some(tag))
}

/// A language's own image: its tag, and what it is built from.
fn language_image(dir: &Path, language: &Language) -> anyhow::Result<(String, BuildContext)> {
    let folder = dir.join(&language.name);
    let context = BuildContext::of_language(&folder)
        .with_context(|| format!("cannot read {}", folder.display()))?;
    Ok((format!("airlock/language-{}:{}", language.name, context.digest()), context))
}
