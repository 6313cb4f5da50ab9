//! A rate is one rate, however many clients and APIs there are, and whatever becomes of Redis.

#![expect(clippy::unwrap_used, reason = "a test that fails here has failed")]

use std::time::{Duration, Instant};

use e2e::chaos::queue_server::QueueServer;
use e2e::{Client, Options, Proxy, System, eventually, given, host};
use futures_util::future::join_all;
use redis::AsyncCommands;
use redis::aio::MultiplexedConnection;
use serde_json::json;

const TOKEN: &str = "correct horse battery staple";

/// Of a minute, what may come at once: ten seconds' worth.
const BURSTS_PER_MINUTE: u32 = 6;

/// The API with an organisation that has this rate; and a key of its user.
async fn system(redis: Option<String>, per_minute: u32) -> (System, String) {
    let settings = vec![("AIRLOCK_AUTH", "keys"), ("AIRLOCK_ADMIN_TOKEN", TOKEN)];
    let system = System::start_with(0, Options { redis, settings, ..Default::default() }).await;
    let root = system.client.with_key(TOKEN);
    let made = async |path: &str, body| {
        let reply = root.post(path, &body).await;
        assert_eq!(reply.status, 201, "{}", reply.text);
        reply.json()
    };
    let organisations = "/api/admin/organisations";
    let policy = json!({ "requestsPerMinute": per_minute });
    made(organisations, json!({ "name": "acme", "policy": policy })).await;
    let users = format!("{organisations}/acme/users");
    made(&users, json!({ "name": "ann" })).await;
    let keys = format!("{users}/ann/keys");
    let key =
        made(&keys, json!({ "scopes": ["submit"] })).await["key"].as_str().unwrap().to_owned();
    (system, key)
}

/// Asks for what costs the API nothing but the rate; whether it was taken. Whatever happens, there is
/// one of these two answers.
async fn ask(client: &Client) -> bool {
    let reply = client.post("/api/submit", &json!({})).await;
    assert!([422, 429].contains(&reply.status.as_u16()), "{} {}", reply.status, reply.text);
    reply.status == 422
}

/// Lets clients ask until it is time; how many requests were taken.
async fn ask_until(clients: &[Client], end: Instant) -> u32 {
    let asking = clients.iter().map(async |client| {
        let mut taken = 0;
        while Instant::now() < end {
            match ask(client).await {
                true => taken += 1,
                // Busier than a client that does as it is told.
                false => tokio::time::sleep(Duration::from_millis(2)).await,
            }
        }
        taken
    });
    join_all(asking).await.into_iter().sum()
}

