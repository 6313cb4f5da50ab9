//! The images of MongoDB and Redis: the official ones, or stand-ins made of packages.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::command::Run;
use crate::registry::Registry;
use crate::{base_image, engine, package, paths, progress, settings};

const BUILD_LIMIT: Duration = Duration::from_secs(600);
const DOWNLOAD_LIMIT: Duration = Duration::from_secs(600);
/// Where the Python package keeps its binary.
const MONGOD_IN_PACKAGE: &str = "fiftyone/db/bin/mongod";

/// Which images the stores run from.
#[derive(Debug, Clone)]
pub(crate) struct Stores {
    pub(crate) mongo: String,
    pub(crate) redis: String,
}

struct Store {
    setting: &'static str,
    official: &'static str,
    stand_in: &'static str,
}

const MONGO: Store =
    Store { setting: "AIRLOCK_MONGO_IMAGE", official: "mongo:8", stand_in: "airlock/mongo:local" };
const REDIS: Store =
    Store { setting: "AIRLOCK_REDIS_IMAGE", official: "redis:8", stand_in: "airlock/redis:local" };

/// Makes sure that the engine has an image of each store.
pub(crate) fn ensure(registry: &Registry) -> Result<Stores> {
    Ok(Stores {
        mongo: MONGO.ensure(registry, mongo_context)?,
        redis: REDIS.ensure(registry, redis_context)?,
    })
}

/// Which images would be used, without getting any.
pub(crate) fn known() -> Stores {
    Stores { mongo: MONGO.present(), redis: REDIS.present() }
}

impl Store {
    fn ensure(&self, registry: &Registry, context: fn() -> Result<PathBuf>) -> Result<String> {
        if let Some(image) = settings::get(self.setting) {
            if !registry.get(&image) {
                bail!("{} names {image}, which is not here and cannot be pulled", self.setting);
            }
            return Ok(image);
        }
        // Once a stand-in has written data, its version is the one that reads it.
        if engine::has_image(self.stand_in) {
            return Ok(self.stand_in.to_owned());
        }
        if registry.get(self.official) {
            return Ok(self.official.to_owned());
        }
        base_image::ensure(registry)?;
        progress::note(&format!("building {} in place of {}", self.stand_in, self.official));
        let context = context()?;
        let args = [
            "build".as_ref(),
            "--force-rm".as_ref(),
            "--tag".as_ref(),
            self.stand_in.as_ref(),
            context.as_os_str(),
        ];
        Run::new("docker", args).within(BUILD_LIMIT).logged(&format!("build {}", self.stand_in))?;
        Ok(self.stand_in.to_owned())
    }

    fn present(&self) -> String {
        let stand_in = || engine::has_image(self.stand_in).then(|| self.stand_in.to_owned());
        settings::get(self.setting).or_else(stand_in).unwrap_or_else(|| self.official.to_owned())
    }
}

fn images() -> PathBuf {
    paths::root().join("xtask/images")
}

fn redis_context() -> Result<PathBuf> {
    Ok(images().join("redis"))
}

/// The Dockerfile beside the mongod binary, which is fetched once and kept.
fn mongo_context() -> Result<PathBuf> {
    let context = paths::state().join("cache/mongo");
    let mongod = context.join("mongod");
    if !mongod.exists() {
        fetch_mongod(&mongod).context("cannot get mongod without a container registry")?;
    }
    std::fs::copy(images().join("mongo/Dockerfile"), context.join("Dockerfile"))?;
    Ok(context)
}

fn fetch_mongod(mongod: &Path) -> Result<()> {
    if std::env::consts::ARCH != "x86_64" {
        bail!(
            "its package is for x86_64 only: load {} with `docker load`, or set {}",
            MONGO.official,
            MONGO.setting
        );
    }
    if !Run::new("python3", ["-m", "pip", "--version"]).succeeds() {
        package::install(&["python3-pip"], &[])?;
    }
    progress::note("fetching mongod");
    let unpacked = paths::state().join("cache/mongod-package");
    let requirements = images().join("mongo/requirements.txt");
    let pip = Run::new(
        "python3",
        [
            "-m",
            "pip",
            "install",
            "--no-deps",
            "--no-compile",
            "--only-binary",
            ":all:",
            "--require-hashes",
            "--requirement",
            &requirements.to_string_lossy(),
            "--upgrade",
            "--target",
            &unpacked.to_string_lossy(),
        ],
    );
    pip.within(DOWNLOAD_LIMIT).logged("fetch mongod")?;

    let binary = unpacked.join(MONGOD_IN_PACKAGE);
    std::fs::set_permissions(&binary, std::fs::Permissions::from_mode(0o755))
        .context("the package does not hold mongod where it used to")?;
    if let Some(folder) = mongod.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::rename(&binary, mongod)?;
    std::fs::remove_dir_all(&unpacked).context("cannot remove the unpacked package")
}
