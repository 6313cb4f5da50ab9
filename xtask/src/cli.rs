//! The words of the command line.

use anyhow::{Result, bail};

pub(crate) const HELP: &str = "\
Usage: ./dev COMMAND

  up [--languages a,b]   get what is missing, build, start, wait until ready; of the
                         languages, only these, or the ten that most people ask for
  images all|NAME...     build further languages' images; running workers serve them
                         as soon as they are there
  down [--data]          stop and remove everything; with --data also the stored data
  logs [ARGS]            follow the logs (arguments go to `docker compose logs`)
  dead-letters           list the submissions that no worker survived;
                         `dead-letters requeue ID` queues one of them again
  compose ARGS           `docker compose` with the settings that `up` uses
  test [FILTER...]       every test, on stores and an engine of its own;
                         `test compose` runs only the test of the composed system,
                         `test languages` the smoke programs of all languages,
                         `test chaos [--seeds N | --seed S]` breaks the whole system in
                         every way there is, and holds it to its promises
  bench [NAME]           measure on parts of its own: waiting, sandbox, languages,
                         queue
  lint                   formatting, clippy, scripts, compose file
";

/// What was asked for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Task {
    Help,
    /// An empty list stands for those that come first.
    Up {
        languages: Vec<String>,
    },
    /// Names, or the word for all.
    Images {
        languages: Vec<String>,
    },
    Down {
        data: bool,
    },
    Logs {
        args: Vec<String>,
    },
    Compose {
        args: Vec<String>,
    },
    DeadLetters {
        /// The one to queue again; None lists them.
        requeue: Option<String>,
    },
    Lint,
    Test {
        filters: Vec<String>,
    },
    Bench {
        name: Option<String>,
    },
}

/// Reads the arguments after the program's name.
pub(crate) fn parse(args: impl IntoIterator<Item = String>) -> Result<Task> {
    let mut args = args.into_iter();
    let Some(word) = args.next() else { return Ok(Task::Help) };
    let rest: Vec<String> = args.collect();
    match word.as_str() {
        "help" | "-h" | "--help" => Ok(Task::Help),
        "up" => Ok(Task::Up { languages: languages(&rest)? }),
        "images" if rest.is_empty() => bail!("`images` needs names of languages, or `all`"),
        "images" => Ok(Task::Images { languages: rest }),
        "down" => match rest.as_slice() {
            [] => Ok(Task::Down { data: false }),
            [flag] if flag == "--data" => Ok(Task::Down { data: true }),
            _ => bail!("`down` takes only --data, not `{}`", rest.join(" ")),
        },
        "logs" => Ok(Task::Logs { args: rest }),
        "compose" => Ok(Task::Compose { args: rest }),
        "dead-letters" => match rest.as_slice() {
            [] => Ok(Task::DeadLetters { requeue: None }),
            [word, id] if word == "requeue" => Ok(Task::DeadLetters { requeue: Some(id.clone()) }),
            _ => bail!("`dead-letters` takes only `requeue ID`, not `{}`", rest.join(" ")),
        },
        "lint" if rest.is_empty() => Ok(Task::Lint),
        "lint" => bail!("`lint` takes no argument"),
        "test" => Ok(Task::Test { filters: rest }),
        "bench" if rest.len() <= 1 => Ok(Task::Bench { name: rest.into_iter().next() }),
        "bench" => bail!("`bench` takes one name, not `{}`", rest.join(" ")),
        other => bail!("there is no command `{other}`\n\n{HELP}"),
    }
}

fn languages(args: &[String]) -> Result<Vec<String>> {
    let list = match args {
        [] => return Ok(Vec::new()),
        [flag, list] if flag == "--languages" => list.as_str(),
        [one] if one.starts_with("--languages=") => &one["--languages=".len()..],
        _ => bail!("`up` takes only --languages a,b, not `{}`", args.join(" ")),
    };
    let names: Vec<String> =
        list.split(',').map(str::trim).filter(|name| !name.is_empty()).map(String::from).collect();
    if names.is_empty() {
        bail!("--languages needs at least one name");
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Task> {
        parse(line.split_whitespace().map(String::from))
    }

    #[test]
    fn no_word_shows_the_help() {
        assert_eq!(parsed("").unwrap(), Task::Help);
    }

    #[test]
    fn languages_are_a_comma_separated_list_in_either_spelling() {
        let expected = Task::Up { languages: vec!["python".into(), "c".into()] };
        assert_eq!(parsed("up --languages python,c").unwrap(), expected);
        assert_eq!(parsed("up --languages=python,c").unwrap(), expected);
        assert_eq!(parsed("up").unwrap(), Task::Up { languages: vec![] });
    }

    #[test]
    fn images_are_named_or_all() {
        let expected = Task::Images { languages: vec!["d".into(), "ada".into()] };
        assert_eq!(parsed("images d ada").unwrap(), expected);
    }

    #[test]
    fn data_is_only_removed_when_asked_for_exactly() {
        assert_eq!(parsed("down").unwrap(), Task::Down { data: false });
        assert_eq!(parsed("down --data").unwrap(), Task::Down { data: true });
        assert!(parsed("down -data").is_err());
    }

    #[test]
    fn dead_letters_are_listed_or_one_is_queued_again() {
        assert_eq!(parsed("dead-letters").unwrap(), Task::DeadLetters { requeue: None });
        let expected = Task::DeadLetters { requeue: Some("42".into()) };
        assert_eq!(parsed("dead-letters requeue 42").unwrap(), expected);
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for line in [
            "start",
            "up python",
            "up --languages",
            "up --languages ,",
            "images",
            "lint now",
            "dead-letters requeue",
            "dead-letters 42",
            "bench a b",
        ] {
            assert!(parsed(line).is_err(), "{line}");
        }
    }
}
