//! `./dev bench`: measurements by a program of the end-to-end tests, each on real parts of its own.

use std::time::Duration;

use anyhow::{Result, bail};

use crate::binaries::Source;
use crate::command::Run;
use crate::test_stores::TestStores;
use crate::{engine, languages, paths, prepare, progress, unique};

const BENCHES: [&str; 5] = ["waiting", "known", "sandbox", "languages", "queue"];
const BENCH_LIMIT: Duration = Duration::from_secs(900);

/// Runs one measurement, or all of them.
pub(crate) fn run(name: Option<&str>) -> Result<()> {
    let chosen: Vec<&str> =
        BENCHES.into_iter().filter(|bench| name.is_none_or(|name| name == *bench)).collect();
    if chosen.is_empty() {
        bail!("there is no such bench, only {}", BENCHES.join(", "));
    }
    let _engine = engine::for_this_run()?;
    let images = prepare::fetch_and_build(Source::Prebuilt)?;
    languages::build_images(&[languages::FIRST])?;
    let stores = TestStores::start(&images, &unique::word()?)?;
    for bench in chosen {
        progress::step(bench);
        let program = paths::release()?.join("bench");
        let run = Run::new(&program.to_string_lossy(), [bench]);
        stores.tell(run)?.within(BENCH_LIMIT).shown()?;
    }
    Ok(())
}
