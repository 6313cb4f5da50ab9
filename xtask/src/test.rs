//! `./dev test`: every test, on real parts that it starts and removes again.

use std::time::Duration;

use anyhow::{Result, bail};

use crate::binaries::{Source, cargo};
use crate::stores::Stores;
use crate::test_stores::TestStores;
use crate::{engine, interrupt, languages, prepare, progress, smoke, unique};

/// The word that selects the test of the composed system alone.
const COMPOSE: &str = "compose";
const CARGO_TEST_LIMIT: Duration = Duration::from_secs(1800);

pub(crate) fn run(filters: &[String]) -> Result<()> {
    let _engine = engine::for_this_run()?;
    let stores = prepare::fetch_and_build(Source::Prebuilt)?;
    let (composed, filters): (Vec<&str>, Vec<&str>) =
        filters.iter().map(String::as_str).partition(|filter| *filter == COMPOSE);
    let everything = composed.is_empty() && filters.is_empty();

    let mut failed = Vec::new();
    if everything || !filters.is_empty() {
        report("cargo test", cargo_test(&stores, &filters), &mut failed);
    }
    if interrupt::requested() {
        bail!("interrupted");
    }
    if everything || !composed.is_empty() {
        report("the composed system", smoke::run(&stores), &mut failed);
    }
    if !failed.is_empty() {
        bail!("failed: {}", failed.join(", "));
    }
    Ok(())
}

/// One part that fails does not keep the other from being run.
fn report(part: &'static str, result: Result<()>, failed: &mut Vec<&'static str>) {
    if let Err(error) = result {
        eprintln!("{part}: {error:#}");
        failed.push(part);
    }
}

fn cargo_test(images: &Stores, filters: &[&str]) -> Result<()> {
    let build = ["test", "--locked", "--release", "--workspace", "--no-run"];
    progress::step("Language images, and building the tests");
    std::thread::scope(|scope| {
        let building = scope.spawn(languages::build_images);
        let tests = cargo(&build).shown();
        let images =
            building.join().unwrap_or_else(|_| bail!("building the language images panicked"));
        tests.and(images)
    })?;

    let stores = TestStores::start(images, &unique::word()?)?;
    progress::step("Tests");
    let tests = ["test", "--locked", "--release", "--workspace", "--no-fail-fast", "--"];
    stores.tell(cargo(&[&tests, filters].concat()))?.within(CARGO_TEST_LIMIT).shown()
}
