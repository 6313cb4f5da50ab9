//! How many submissions the API takes in, beside how many documents of the same size MongoDB takes
//! where it is given them by the batch.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bson::{RawDocumentBuf, doc, oid::ObjectId};
use e2e::{System, given};
use mongodb::options::{Acknowledgment, WriteConcern};
use mongodb::{Client, Collection};

use crate::figures::median;
use crate::lean::{Connection, post};

const CLIENTS: usize = 64;
const BATCH: usize = 64;
const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_secs(3);
const TARGET_PERCENT: f64 = 50.0;

pub(crate) async fn measure() {
    let system = System::start(0).await;
    let client = Client::with_uri_str(given("AIRLOCK_TEST_MONGODB_URL")).await.unwrap();
    let database = client.database(system.prefix());
    let id = system.client.submit("bash", CODE, "").await;
    let stored: Collection<bson::Document> = database.collection("submissions");
    let document = stored.find_one(doc! {}).await.unwrap().unwrap();
    let durable = WriteConcern::builder().w(Acknowledgment::Majority).journal(true).build();
    let options = mongodb::options::CollectionOptions::builder().write_concern(durable).build();
    let raw = database.collection_with_options("raw", options);
    println!("submissions taken in a second (submission {id} and its like)");
    println!("{:>12} {:>16} {:>8}", "the API", "raw batches", "percent");
    let (mut api, mut batches) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        api.push(accepted(system.api.address("listening").await).await);
        batches.push(inserted(&raw, &document).await);
        let (api, batches) = (api[api.len() - 1], batches[batches.len() - 1]);
        println!("{api:>12.0} {batches:>16.0} {:>8.0}", 100.0 * api / batches);
    }
    let (api, batches) = (median(&mut api), median(&mut batches));
    let percent = 100.0 * api / batches;
    println!("{api:>12.0} {batches:>16.0} {percent:>8.0}   medians; wanted: {TARGET_PERCENT:.0}");
    system.stop().await;
}

const CODE: &str = "echo 'a program of the usual length, which nobody will ever run'";

/// Submissions a second at this many clients.
async fn accepted(api: SocketAddr) -> f64 {
    let request =
        post("/api/submit", &serde_json::json!({ "code": CODE, "lang": "bash" }).to_string());
    let (request, over) = (Arc::new(request), Arc::new(AtomicBool::new(false)));
    let count = Arc::new(AtomicUsize::new(0));
    let began = Instant::now();
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let (request, over, count) = (request.clone(), over.clone(), count.clone());
            tokio::spawn(async move {
                let mut connection = Connection::to(api).await.unwrap();
                while !over.load(Ordering::Relaxed) {
                    let (status, body) = connection.ask(&request).await.unwrap();
                    assert_eq!(status, 201, "{body}");
                    count.fetch_add(1, Ordering::Relaxed);
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
