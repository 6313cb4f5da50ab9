//! A Docker engine that dies and comes back.

use std::time::Duration;

use e2e::{Engine, Options, System, docker, eventually};
use futures_util::future::join_all;

/// The language images that the engine of the tests has, of this language.
async fn language_image(lang: &str) -> String {
    let name = format!("airlock/language-{lang}");
    let list = ["images", "--format", "{{.Repository}}:{{.Tag}}", &name];
    let (success, listed) = docker(&list).await;
    assert!(success, "{listed}");
    listed.lines().collect::<Vec<_>>().join(" ")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_is_restarted_under_load_loses_no_job_and_the_pool_recovers() {
    let images = language_image("bash").await;
    let mut engine = Engine::start(&images.split(' ').collect::<Vec<_>>()).await;
    let options = Options {
        docker_host: Some(engine.host()),
        // Only what the engine has is served.
        settings: vec![("AIRLOCK_LANGUAGES", "bash")],
        ..Default::default()
    };
    let system = System::start_with(1, options).await;

    let jobs = (0..20).map(|_| system.client.submit("bash", "sleep 0.5; echo done", ""));
    let ids = join_all(jobs).await;
    eventually("some run", Duration::from_secs(30), async || {
        (system.logged_by_workers("execution ended") >= 2).then_some(())
    })
    .await;
    engine.crash().await;
    eventually("it is noticed", Duration::from_secs(30), async || {
        (system.logged_by_workers("sandbox failed") > 0).then_some(())
    })
    .await;
    engine.restart().await;

    let results = join_all(ids.iter().map(|id| system.client.finished(id))).await;
    assert!(results.iter().all(|result| result["stdOutput"] == "done\n"), "{results:#?}");
    eventually("the pool is full, and nothing else is left", Duration::from_secs(60), async || {
        let left = engine.ask(&["ps", "--all", "--quiet"]).await;
        (left.lines().count() == 2
            && system.workers[0].metrics().await.contains("airlock_containers_ready 2\n"))
        .then_some(())
    })
    .await;
    system.stop().await;
    engine.stop().await;
}
