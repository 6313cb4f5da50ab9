//! What `up` and `test` both need once an engine runs: the images to start from, and the binaries.

use std::thread;

use anyhow::{Result, anyhow};

use crate::binaries::{self, Source};
use crate::registry::Registry;
use crate::stores::{self, Stores};
use crate::{base_image, compose_plugin, progress};

/// Gets everything that is missing. Fetching waits for the network and building for the processor, so
/// they go on at the same time.
pub(crate) fn fetch_and_build(source: Source) -> Result<Stores> {
    progress::step("Base image, compose plugin, MongoDB and Redis");
    thread::scope(|scope| {
        let fetching = scope.spawn(fetch);
        let built = if source == Source::Prebuilt { binaries::build() } else { Ok(()) };
        let fetched = fetching.join().unwrap_or_else(|_| Err(anyhow!("fetching panicked")));
        built.and(fetched)
    })
}

fn fetch() -> Result<Stores> {
    let registry = Registry::default();
    base_image::ensure(&registry)?;
    compose_plugin::ensure()?;
    let stores = stores::ensure(&registry)?;
    progress::note(&format!(
        "images ready: {}, {}, {}",
        base_image::BASE_IMAGE,
        stores.mongo,
        stores.redis
    ));
    Ok(stores)
}
