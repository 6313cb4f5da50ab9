//! Images: each language's own, built from its folder, and on top of it the one that sandboxes
//! start from, which has the runner as its last layer.
//!
//! Both are tagged by a digest of what they are made of, so that building again what exists costs
//! one look, and a new runner or a changed Dockerfile is never mistaken for the old.

mod build;
mod context;
mod recipe;

use std::time::Instant;

use anyhow::{Context as _, bail};
use bollard::Docker;
use futures_util::future::BoxFuture;
use shared::language::{Folders, Language};

use crate::settings::Settings;
use context::BuildContext;
pub(crate) use recipe::Recipe;

/// The mode of the runner in an image: user code can neither read nor run it.
const RUNNER_MODE: u32 = 0o700;

/// `/etc/hosts` of a sandbox: without a network, the engine makes none.
const HOSTS: &str = "127.0.0.1 localhost airlock\n::1 localhost\n";

/// Stands for the languages that a new system gets first.
const FIRST: &str = "first";

/// Stands for every language, the first ones first.
const ALL: &str = "all";

/// Builds the images of these languages from their folders, where they do not exist yet, and tells
/// how far it is, a line at a time. One that cannot be built keeps no other from being built.
pub fn build_all<'a>(
    settings: &'a Settings,
    names: &'a [String],
    tell: fn(String),
) -> BoxFuture<'a, anyhow::Result<()>> {
    // Not compiled anew into the program that awaits it.
    Box::pin(build_each(settings, names, tell))
}

async fn build_each(settings: &Settings, names: &[String], tell: fn(String)) -> anyhow::Result<()> {
    let docker = connect().await?;
    let dirs = &settings.languages.dirs;
    let folders = Folders::load(dirs)?;
    let chosen = chosen(&folders, names)?;
    let mut failed = Vec::new();
    for (nth, language) in (1..).zip(&chosen) {
        let started = Instant::now();
        let recipe = Recipe::of(dirs, &language.name)?;
        let image = format!("{nth} of {}: {}", chosen.len(), recipe.tag);
        tell(image.clone());
        match build_with_parents(&docker, &recipe).await {
            Ok(false) => tell(format!("{image} is there")),
            Ok(true) => tell(format!("{image} built in {} s", started.elapsed().as_secs())),
            Err(error) => {
                tell(format!("{image} FAILED: {error:#}"));
                failed.push(language.name.as_str());
            }
        }
    }
    if !failed.is_empty() {
        bail!("these images could not be built: {}", failed.join(", "));
    }
    Ok(())
}

fn chosen<'a>(folders: &'a Folders, names: &[String]) -> anyhow::Result<Vec<&'a Language>> {
    let find = |name: &String| {
        folders.languages.find(name).with_context(|| format!("there is no language `{name}`"))
    };
    match names {
        [] => bail!("which languages? `{ALL}`, `{FIRST}`, or their names"),
        [first] if first == FIRST => folders.first.iter().map(find).collect(),
        [all] if all == ALL => {
            let mut all: Vec<&Language> = folders.languages.iter().collect();
            all.sort_by_key(|language| !folders.first.contains(&language.name));
            Ok(all)
        }
        names => names.iter().map(find).collect(),
    }
}

/// Builds an image, and before it those that it is built upon. `false`: it was there.
async fn build_with_parents(docker: &Docker, recipe: &Recipe) -> anyhow::Result<bool> {
    if build::exists(docker, &recipe.tag).await? {
        return Ok(false);
    }
    for parent in &recipe.parents {
        Box::pin(build_with_parents(docker, parent)).await?;
    }
    let context = recipe.context.clone();
    build::build(docker, &recipe.tag, &recipe.name, context)
        .await
        .with_context(|| format!("cannot build the image of `{}`", recipe.name))?;
    Ok(true)
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
    recipe: &Recipe,
    language: &Language,
    runner: &[u8],
) -> anyhow::Result<Option<String>> {
    if !build::exists(docker, &recipe.tag).await? {
        return Ok(None);
    }
    let dockerfile = format!(
        "FROM {}\nUSER 0:0\nWORKDIR {}\nCOPY hosts /etc/hosts\nCOPY runner {}\n\
         ENTRYPOINT [\"{2}\"]\n",
        recipe.tag,
        runner::protocol::WORK_DIR,
        runner::protocol::RUNNER_PATH,
    );
    let mut context = BuildContext::default();
    context.add("Dockerfile", 0o644, dockerfile.into_bytes());
    context.add("hosts", 0o644, HOSTS.as_bytes().to_vec());
    context.add("runner", RUNNER_MODE, runner.to_vec());
    let tag = format!("airlock/sandbox-{}:{}", language.image_name(), context.digest());
    if !build::exists(docker, &tag).await? {
        build::build(docker, &tag, &language.name, context).await?;
        tracing::info!(lang = language.name, image = tag, "runner is baked in");
    }
    Ok(Some(tag))
}
