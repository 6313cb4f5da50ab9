//! `./dev test chaos`: breaks an Airlock of its own in every way there is, by seed.

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

/// What is to be seen through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seeds {
    First(u32),
    One(u64),
}

/// Runs the seeds that the arguments name.
pub(crate) fn run(images: &Stores, arguments: &[&str]) -> Result<()> {
    let seeds = parse(arguments)?;
    languages::build_images(&LANGUAGES)?;
    let stores = TestStores::start(images, &unique::word()?)?;
    progress::step("Chaos");
    let program = paths::release()?.join("chaos");
    let (word, number, count) = match seeds {
        Seeds::First(count) => ("--seeds", count.to_string(), count),
        Seeds::One(seed) => ("--seed", seed.to_string(), 1),
    };
    let histories = paths::state().join("chaos");
    let run = Run::new(&program.to_string_lossy(), [word, &number])
        .env("AIRLOCK_TEST_HISTORIES", &histories);
    stores.tell(run)?.within(START_LIMIT + SEED_LIMIT * count).shown()
}

fn parse(arguments: &[&str]) -> Result<Seeds> {
    let number = |text: &str| text.parse().with_context(|| format!("`{text}` is no number"));
    match arguments {
        [] => Ok(Seeds::First(SEEDS)),
        ["--seeds", count] => Ok(Seeds::First(u32::try_from(number(count)?)?)),
        ["--seed", seed] => Ok(Seeds::One(number(seed)?)),
        _ => bail!("`test chaos` takes --seeds N or --seed S, not `{}`", arguments.join(" ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_are_a_number_of_them_or_one() {
        assert_eq!(parse(&[]).unwrap(), Seeds::First(20));
        assert_eq!(parse(&["--seeds", "300"]).unwrap(), Seeds::First(300));
        assert_eq!(parse(&["--seed", "7"]).unwrap(), Seeds::One(7));
        assert!(parse(&["--seeds"]).is_err());
        assert!(parse(&["--seeds", "some"]).is_err());
    }
}
