//! How many submissions the API takes in, one or many at a time, beside how many documents of the same
//! size MongoDB takes where it is given them by the batch.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bson::{RawDocumentBuf, doc, oid::ObjectId};
use e2e::{Options, System, given};
use futures_util::TryStreamExt;
use mongodb::options::{Acknowledgment, WriteConcern};
use mongodb::{Client, Collection};
use serde_json::json;

use super::lean::{Connection, post};
use crate::figures::median;

const CLIENTS: usize = 64;
const BATCH: usize = 64;
/// Clients that submit whole batches.
const BATCHING_CLIENTS: usize = 8;
const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_secs(3);
const TARGET_PERCENT: f64 = 50.0;

pub(crate) async fn measure() {
    // Nothing takes out what is put in.
    let settings = vec![("AIRLOCK_QUEUE_MAX_LENGTH", "10000000")];
    let system = System::start_with(0, Options { settings, ..Options::default() }).await;
    let client = Client::with_uri_str(given("AIRLOCK_TEST_MONGODB_URL")).await.unwrap();
    let database = client.database(system.prefix());
    let id = system.client.submit("bash", CODE, "").await;
    let stored: Collection<bson::Document> = database.collection("submissions");
    let document = stored.find_one(doc! {}).await.unwrap().unwrap();
    let durable = WriteConcern::builder().w(Acknowledgment::Majority).journal(true).build();
    let options = mongodb::options::CollectionOptions::builder().write_concern(durable).build();
    let collection = |name| database.collection_with_options(name, options.clone());
    let (raw, indexed) = (collection("raw"), collection("indexed"));
    let indexes: Vec<_> = stored.list_indexes().await.unwrap().try_collect().await.unwrap();
    let own =
        indexes.into_iter().filter(|index| !index.keys.contains_key("_id") || index.keys.len() > 1);
    indexed.create_indexes(own).await.unwrap();
    println!("submissions taken in a second (submission {id} and its like)");
    println!(
        "{:>14} {:>14} {:>14} {:>14}",
        "raw batches", "same indexes", "one by one", "in batches"
    );
    let (mut bare, mut alike) = (Vec::new(), Vec::new());
    let (mut singly, mut batched) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let api = system.api.address("listening").await;
        bare.push(inserted(&raw, &document).await);
        alike.push(inserted(&indexed, &document).await);
        singly.push(accepted(api, CLIENTS, 1).await);
        batched.push(accepted(api, BATCHING_CLIENTS, BATCH).await);
        let last = bare.len() - 1;
        print(bare[last], alike[last], singly[last], batched[last], "");
    }
    let note = format!("   medians; wanted: {TARGET_PERCENT:.0} %");
    let (bare, alike) = (median(&mut bare), median(&mut alike));
    print(bare, alike, median(&mut singly), median(&mut batched), &note);
    system.stop().await;
}

fn print(raw: f64, indexed: f64, singly: f64, batched: f64, note: &str) {
    let beside = |rate: f64| format!("{rate:.0} ({:.0} %)", 100.0 * rate / raw);
    let [indexed, singly, batched] = [indexed, singly, batched].map(beside);
    println!("{raw:>14.0} {indexed:>14} {singly:>14} {batched:>14}{note}");
}

const CODE: &str = "echo 'a program of the usual length, which nobody will ever run'";

/// Submissions a second of so many clients, each of whose requests has so many.
async fn accepted(api: SocketAddr, clients: usize, each: usize) -> f64 {
    let submission = json!({ "code": CODE, "lang": "bash" });
    let (request, success) = match each {
        1 => (post("/api/submit", &submission.to_string()), 201),
        _ => {
            let batch = json!({ "submissions": vec![submission; each] });
            (post("/api/submit/batch", &batch.to_string()), 200)
        }
    };
    let (request, over) = (Arc::new(request), Arc::new(AtomicBool::new(false)));
    let count = Arc::new(AtomicUsize::new(0));
    let began = Instant::now();
    let clients: Vec<_> = (0..clients)
        .map(|_| {
            let (request, over, count) = (request.clone(), over.clone(), count.clone());
            tokio::spawn(async move {
                let mut connection = Connection::to(api).await.unwrap();
                while !over.load(Ordering::Relaxed) {
                    let (status, body) = connection.ask(&request).await.unwrap();
                    assert!(status == success && !body.contains("\"error\""), "{body}");
                    count.fetch_add(each, Ordering::Relaxed);
                }
            })
        })
        .collect();
    tokio::time::sleep(ROUND).await;
    over.store(true, Ordering::Relaxed);
    for client in clients {
        client.await.unwrap();
    }
    count.load(Ordering::Relaxed) as f64 / began.elapsed().as_secs_f64()
}

/// Documents a second, one batch after the other.
async fn inserted(raw: &Collection<RawDocumentBuf>, document: &bson::Document) -> f64 {
    let (began, mut count) = (Instant::now(), 0);
    while began.elapsed() < ROUND {
        let batch: Vec<RawDocumentBuf> = (0..BATCH)
            .map(|_| {
                let mut document = document.clone();
                document.insert("_id", ObjectId::new());
                RawDocumentBuf::try_from(&document).unwrap()
            })
            .collect();
        raw.insert_many(batch).ordered(false).await.unwrap();
        count += BATCH;
    }
    count as f64 / began.elapsed().as_secs_f64()
}
