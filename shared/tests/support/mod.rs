//! A store and a queue of a test's own, on the engines that `./dev test` has started.

use std::collections::HashMap;

use shared::language::Language;
use shared::limits::LimitOverrides;
use shared::placement::Placement;
use shared::program::{FilePath, Program, ProgramFile, TestCase};
use shared::queue::{Queue, QueueSettings};
use shared::settings::{Settings, Source};
use shared::store::{Store, StoreError, StoreSettings};
use shared::submission::{NewSubmission, SubmissionId};

fn read<S: Settings>(variables: &[(&str, String)]) -> S {
    let variables: HashMap<_, _> =
        variables.iter().map(|(name, value)| (format!("AIRLOCK_{name}"), value.clone())).collect();
    S::read(&mut Source::new(None, variables).expect("no file")).expect("settings that parse")
}

fn given(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!("{name} is not set: `./dev test` starts what these tests need and sets it")
    })
}

/// A name that nobody else has.
pub(crate) fn unique() -> String {
    format!("test-{}", uuid::Uuid::new_v4().simple())
}

/// A store with a database of its own, to be dropped at the end.
pub(crate) async fn store() -> Store {
    store_with(&[]).await
}

/// The same, with further settings.
pub(crate) async fn store_with(further: &[(&str, String)]) -> Store {
    store_in(&unique(), further).await.expect("a store")
}

/// A store in a database that another may have been in before.
pub(crate) async fn store_in(
    database: &str,
    further: &[(&str, String)],
) -> Result<Store, StoreError> {
    let own = [
        ("MONGODB_URL", given("AIRLOCK_TEST_MONGODB_URL")),
        ("MONGODB_MEMBER", "127.0.0.1:27017".into()),
        ("MONGODB_DATABASE", database.to_owned()),
    ];
    let settings: StoreSettings = read(&[&own, further].concat());
    Store::connect(&settings).await
}

/// A client of the MongoDB that all tests share.
pub(crate) async fn mongodb() -> mongodb::Client {
    mongodb::Client::with_uri_str(given("AIRLOCK_TEST_MONGODB_URL")).await.expect("MongoDB")
}

/// A queue with a key prefix of its own.
pub(crate) fn queue() -> Queue {
    queue_with(&[])
}

/// The same, with further settings.
pub(crate) fn queue_with(further: &[(&str, String)]) -> Queue {
    let url = ("REDIS_URL", given("AIRLOCK_TEST_REDIS_URL"));
    let own = [url, ("KEY_PREFIX", unique())];
    Queue::new(&read::<QueueSettings>(&[&own, further].concat())).expect("a queue")
}

/// A connection to look at what a queue left in Redis.
pub(crate) async fn redis() -> redis::aio::MultiplexedConnection {
    let client = redis::Client::open(given("AIRLOCK_TEST_REDIS_URL")).expect("a Redis URL");
    client.get_multiplexed_async_connection().await.expect("Redis")
}

/// Something to submit.
pub(crate) fn submission() -> NewSubmission {
    let program = Program {
        lang: "python".into(),
        code: "print()".into(),
        std_input: Some("in".into()),
        files: vec![ProgramFile {
            path: FilePath::try_from("data/a".to_owned()).expect("a path"),
            contents: vec![0, 255],
        }],
        tests: vec![TestCase { stdin: "1".into(), ..TestCase::default() }],
        limits: LimitOverrides { memory_bytes: Some(1 << 40), ..LimitOverrides::default() },
        ..Program::default()
    };
    NewSubmission {
        id: SubmissionId::new(),
        program,
        placement: Placement::default(),
        idempotency: None,
        queue_deadline: None,
        account: None,
    }
}

/// A language that nobody has.
pub(crate) fn language(name: &str) -> Language {
    Language {
        name: name.into(),
        version: None,
        display_name: name.into(),
        aliases: Vec::new(),
        source_file: "main.toy".into(),
        version_command: vec!["toy".into()],
        compile: None,
        run: vec!["toy".into()],
        warm: None,
        hello: String::new(),
        env: Default::default(),
        limits: LimitOverrides::default(),
        compile_limits: LimitOverrides::default(),
    }
}

/// The keys that say something of single submissions.
pub(crate) async fn left_of_submissions(queue: &Queue) -> Vec<String> {
    use redis::AsyncCommands;
    let mut redis = redis().await;
    let prefix = queue.keys().prefix();
    let mut left = Vec::new();
    let permits = ["permits:*", "parked:*", "reserved", "shut", "most"];
    for kind in ["places", "counts:*", "waiting:*", "tenants:*", "lanes:*"].iter().chain(&permits) {
        let found: Vec<String> = redis.keys(format!("{prefix}:{kind}")).await.unwrap_or_default();
        left.extend(found);
    }
    let streams: Vec<String> = redis.keys(format!("{prefix}:stream:*")).await.unwrap_or_default();
    for stream in streams {
        let entries: u64 = redis.xlen(&stream).await.unwrap_or(1);
        left.extend((entries > 0).then_some(stream));
    }
    left
}
