//! Containers that wait: used once, replaced when they die, of the languages that are asked for.

use std::collections::HashSet;
use std::time::Duration;

use e2e::{Options, Process, System, docker, eventually};
use futures_util::future::join_all;

const SOON: Duration = Duration::from_secs(30);

/// As many containers as settings say, all of them ready.
async fn full(system: &System, ready: usize) -> Vec<String> {
    eventually("the pool is full", SOON, async || {
        let containers = system.containers().await;
        let metrics = system.workers[0].metrics().await;
        let counted = |name: &str| metrics.contains(&format!("airlock_{name} {ready}\n"));
        let settled = counted("containers_ready") && counted("containers");
        (settled && containers.len() == ready).then_some(containers)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn no_container_is_given_a_second_submission() {
    let settings =
        vec![("AIRLOCK_LOG", "info,execution_service=debug"), ("AIRLOCK_POOL_READY", "3")];
    let system = System::start_with(1, Options { settings, ..Default::default() }).await;
    let jobs = (0..30).map(|_| system.client.run("bash", "echo $HOSTNAME; ls /tmp", ""));
    let results = join_all(jobs).await;
    assert!(results.iter().all(|result| result["verdict"] == "success"));
    let leased = system.workers[0].logged("container leased");
    let containers: HashSet<_> =
        leased.iter().map(|entry| entry["container.id"].as_str().unwrap()).collect();
    assert_eq!((leased.len(), containers.len()), (30, 30));
    system.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ready_container_that_dies_is_replaced_and_costs_no_job() {
    let system = System::start(1).await;
    let ready = full(&system, 2).await;
    let kill: Vec<&str> = ["kill"].into_iter().chain(ready.iter().map(String::as_str)).collect();
    let (killed, printed) = docker(&kill).await;
    assert!(killed, "{printed}");
    let results = join_all((0..4).map(|_| system.client.run("bash", "echo done", ""))).await;
    assert!(results.iter().all(|result| result["stdOutput"] == "done\n"));
    let again = full(&system, 2).await;
    assert!(again.iter().all(|container| !ready.contains(container)));
    system.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_for_is_what_is_kept_ready() {
    let system = System::start(1).await;
    full(&system, 2).await;
    for _ in 0..12 {
        system.client.run("python", "print(1)", "").await;
    }
    eventually("both that wait are python's", SOON, async || {
        let waiting = full(&system, 2).await;
        let inspect = ["inspect", "--format", "{{.Config.Image}}"];
        let ids = waiting.iter().map(String::as_str);
        let (_, images) = docker(&inspect.into_iter().chain(ids).collect::<Vec<_>>()).await;
        (images.lines().filter(|image| image.contains("sandbox-python")).count() == 2).then_some(())
    })
    .await;
    system.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_containers_that_wait_jobs_run_all_the_same() {
    let settings = vec![("AIRLOCK_POOL_READY", "0")];
    let system = System::start_with(1, Options { settings, ..Default::default() }).await;
    let results = join_all((0..6).map(|_| system.client.run("bash", "echo done", ""))).await;
    assert!(results.iter().all(|result| result["stdOutput"] == "done\n"));
    full(&system, 0).await;
    system.stop().await;
}

/// Starts one more worker, which is to refuse; what it says.
async fn refusal(system: &System, setting: (&str, &str)) -> String {
    let mut worker: Process = system.worker_with(&[setting]);
    assert_eq!(worker.ended().await, Some(1));
    worker.logged("stopped")[0]["error"].to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_cannot_hold_a_sandbox_says_what_is_missing() {
    let system = System::start(0).await;
    let error = refusal(&system, ("AIRLOCK_SANDBOX_RUNTIME", "no-such-runtime")).await;
    assert!(error.contains("no runtime `no-such-runtime`"), "{error}");
    let error = refusal(&system, ("AIRLOCK_POOL_READY_LANGUAGES", "klingon=1")).await;
    assert!(error.contains("there is no language `klingon`"), "{error}");
    // A runtime that is known must hold as the usual one does.
    let mut worker = system.worker_with(&[("AIRLOCK_SANDBOX_RUNTIME", "runc")]);
    worker.address("serving").await;
    worker.signal(nix::sys::signal::Signal::SIGTERM);
    assert_eq!(worker.ended().await, Some(0));
    system.stop().await;
}
