//! `./dev test`: every test, on real parts that it starts and removes again.

use std::time::Duration;

use anyhow::{Result, bail};

use crate::binaries::{Source, cargo};
use crate::stores::Stores;
use crate::test_stores::TestStores;
use crate::{chaos, engine, image_sizes, interrupt, languages, prepare, progress, smoke, unique};

/// The word that selects the test of the composed system alone.
const COMPOSE: &str = "compose";
/// The word that selects the chaos alone, whose own arguments follow.
const CHAOS: &str = "chaos";
/// The word that selects the smoke programs, of all languages.
const LANGUAGES: &str = "languages";
/// The test that runs them.
const SMOKE_TEST: &str = "every_smoke_program_ends_as_expected";
const CARGO_TEST_LIMIT: Duration = Duration::from_secs(1800);

pub(crate) fn run(filters: &[String]) -> Result<()> {
    let _engine = engine::for_this_run()?;
    let stores = prepare::fetch_and_build(Source::Prebuilt)?;
    let mut filters: Vec<&str> = filters.iter().map(String::as_str).collect();
    if let Some((&CHAOS, arguments)) = filters.split_first() {
        return chaos::run(&stores, arguments);
    }
    let everything = filters.is_empty();
    let mut asked_for = |word| {
        let before = filters.len();
        filters.retain(|filter| *filter != word);
        filters.len() < before
    };
    let (composed, all_languages) = (asked_for(COMPOSE), asked_for(LANGUAGES));

    let mut failed = Vec::new();
    if everything || !filters.is_empty() {
        report("cargo test", cargo_test(&stores, &filters, languages::FIRST), &mut failed);
    }
    if all_languages {
        let smoke = cargo_test(&stores, &["--nocapture", SMOKE_TEST], languages::ALL);
        report("the languages", smoke, &mut failed);
        report("the size of the images", image_sizes::tell(), &mut failed);
    }
    if interrupt::requested() {
        bail!("interrupted");
    }
    if everything || composed {
        report("the composed system", smoke::run(&stores), &mut failed);
    }
    if everything {
        report("the chaos", chaos::run(&stores, &[]), &mut failed);
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

/// The tests that `arguments` choose, with the smoke programs of these languages.
fn cargo_test(images: &Stores, arguments: &[&str], smoke: &str) -> Result<()> {
    let build = ["test", "--locked", "--release", "--workspace", "--no-run"];
    progress::step("Language images, and building the tests");
    std::thread::scope(|scope| {
        let building = scope.spawn(|| languages::build_images(&[smoke]));
        let tests = cargo(&build).shown();
        let images =
            building.join().unwrap_or_else(|_| bail!("building the language images panicked"));
        tests.and(images)
    })?;

    let stores = TestStores::start(images, &unique::word()?)?;
    progress::step("Tests");
    let tests = ["test", "--locked", "--release", "--workspace", "--no-fail-fast", "--"];
    let run = stores.tell(cargo(&[&tests, arguments].concat()))?;
    run.env("AIRLOCK_TEST_SMOKE", smoke).within(CARGO_TEST_LIMIT).shown()
}
