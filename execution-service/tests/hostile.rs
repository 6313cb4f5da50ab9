//! The hostile corpus: programs that try to break out, to break others or to stay behind, each run
//! through the API on the real system. None succeeds, and the host is as it was before.
//!
//! `hostile/` holds the programs. Each begins with what it tries and what must come of it; see
//! [`hostile::directives`]. To add one, add a file.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod hostile {
    pub(crate) mod directives;
    pub(crate) mod host;
    pub(crate) mod judge;
    pub(crate) mod lab;
    pub(crate) mod neighbour;
    pub(crate) mod processes;
}

use std::time::Duration;

use futures_util::{StreamExt, stream};
use hostile::directives::{Program, corpus};
use hostile::lab::Lab;
use hostile::neighbour;
use tokio::sync::Mutex;
use tokio::time::timeout;

/// The corpus is to hold at least this many.
const PROGRAMS: usize = 151;

/// How many programs run at once in the second pass.
const AT_ONCE: usize = 8;

/// The factor by which a hostile crowd may slow a well-behaved job, in the median. It holds where
/// containers weigh more than the engine that starts and removes them: docs/sandbox.md says how, and
/// an engine that `./dev` starts is set up like this.
const STARVED: f64 = 2.0;

/// Passes in which the job may be slowed by more than that: for a while, a machine that is shared may
/// itself be slower than it was when the job ran alone.
const MOST_SLOW_PASSES: usize = 2;

/// One pass at a time: each looks at the whole host.
static HOST: Mutex<()> = Mutex::const_new(());

#[test]
fn the_hostile_corpus_is_large_and_every_program_says_what_must_come_of_it() {
    let programs = corpus();
    assert!(programs.len() >= PROGRAMS, "only {} programs", programs.len());
    for program in &programs {
        assert!(!program.purpose.is_empty(), "{} does not say what it tries", program.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_hostile_program_is_held_and_leaves_nothing_behind() {
    let _alone = HOST.lock().await;
    let mut lab = Lab::open(&[("AIRLOCK_WORKER_CONCURRENCY", "1")]).await;
    let mut problems = Vec::new();
    for program in selected() {
        problems.extend(lab.run(&program).await);
        problems.extend(lab.after(&program.name).await);
    }
    lab.close().await;
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_hostile_programs_at_once_are_held_and_a_neighbour_is_hardly_slowed() {
    let _alone = HOST.lock().await;
    let mut lab = Lab::open(&[
        // One place more than there are bombs: the neighbour's wait for one is not what is measured.
        ("AIRLOCK_WORKER_CONCURRENCY", "9"),
        // Nine of them leave a tenth of two CPUs to the engine and the services.
        ("AIRLOCK_SANDBOX_CPUS", "0.2"),
    ])
    .await;
    let (mut problems, mut slow) = (Vec::new(), Vec::new());
    loop {
        let idle = neighbour::on_an_idle_system(&lab.system.client).await;
        let crowd = stream::iter(selected())
            .map(|program| {
                let lab = &lab;
                async move { lab.run(&program).await }
            })
            .buffer_unordered(AT_ONCE)
            .collect::<Vec<_>>();
        let (found, beside) = neighbour::beside(&lab.system.client, crowd).await;
        problems.extend(found.into_iter().flatten());
        problems.extend(lab.after("the whole corpus").await);
        let factor = beside.median() / idle.median();
        println!(
            "a neighbour of {AT_ONCE} hostile programs: {beside}; alone: {idle}; {factor:.2}×"
        );
        if factor < STARVED {
            break;
        }
        slow.push(format!("the neighbour took {beside} beside the corpus, {idle} alone"));
        if slow.len() > MOST_SLOW_PASSES {
            problems.append(&mut slow);
            break;
        }
    }
    lab.close().await;
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
}

/// On a kernel that does not hold what is in the kernel to its quota, these come to owe minutes of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_hostile_program_that_owes_cpu_time_ends_all_the_same() {
    let _alone = HOST.lock().await;
    let mut lab = Lab::open(&[
        ("AIRLOCK_LANGUAGES", "c,python"),
        ("AIRLOCK_WORKER_CONCURRENCY", "4"),
        ("AIRLOCK_SANDBOX_CPUS", "0.1"),
    ])
    .await;
    let program = corpus().into_iter().find(|program| program.name == "oom_of_tiny_processes.c");
    let program = program.unwrap();

    let runs = stream::iter(0..4).map(|_| lab.run(&program)).buffer_unordered(4);
    let mut problems = runs.collect::<Vec<_>>().await.concat();
    problems.extend(lab.after("programs that ended by themselves").await);
    let failed = lab.system.logged_by_workers("sandbox failed");
    assert_eq!(failed, 0, "the first container's runner has reported");

    let (_listener, mut killed) = lab.out_of_memory();
    let client = lab.system.client.clone();
    let mut ids = Vec::new();
    for _ in 0..4 {
        let submitted = client.post("/api/submit", &lab.request(&program)).await;
        ids.push(submitted.json()["codeSubmissionId"].as_str().unwrap().to_owned());
    }
    timeout(Duration::from_secs(30), killed.next_line()).await.unwrap().unwrap().unwrap();
    for id in ids {
        let path = format!("/api/submissions/{id}?wait=30");
        let cancelled = client.send(client.request("DELETE", &path)).await;
        assert!([200, 409].contains(&cancelled.status.as_u16()), "{}", cancelled.text);
    }
    // The engine gives up after 12 s, and is then asked once more. Promise P9 has a minute.
    let minute = Duration::from_secs(60);
    problems.extend(lab.left_after("programs that were cancelled", minute).await);
    lab.close().await;
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
}

/// All programs, or those whose name contains `AIRLOCK_TEST_HOSTILE`, for whoever writes one.
fn selected() -> Vec<Program> {
    let word = std::env::var("AIRLOCK_TEST_HOSTILE").unwrap_or_default();
    corpus().into_iter().filter(|program| program.name.contains(&word)).collect()
}
