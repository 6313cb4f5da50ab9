//! Finding languages: looks at their folders and images again and again, tests in a sandbox what is
//! new or has changed, and has it served from then on.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use futures_util::StreamExt;
use shared::language::{Folders, Language};
use shared::limits::Limits;
use shared::result_key;

use crate::images::{self, Recipe};
use crate::lowering;
use crate::pool::Pool;
use crate::sandbox::{Fixed, Resources, Sandboxes, Spec};
use crate::self_test::SelfTest;
use crate::serving::{Served, Serving};
use crate::settings::Settings;

/// How soon a language is served whose image has been built.
const INTERVAL: Duration = Duration::from_secs(5);

/// After a language has failed its test, until it is tested once more.
const SECOND_TRY: Duration = Duration::from_secs(60);

/// Finds the languages that a worker serves.
pub(crate) struct Discovery {
    pub(crate) settings: Settings,
    pub(crate) sandboxes: Sandboxes,
    pub(crate) pool: Pool,
    pub(crate) serving: Serving,
    /// The runner's binary.
    runner: Vec<u8>,
    /// The release of the kernel of the engine's host.
    kernel: String,
    /// What was tested, by language.
    tested: HashMap<String, Tested>,
}

/// What came of a test.
struct Tested {
    language: Language,
    /// The image's tag.
    tag: String,
    /// It failed, which may have been the machine's fault: when to try it once more.
    again_at: Option<Instant>,
}

/// A language that has to be tested.
struct Candidate {
    language: Language,
    recipe: Recipe,
}

impl Tested {
    fn is_outdated(&self, language: &Language, recipe: &Recipe) -> bool {
        let again = self.again_at.is_some_and(|at| at <= Instant::now());
        again || self.language != *language || self.tag != recipe.tag
    }
}

impl Discovery {
    pub(crate) fn new(
        settings: &Settings,
        sandboxes: Sandboxes,
        pool: Pool,
        kernel: String,
    ) -> anyhow::Result<Self> {
        let path = &settings.sandbox.runner_path;
        let runner =
            std::fs::read(path).with_context(|| format!("cannot read the runner at {path}"))?;
        Ok(Self {
            settings: settings.clone(),
            sandboxes,
            pool,
            serving: Serving::new(settings.worker.pools.names()),
            runner,
            kernel,
            tested: HashMap::new(),
        })
    }

    /// The first look, after which at least one language must be served.
    pub(crate) async fn begin(&mut self) -> anyhow::Result<()> {
        let folders = Folders::load(&self.settings.languages.dirs)?;
        let known = |name: &str| folders.languages.iter().any(|language| language.name == name);
        let named = [
            ("AIRLOCK_LANGUAGES", self.settings.languages.only.iter().collect::<Vec<_>>()),
            ("AIRLOCK_POOL_READY_LANGUAGES", self.settings.pool.languages.languages().collect()),
        ];
        for (setting, names) in named {
            if let Some(name) = names.iter().find(|name| !known(name)) {
                bail!("{setting}: there is no language `{name}`");
            }
        }
        let failures = self.look().await?;
        if self.serving.names().is_empty() {
            let error = failures.into_iter().next().unwrap_or_else(|| {
                anyhow::anyhow!("`execution-service images` builds the images of languages")
            });
            return Err(error.context("no language can be served"));
        }
        Ok(())
    }

    /// Looks until cancelled.
    pub(crate) async fn keep(mut self) {
        let mut is_in_trouble = false;
        loop {
            tokio::time::sleep(INTERVAL).await;
            let looked = self.look().await;
            // Said once: it stays wrong until somebody mends it.
            let was_in_trouble = std::mem::replace(&mut is_in_trouble, looked.is_err());
            match looked {
                Err(error) if !was_in_trouble => {
                    tracing::warn!(error = format!("{error:#}"), "languages cannot be looked at");
                }
                _ => {}
            }
        }
    }

