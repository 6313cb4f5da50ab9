//! The composed system under test: two workers, jobs spread over both, one of them killed, nothing left.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

use crate::binaries::Source;
use crate::command::Run;
use crate::compose::Project;
use crate::stores::Stores;
use crate::{down, http, interrupt, progress, unique, up};

const WORKERS: &str = "execution-service=2";
const SPREAD_JOBS: usize = 40;
const SURVIVING_JOBS: usize = 24;
/// Long enough for jobs to be running when their worker is killed.
const SLOW_PROGRAM: &str = "import time; time.sleep(2); print('done')";
/// Includes the lease of a killed worker, and the jobs it left.
const JOBS_LIMIT: Duration = Duration::from_secs(240);
const FIRST_JOB_LIMIT: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(100);

/// Removes the project whatever became of the test.
struct Composed(Project);

impl Drop for Composed {
    fn drop(&mut self) {
        if let Err(error) = down::remove(&self.0, true) {
            progress::note(&format!("the composed system could not be removed: {error:#}"));
        }
    }
}

/// Runs the checks one after another and prints a closing line.
pub(crate) fn run(stores: &Stores) -> Result<()> {
    progress::step("The composed system");
    let mut tally = Tally::default();
    let project = Project::for_test(&unique::word()?, unique::port()?)
        .with_stores(stores)
        .with_binaries(Source::Prebuilt);
    let left_behind = [project.label(), project.sandbox_label()];

    let composed = Composed(project);
    let project = &composed.0;
    let started = up::start(project, Source::Prebuilt, &["--scale", WORKERS]);
    if tally.add("starts_with_two_workers", started) {
        tally.add("the_printed_line_says_hello", up::greet(project.port()));
        tally.add("jobs_are_spread_over_both_workers_and_run_once", jobs_are_spread(project));
        tally.add("jobs_of_a_killed_worker_complete", jobs_survive_a_worker(project));
    }
    if tally.failed > 0 && !interrupt::requested() {
        show_logs(project);
    }
    drop(composed);
    tally.add("nothing_is_left_behind", nothing_is_left(&left_behind));
    tally.close()
}

#[derive(Default)]
struct Tally {
    passed: usize,
    failed: usize,
}

impl Tally {
    fn add(&mut self, name: &str, result: Result<()>) -> bool {
        match result {
            Ok(()) => {
                println!("test compose::{name} ... ok");
                self.passed += 1;
                true
            }
            Err(error) => {
                println!("test compose::{name} ... FAILED\n{error:#}");
                self.failed += 1;
                false
            }
        }
    }

    fn close(&self) -> Result<()> {
        println!("\ncompose: {} passed, {} failed", self.passed, self.failed);
        ensure!(self.failed == 0, "{} checks failed", self.failed);
        Ok(())
    }
}

fn jobs_are_spread(project: &Project) -> Result<()> {
    let port = project.port();
    let ids = submit(port, SPREAD_JOBS, "import time; time.sleep(0.2); print('done')")?;
    let results = completed(port, &ids)?;
    let workers: BTreeSet<&str> =
        results.iter().filter_map(|result| result["worker"].as_str()).collect();
    ensure!(workers.len() == 2, "the jobs ran on {workers:?}");
    let logs = project.compose(&["logs", "--no-color", "execution-service"]).capture()?;
    let lines = logs.stdout.lines().chain(logs.stderr.lines());
    let starts: Vec<&str> = lines.filter(|line| line.contains("execution started")).collect();
    for id in &ids {
        let times = starts.iter().filter(|line| line.contains(id.as_str())).count();
        ensure!(times == 1, "job {id} was started {times} times");
    }
    Ok(())
}

fn jobs_survive_a_worker(project: &Project) -> Result<()> {
    let workers = project.compose(&["ps", "--quiet", "execution-service"]).text()?;
    let victim = workers.lines().next().context("no worker runs")?;
    let ids = submit(project.port(), SURVIVING_JOBS, SLOW_PROGRAM)?;
    until("jobs run", FIRST_JOB_LIMIT, || {
        let states = ids.iter().map(|id| result(project.port(), id)).collect::<Result<Vec<_>>>()?;
        // More than one worker's first, so that the victim has some too.
        Ok((states.iter().filter(|state| state["status"] == "running").count() >= 2).then_some(()))
    })?;
    Run::new("docker", ["kill", victim]).text()?;
    completed(project.port(), &ids)?;
    Ok(())
}

fn submit(port: u16, count: usize, program: &str) -> Result<Vec<String>> {
    let body = json!({"lang": "python", "code": program, "stdInput": ""}).to_string();
    let one = |_| {
        let reply = http::post(port, "/api/submit", "application/json", &body)?;
        ensure!(reply.status == 201, "a submission was refused: {reply:?}");
        Ok(reply.json()?["codeSubmissionId"].as_str().context("no id in the answer")?.to_owned())
    };
    (0..count).map(one).collect()
}

fn result(port: u16, id: &str) -> Result<Value> {
    let reply = http::get(port, &format!("/api/result/{id}"))?;
    ensure!(reply.status == 200, "no result: {reply:?}");
    reply.json()
}

/// Waits until all have completed with the output of the program.
fn completed(port: u16, ids: &[String]) -> Result<Vec<Value>> {
    ids.iter()
        .map(|id| {
            let result = until("a job completes", JOBS_LIMIT, || {
                let result = result(port, id)?;
                let pending = result["status"] == "queued" || result["status"] == "running";
                Ok((!pending).then_some(result))
            })?;
            ensure!(
                result["status"] == "completed" && result["stdOutput"] == "done\n",
                "job {id}: {result}"
            );
            Ok(result)
        })
        .collect()
}

fn until<T>(what: &str, limit: Duration, mut look: impl FnMut() -> Result<Option<T>>) -> Result<T> {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(found) = look()? {
            return Ok(found);
        }
        if interrupt::requested() {
            bail!("interrupted");
        }
        ensure!(Instant::now() < deadline, "{what}: not within {}", progress::spoken(limit));
        std::thread::sleep(POLL);
    }
}

fn nothing_is_left(filters: &[String]) -> Result<()> {
    for filter in filters {
        for kind in ["container", "network", "volume"] {
            let mut list = vec![kind, "ls", "--quiet", "--filter", filter];
            if kind == "container" {
                list.push("--all");
            }
            let left = Run::new("docker", list).shielded().text()?;
            ensure!(left.is_empty(), "{kind} left with {filter}: {left}");
        }
    }
    Ok(())
}

fn show_logs(project: &Project) {
    let logs =
        ["logs", "--no-color", "--tail", "60", "images", "submission-service", "execution-service"];
    match project.compose(&logs).capture() {
        Ok(logs) => println!("{}{}", logs.stdout, logs.stderr),
        Err(error) => progress::note(&format!("no logs: {error:#}")),
    }
}
