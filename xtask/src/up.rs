//! `./dev up`: from whatever the machine is to a system that answers.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::binaries::{self, Source};
use crate::command::Run;
use crate::compose::Project;
use crate::{admin_token, engine, http, interrupt, languages, prepare, progress, survey};

const SERVICE_IMAGES_LIMIT: Duration = Duration::from_secs(1800);
/// For compose; its own bound is the shorter one, so that it can say which service is not ready.
const START_LIMIT: Duration = Duration::from_secs(200);
const START_LIMIT_SECONDS: &str = "180";
const READY_LIMIT: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(250);

/// The program of the printed line.
const HELLO: &str = r#"print("Hello, World!")"#;
const HELLO_PATH: &str = "/api/execute?lang=python";

pub(crate) fn run(names: &[String]) -> Result<()> {
    let started = Instant::now();
    let source = Source::of_host();
    survey::run(source)?;
    // A daemon that had to be started stays: it runs the system.
    engine::ensure()?;
    let stores = prepare::fetch_and_build(source)?;
    let new_token = admin_token::ensure()?;
    let mut project = Project::installed()?.with_stores(&stores).with_binaries(source);
    if !names.is_empty() {
        project = project.with_languages(names);
    }
    start(&project, source, &[])?;

    println!("\nAirlock is ready after {}. Try it:\n", progress::spoken(started.elapsed()));
    if admin_token::wants_keys() {
        match new_token {
            Some(token) => println!("  The superadmin's token, which is in .env now: {token}\n"),
            None => println!("  The superadmin's token is the AIRLOCK_ADMIN_TOKEN that you set.\n"),
        }
        println!(
            "  docs/accounts.md tells how to make an organisation, a user and a key with it.\n"
        );
    } else if names.is_empty() || names.iter().any(|name| name == "python") {
        greet(project.port())?;
        println!("  {}\n", curl(project.port()));
    } else {
        println!("  curl -s http://127.0.0.1:{}/api/languages\n", project.port());
    }
    println!("./dev images all adds every other language, ./dev logs shows what it does,");
    println!("./dev down stops it.");
    Ok(())
}

/// `./dev images`: builds images of languages for the installed system.
pub(crate) fn images(names: &[String]) -> Result<()> {
    let source = Source::of_host();
    engine::ensure()?;
    let stores = prepare::fetch_and_build(source)?;
    let project = Project::installed()?.with_stores(&stores).with_binaries(source);
    build_services(&project, source)?;
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    build_languages(&project, &names)
}

/// Builds the images of a project and starts it; returns when its API answers that it is ready.
pub(crate) fn start(project: &Project, source: Source, more: &[&str]) -> Result<()> {
    build_services(project, source)?;
    // It would be done by starting the services, but without a word.
    build_languages(project, &[])?;

    progress::step("Starting");
    remove_dead(project)?;
    let up = [
        "up",
        "--detach",
        "--no-build",
        "--remove-orphans",
        "--wait",
        "--wait-timeout",
        START_LIMIT_SECONDS,
    ];
    let up =
        project.compose(&[&up, more].concat()).within(START_LIMIT).logged("start the services");
    up.context("the services did not all become ready; `./dev logs` shows why")?;
    await_ready(project.port())
}

fn build_services(project: &Project, source: Source) -> Result<()> {
    progress::step("Service images");
    if source == Source::Prebuilt {
        binaries::stage()?;
    }
    let build = project.compose(&[
        "--progress",
        "plain",
        "build",
        "submission-service",
        "execution-service",
    ]);
    build.within(SERVICE_IMAGES_LIMIT).logged("build the service images")?;
    Ok(())
}

/// Builds the images of these languages, or of those that the project is to have at its start.
fn build_languages(project: &Project, names: &[&str]) -> Result<()> {
    progress::step("Language images");
    let run = ["run", "--rm", "--no-TTY", "images"];
    let command: &[&str] = if names.is_empty() { &[] } else { &["images"] };
    let images = project.compose(&[&run, command, names].concat());
    images.within(languages::IMAGES_LIMIT).logged("build the language images")?;
    Ok(())
}

/// A daemon that was killed can leave containers that are neither there nor gone; their names are in the way.
fn remove_dead(project: &Project) -> Result<()> {
    let list = ["ps", "--all", "--quiet", "--filter", "status=dead", "--filter", &project.label()];
    for id in Run::new("docker", list).text()?.lines() {
        Run::new("docker", ["rm", "--force", "--volumes", id]).text()?;
    }
    Ok(())
}

fn await_ready(port: u16) -> Result<()> {
    let deadline = Instant::now() + READY_LIMIT;
    loop {
        let answer = http::get(port, "/readyz");
        if matches!(&answer, Ok(reply) if reply.status == 200) {
            progress::note(&format!("ready on http://127.0.0.1:{port}"));
            return Ok(());
        }
        if interrupt::requested() {
            bail!("interrupted");
        }
        if Instant::now() > deadline {
            bail!("the API on port {port} did not become ready: {answer:?}");
        }
        std::thread::sleep(POLL);
    }
}

/// Runs the program of the printed line, so that the line is known to work.
pub(crate) fn greet(port: u16) -> Result<()> {
    let reply = http::post(port, HELLO_PATH, "text/plain", HELLO)?;
    if reply.status != 200 || reply.body.trim_end() != "Hello, World!" {
        bail!("a first python program did not say hello: {reply:?}");
    }
    Ok(())
}

fn curl(port: u16) -> String {
    format!(
        "curl -s 'http://127.0.0.1:{port}{HELLO_PATH}' -H 'Content-Type: text/plain' --data-binary '{HELLO}'"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_printed_line_survives_a_shell() {
        let line = curl(3005);
        assert_eq!(line.matches('\'').count() % 2, 0);
        assert!(!HELLO.contains('\'') && !HELLO_PATH.contains('\''));
    }
}