    /// One look at everything; why some languages cannot be served.
    async fn look(&mut self) -> anyhow::Result<Vec<anyhow::Error>> {
        let folders = Folders::load(&self.settings.languages.dirs)?;
        let only = &self.settings.languages.only;
        let languages: Vec<&Language> =
            folders.languages.iter().filter(|language| only.include(language)).collect();
        let is_there = |name: &str| languages.iter().any(|language| language.name == name);
        self.serving.retain(is_there);
        self.tested.retain(|name, _| is_there(name));
        let mut candidates = Vec::new();
        for language in languages {
            let recipe = Recipe::of(&self.settings.languages.dirs, &language.name)?;
            let tested = self.tested.get(&language.name);
            if tested.is_none_or(|tested| tested.is_outdated(language, &recipe)) {
                candidates.push(Candidate { language: language.clone(), recipe });
            }
        }
        let test = async |candidate: Candidate| (self.test(&candidate).await, candidate);
        let results: Vec<_> = futures_util::stream::iter(candidates.into_iter().map(test))
            .buffered(self.settings.pool.parallel_starts)
            .collect()
            .await;
        let mut failures = Vec::new();
        for (result, Candidate { language, recipe }) in results {
            let lang = language.name.clone();
            let mut again_at = None;
            match result {
                Ok(None) => {
                    self.serving.note_unbuilt(&language);
                    continue;
                }
                Ok(Some((served, spec))) => {
                    tracing::info!(lang, version = served.version, "language is served");
                    self.pool.set_spec(&lang, spec, folders.first.contains(&lang));
                    self.serving.serve(served);
                }
                Err(error) => {
                    tracing::error!(lang, error = format!("{error:#}"), "language is not served");
                    failures.push(error);
                    again_at = Some(Instant::now() + SECOND_TRY);
                }
            }
            self.tested.insert(lang, Tested { language, tag: recipe.tag, again_at });
        }
        Ok(failures)
    }

    /// Tests a language in a sandbox. `None`: its image was not built.
    async fn test(&self, candidate: &Candidate) -> anyhow::Result<Option<(Served, Spec)>> {
        let Candidate { language, recipe } = candidate;
        let docker = &self.sandboxes.docker;
        let sandbox_image = images::sandbox_image(docker, recipe, language, &self.runner);
        let Some(image) = sandbox_image.await? else { return Ok(None) };
        let defaults = self.settings.limits.limits();
        let limits = defaults.with(&language.limits, &language.compile_limits);
        let first = if language.compile.is_some() { &limits.compile } else { &limits.run };
        let spec = Spec {
            image,
            fixed: Fixed {
                disk_bytes: limits.disk_bytes,
                runtime: self.settings.sandbox.runtime().map(str::to_owned),
                network: false,
            },
            resources: Resources::from(first),
            warm: lowering::warm(language, &limits),
        };
        let test =
            SelfTest { language, limits: &limits, runner: &self.runner, kernel: &self.kernel };
        let version = test
            .run(&self.sandboxes, &spec)
            .await
            .with_context(|| format!("the sandbox of `{}` does not hold", language.name))?;
        let environment = self.environment(language, &limits, &version, &spec.image).await?;
        let served = Served { language: language.clone(), limits, version, environment };
        Ok(Some((served, spec)))
    }

    /// The name of everything that can change what a program in this language does here: the image
    /// by its contents, what it is run by, its limits and what the host lets a sandbox have.
    async fn environment(
        &self,
        language: &Language,
        limits: &Limits,
        version: &str,
        image: &str,
    ) -> anyhow::Result<String> {
        let image = self.sandboxes.docker.inspect_image(image).await?.id;
        let Settings { sandbox, ceilings, .. } = &self.settings;
        let all = format!(
            "{image:?} {version:?} {} {limits:?} {ceilings:?} {} {} {:?} {:?} {}",
            serde_json::to_value(language)?,
            sandbox.artifact_bytes,
            sandbox.cpus,
            sandbox.runtime,
            sandbox.network,
            self.kernel,
        );
        Ok(result_key::digest(all.as_bytes()))
    }
}
