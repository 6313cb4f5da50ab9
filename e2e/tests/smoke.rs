//! The smoke programs of languages: each folder of a language has some, and says how they end.
//!
//! `./dev test` runs those of the languages that a new system gets first, `./dev test languages`
//! those of all. Where `AIRLOCK_WRITE_LANGUAGE_TABLE` is set, what was measured becomes the table
//! in `docs/languages.md`.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod expected;
mod table;

use e2e::{Options, System, given};
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use shared::language::{Dirs, Folders, Language};

use self::expected::{Expected, FOLDER, Program, programs};
use self::table::Row;

/// Languages whose programs run at once.
const AT_ONCE: usize = 2;

/// The programs of a language; a further version without any of its own has those of the language.
fn programs_of(folders: &Folders, language: &Language) -> Vec<Program> {
    let own = folders.path(&language.name).unwrap();
    let plain = language.name.split_once('@').and_then(|(plain, _)| folders.path(plain));
    programs(match plain {
        Some(plain) if !own.join(FOLDER).exists() => plain,
        _ => own,
    })
}

/// The programs that every language has; `compile_error` where there is a compiler.
const PROGRAMS: [&str; 7] =
    ["hello", "runtime_error", "endless_loop", "memory_hog", "unicode", "exit_code", "program"];

fn folders() -> Folders {
    let dirs: Dirs = given("AIRLOCK_TEST_LANGUAGES_DIR").parse().unwrap();
    Folders::load(&dirs).unwrap()
}

#[test]
fn every_language_has_every_smoke_program() {
    let folders = folders();
    let mut missing = Vec::new();
    for language in folders.languages.iter() {
        let programs = programs_of(&folders, language);
        let compiled = language.compile.is_some().then_some("compile_error");
        for name in PROGRAMS.into_iter().chain(compiled) {
            if !programs.iter().any(|program| program.name == name) {
                missing.push(format!("{}: {name}", language.name));
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_smoke_program_ends_as_expected() {
    let folders = folders();
    let chosen: Vec<&Language> = match given("AIRLOCK_TEST_SMOKE").as_str() {
        "all" => folders.languages.iter().collect(),
        "first" => folders.first.iter().map(|name| folders.languages.find(name).unwrap()).collect(),
        names => names.split(',').map(|name| folders.languages.find(name).unwrap()).collect(),
    };
    let names: Vec<&str> = chosen.iter().map(|language| &*language.name).collect();
    let names: &'static str = names.join(",").leak();
    let settings = vec![("AIRLOCK_LANGUAGES", names)];
    let system = System::start_with(1, Options { settings, ..Options::default() }).await;
    let listed = system.client.get("/api/languages").await.json();
    let results: Vec<(Row, Vec<String>)> = stream::iter(&chosen)
        .map(|language| {
            let programs = programs_of(&folders, language);
            run_all(&system, language, programs, &listed)
        })
        .buffered(AT_ONCE)
        .collect()
        .await;
    let (rows, problems): (Vec<Row>, Vec<Vec<String>>) = results.into_iter().unzip();
    println!("{}", table::printed(&rows));
    if std::env::var_os("AIRLOCK_WRITE_LANGUAGE_TABLE").is_some() {
        table::write_into_docs(&rows);
    }
    let problems = problems.concat();
    system.stop().await;
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
}

/// Runs the programs of one language; what to show of it, and what went wrong.
async fn run_all(
    system: &System,
    language: &Language,
    programs: Vec<Program>,
    listed: &Value,
) -> (Row, Vec<String>) {
    let listed = listed.as_array().unwrap().iter();
    let listed = listed.clone().find(|listed| listed["name"] == language.name.as_str());
    let version = listed.and_then(|listed| listed["version"].as_str()).unwrap_or_default();
    let mut problems = Vec::new();
    let label = language.version.as_deref().or(language.name.split_once('@').map(|(_, v)| v));
    let says_so = |label: &str| version.to_lowercase().contains(&label.to_lowercase());
    if !label.is_some_and(says_so) {
        problems.push(format!("{}: `{version}` is not version {label:?}", language.name));
    }
    let mut row = Row::new(language, version);
    // The very first container of a language finds nothing of its image in the host's cache.
    run(system, language, &language.hello, &Expected::default()).await;
    for program in programs {
        let result = run(system, language, &program.source, &program.expected).await;
        let found = program.expected.problems(&result);
        row.note(&program.name, &result, found.is_empty());
        let told = |problem| format!("{} {}: {problem}", language.name, program.name);
        problems.extend(found.into_iter().map(told));
    }
    (row, problems)
}

async fn run(system: &System, language: &Language, code: &str, expected: &Expected) -> Value {
    let body = json!({
        "lang": language.name,
        "code": code,
        "stdInput": expected.stdin,
        "limits": expected.limits(),
    });
    let reply = system.client.post("/api/submit", &body).await;
    let id = reply.json()["codeSubmissionId"].as_str().map(str::to_owned);
    let id = id.unwrap_or_else(|| panic!("{}: {}", language.name, reply.text));
    system.client.finished(&id).await
}
