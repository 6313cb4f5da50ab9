//! `./dev test chaos`: breaks an Airlock of its own in every way there is, by seed.

use std::ops::RangeInclusive;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::command::Run;
use crate::stores::Stores;
use crate::test_stores::TestStores;
use crate::{languages, paths, progress, unique};

/// Seeds of a run that does not say otherwise.
const SEEDS: u32 = 20;
/// The languages of its jobs.
const LANGUAGES: [&str; 2] = ["bash", "python"];
/// The start and the end, and the most that a seed takes on a slow machine.
const START_LIMIT: Duration = Duration::from_secs(300);
const SEED_LIMIT: Duration = Duration::from_secs(120);

/// The first and the last of the seeds that are to be seen through.
type Seeds = RangeInclusive<u32>;

/// Runs the seeds that the arguments name.
pub(crate) fn run(images: &Stores, arguments: &[&str]) -> Result<()> {
    let seeds = parse(arguments)?;
    languages::build_images(&LANGUAGES)?;
    let stores = TestStores::start(images, &unique::word()?)?;
    progress::step("Chaos");
    let program = paths::release()?.join("chaos");
    let histories = paths::state().join("chaos");
    let range = format!("{}-{}", seeds.start(), seeds.end());
    let run = Run::new(&program.to_string_lossy(), ["--seeds", &range])
        .env("AIRLOCK_TEST_HISTORIES", &histories);
    let count = u32::try_from(seeds.count())?;
    stores.tell(run)?.within(START_LIMIT + SEED_LIMIT * count).shown()
}

fn parse(arguments: &[&str]) -> Result<Seeds> {
    let number = |text: &str| text.parse().with_context(|| format!("`{text}` is no number"));
    match arguments {
        [] => Ok(1..=SEEDS),
        ["--seed", seed] => number(seed).map(|seed| seed..=seed),
        ["--seeds", seeds] => match seeds.split_once('-') {
            Some((first, last)) => Ok(number(first)?..=number(last)?),
            None => Ok(1..=number(seeds)?),
        },
        _ => bail!(
            "`test chaos` takes --seeds N, --seeds FIRST-LAST or --seed S, not `{}`",
            arguments.join(" ")
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_are_a_number_of_them_or_from_one_to_another_or_one() {
        assert_eq!(parse(&[]).unwrap(), 1..=SEEDS);
        assert_eq!(parse(&["--seeds", "300"]).unwrap(), 1..=300);
        assert_eq!(parse(&["--seeds", "21-40"]).unwrap(), 21..=40);
        assert_eq!(parse(&["--seed", "7"]).unwrap(), 7..=7);
        assert!(parse(&["--seeds"]).is_err());
        assert!(parse(&["--seeds", "some"]).is_err());
    }
}
