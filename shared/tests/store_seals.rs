//! Encryption at rest, as MongoDB sees it.

#![expect(clippy::unwrap_used, reason = "a test that fails here has failed")]

use bson::{RawDocumentBuf, doc};
use futures_util::TryStreamExt;
use futures_util::future::join_all;
use shared::outcome::{Artifact, Outcome, Output, StepOutcome, Verdict};
use shared::store::{Claim, Inserted, Store, StoreError, Whose};
use shared::submission::{NewSubmission, State, SubmissionId};

use crate::support::{mongodb, store_in, submission, unique};

const OLD: &str = "old:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const NEW: &str = "new:Hx4dHBsaGRgXFhUUExIREA8ODQwLCgkIBwYFBAMCAQA=";
const SECRET: &str = "correct horse battery staple";

async fn open(database: &str, keys: &str) -> Result<Store, StoreError> {
    store_in(database, &[("STORE_KEYS", keys.to_owned())]).await
}

/// Something that has a secret wherever one may be.
fn secret() -> NewSubmission {
    let mut new = submission();
    new.program.code = SECRET.into();
    new.program.std_input = Some(SECRET.into());
    new.program.args = vec![SECRET.into()];
    new.program.env.insert("NAME".into(), SECRET.into());
    new.program.files[0].contents = SECRET.into();
    new.program.tests[0].stdin = SECRET.into();
    new.program.tests[0].expected_output = Some(SECRET.into());
    new
}

fn printed() -> Outcome {
    let output = || Output { bytes: SECRET.into(), truncated: false };
    let step =
        || StepOutcome { std_output: output(), std_error: output(), ..StepOutcome::default() };
    Outcome {
        message: Some(SECRET.into()),
        compile: Some(step()),
        run: Some(step()),
        artifacts: vec![Artifact { path: SECRET.into(), contents: SECRET.into() }],
        ..Outcome::new(Verdict::Success)
    }
}

async fn run(store: &Store, new: &NewSubmission) {
    assert_eq!(store.insert(new).await.unwrap(), Inserted::New);
    let Claim::Granted(claimed) = store.claim(new.id, "worker").await.unwrap() else {
        panic!("not granted")
    };
    assert_eq!(claimed.program, new.program);
    let claim = claimed.claim_id();
    let first = store.finish(&claim, State::Completed, &printed()).await.unwrap();
    assert!(first.is_some());
    let again = store.finish(&claim, State::Completed, &printed()).await.unwrap();
    assert_eq!(again, first, "whoever has not heard the answer is told it again");
    keep(store, new).await;
}

async fn keep(store: &Store, new: &NewSubmission) {
    let whose = Whose { organisation: &new.placement.tenant, user: None };
    store.keep_result(&new.id.to_string(), whose, &printed(), None).await.unwrap();
}

async fn assert_reads(store: &Store, new: &NewSubmission) {
    let found = store.get(new.id).await.unwrap().unwrap();
    assert_eq!((&found.program, found.outcome.as_ref()), (&new.program, Some(&printed())));
    assert_eq!(store.result(&new.id.to_string()).await.unwrap(), Some(printed()));
}

/// Whether MongoDB has the secret anywhere in what is stored of a submission.
async fn is_readable(database: &str, id: SubmissionId) -> bool {
    let database = mongodb().await.database(database);
    let of = [
        ("submissions", doc! { "_id": bson::Uuid::from(id.as_uuid()) }),
        ("results", doc! { "_id": id.to_string() }),
    ];
    let mut is_readable = false;
    for (collection, filter) in of {
        let found = database.collection::<RawDocumentBuf>(collection).find(filter).await.unwrap();
        let found: Vec<_> = found.try_collect().await.unwrap();
        assert_eq!(found.len(), 1, "{collection}");
        let bytes = found[0].as_bytes();
        is_readable |= bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes());
    }
    is_readable
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_come_and_go_and_everything_stays_readable_to_whoever_has_them() {
    let database = unique();
    let (plain, old, new, last) = (secret(), secret(), secret(), secret());
    let store = open(&database, "").await.unwrap();
    run(&store, &plain).await;
    assert!(is_readable(&database, plain.id).await);

    let store = open(&database, OLD).await.unwrap();
    run(&store, &old).await;
    assert!(!is_readable(&database, old.id).await);
    assert_reads(&store, &plain).await;
    assert_reads(&store, &old).await;

    // A key is changed by having both for a while.
    let store = open(&database, &format!("{NEW},{OLD}")).await.unwrap();
    run(&store, &new).await;
    for submission in [&plain, &old, &new] {
        assert_reads(&store, submission).await;
    }

    // Whoever could not read what the others write does not start.
    for keys in ["", OLD, "none"] {
        let error = open(&database, keys).await.unwrap_err();
        assert!(matches!(error, StoreError::Keys(_)), "{keys}: {error:?}");
        assert!(error.to_string().contains("`new`"), "{error}");
    }

    // With the new one alone, what the old one has sealed is lost, and nothing else.
    let store = open(&database, NEW).await.unwrap();
    assert_reads(&store, &new).await;
    assert_reads(&store, &plain).await;
    let reads = [old.id, new.id].repeat(20).into_iter().map(|id| store.get(id));
    for (nth, found) in join_all(reads).await.into_iter().enumerate() {
        match nth % 2 {
            0 => assert!(matches!(found, Err(StoreError::Keys(_))), "{found:?}"),
            _ => assert!(found.unwrap().is_some(), "although it was read together with the other"),
        }
    }

    // Nothing is sealed any more, and then no key is needed.
    let store = open(&database, &format!("none,{NEW},{OLD}")).await.unwrap();
    run(&store, &last).await;
    assert!(is_readable(&database, last.id).await);
    for submission in [&plain, &old, &new, &last] {
        assert_reads(&store, submission).await;
    }
    let store = open(&database, "").await.unwrap();
    assert_reads(&store, &last).await;
    store.drop_database().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_cancelled_or_expires_is_sealed_as_well() {
    let database = unique();
    let store = open(&database, OLD).await.unwrap();
    let cancelled = secret();
    store.insert(&cancelled).await.unwrap();
    store.cancel(cancelled.id).await.unwrap();
    let found = store.get(cancelled.id).await.unwrap().unwrap();
    assert_eq!((found.state, &found.program), (State::Cancelled, &cancelled.program));
    let known = secret();
    store.insert_completed(&known, &printed()).await.unwrap();
    assert_eq!(store.get(known.id).await.unwrap().unwrap().outcome, Some(printed()));
    keep(&store, &known).await;
    assert!(!is_readable(&database, known.id).await);
    store.drop_database().await.unwrap();
}