/// Lets clients ask at once, again and again, until one is refused: then all that there was has been
/// taken. How many were; and between which two moments that was.
async fn use_up(clients: &[Client]) -> (u32, Instant, Instant) {
    let deadline = Instant::now() + Duration::from_secs(120);
    let mut taken = 0;
    loop {
        let before = Instant::now();
        let answers = join_all(clients.iter().map(ask)).await;
        taken += u32::try_from(answers.iter().filter(|taken| **taken).count()).unwrap();
        if answers.contains(&false) {
            return (taken, before, Instant::now());
        }
        assert!(before < deadline, "this machine is slower than the rate");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_clients_of_two_apis_have_the_rate_to_within_a_hundredth() {
    const PER_MINUTE: u32 = 6000;
    let (system, key) = system(None, PER_MINUTE).await;
    let (_other_api, other) = system.another_api().await;
    let apis = [&system.client, &other].map(|client| client.with_key(&key));
    let clients: Vec<Client> = apis.iter().cycle().take(8).cloned().collect();
    // Between two moments at which nothing was left, as many were taken as there were: however slow
    // the machine is. What was there at first is a burst, and as much as came until it was used up.
    let begun = Instant::now();
    let (at_first, empty_after, empty_before) = use_up(&clients).await;
    let taken = ask_until(&clients, empty_before + Duration::from_secs(15)).await;
    let (last, again_after, again_before) = use_up(&clients).await;
    let there_were =
        |from: Instant, to: Instant| (to - from).as_secs_f64() * f64::from(PER_MINUTE) / 60.0;
    let (at_first, taken) = (f64::from(at_first), f64::from(taken + last));
    let least = there_were(empty_before, again_after);
    let most = there_were(empty_after, again_before);
    println!("taken {taken}, there were {least:.1} to {most:.1}");
    assert!((least * 0.99..=most * 1.01).contains(&taken), "{taken}, not {least} to {most}");
    let burst = f64::from(PER_MINUTE / BURSTS_PER_MINUTE);
    let most = burst + there_were(begun, empty_before);
    assert!((burst..=most * 1.01).contains(&at_first), "{at_first}, not {burst} to {most}");
    system.stop().await;
}

/// Up to when the rate of the organisation is used, in microseconds of Redis's time, which is told too.
async fn used_until(system: &System, redis: &mut MultiplexedConnection) -> (f64, f64) {
    let used: Option<f64> =
        redis.get(format!("{}:rate:organisation:acme", system.prefix())).await.unwrap();
    let (seconds, micros): (f64, f64) = redis::cmd("TIME").query_async(redis).await.unwrap();
    (used.unwrap_or_default(), seconds * 1e6 + micros)
}

#[tokio::test(flavor = "multi_thread")]
async fn when_redis_goes_and_comes_back_every_request_is_answered_and_none_is_counted_twice() {
    const PER_MINUTE: u32 = 60;
    const INTERVAL_US: f64 = 1e6;
    let proxy = Proxy::to(&host(&given("AIRLOCK_TEST_REDIS_URL"))).await;
    let (system, key) = system(Some(proxy.address().to_string()), PER_MINUTE).await;
    let client = [system.client.with_key(&key)];
    // Not through the proxy.
    let redis = redis::Client::open(given("AIRLOCK_TEST_REDIS_URL")).unwrap();
    let mut redis = redis.get_multiplexed_async_connection().await.unwrap();
    use_up(&client).await;
    let (before, _) = used_until(&system, &mut redis).await;
    proxy.cut();
    for _ in 0..PER_MINUTE / BURSTS_PER_MINUTE / 2 {
        assert!(ask(&client[0]).await, "by itself, the API begins with a burst");
    }
    let (meanwhile, now) = used_until(&system, &mut redis).await;
    assert!(meanwhile == before || before < now, "nothing was counted in Redis");
    proxy.mend();
    let (after, now) =
        eventually("it is counted in Redis again", Duration::from_secs(30), async || {
            ask(&client[0]).await;
            let (used, now) = used_until(&system, &mut redis.clone()).await;
            (used > before).then_some((used, now))
        })
        .await;
    assert!(after <= before.max(now) + INTERVAL_US + 1.0, "once: {after}, {before}, {now}");
    system.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn when_redis_is_killed_and_started_again_every_request_is_answered_and_none_counts_twice() {
    const PER_MINUTE: u32 = 60;
    const INTERVAL_US: f64 = 1e6;
    let server = QueueServer::start(&given("AIRLOCK_TEST_REDIS_IMAGE")).await;
    let (system, key) = system(Some(server.address()), PER_MINUTE).await;
    let (_other_api, other) = system.another_api().await;
    let clients = [&system.client, &other].map(|client| client.with_key(&key));
    let connect = async || {
        let client = redis::Client::open(format!("redis://{}", server.address())).unwrap();
        client.get_multiplexed_async_connection().await.unwrap()
    };
    use_up(&clients).await;
    let (before, _) = used_until(&system, &mut connect().await).await;
    server.container.kill().await;
    for client in &clients {
        assert!(ask(client).await, "by itself, each API begins with a burst");
    }
    server.container.restart().await;
    server.answers().await;
    let mut redis = connect().await;
    let (after, now) =
        eventually("it is counted in Redis again", Duration::from_secs(30), async || {
            ask(&clients[0]).await;
            let (used, now) = used_until(&system, &mut redis).await;
            // What it counted in its last second, Redis may have forgotten.
            (used > before.max(now)).then_some((used, now))
        })
        .await;
    assert!(after <= before.max(now) + INTERVAL_US + 1.0, "once: {after}, {before}, {now}");
    system.stop().await;
}
