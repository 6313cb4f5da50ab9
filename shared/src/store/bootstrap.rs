//! What a MongoDB needs before it can serve: a replica set and indexes.

use std::time::Duration;

use backon::{ConstantBuilder, Retryable};
use bson::doc;
use mongodb::error::{Error, ErrorKind};
use mongodb::options::IndexOptions;
use mongodb::{Client, Collection, IndexModel};

use super::document::Document;

/// MongoDB's code for a member of a replica set that was never initiated.
const NOT_YET_INITIALIZED: i32 = 94;
/// MongoDB's code for a replica set that somebody else initiated meanwhile.
const ALREADY_INITIALIZED: i32 = 23;

/// An election in a set of one member takes well under a second.
const PRIMARY_POLL: Duration = Duration::from_millis(100);
const PRIMARY_POLLS: usize = 300;

/// Makes a new MongoDB a replica set of one member, if it is to be one, and waits for its primary.
pub(super) async fn ensure_replica_set(client: &Client, member: &str) -> Result<(), Error> {
    let admin = client.database("admin");
    if !member.is_empty() {
        let status = admin.run_command(doc! { "replSetGetStatus": 1 }).await;
        if status.is_err_and(|error| has_code(&error, NOT_YET_INITIALIZED)) {
            let config = doc! { "_id": "rs0", "members": [{ "_id": 0, "host": member }] };
            match admin.run_command(doc! { "replSetInitiate": config }).await {
                Err(error) if !has_code(&error, ALREADY_INITIALIZED) => return Err(error),
                _ => tracing::info!(member, "replica set initiated"),
            }
        }
    }
    let primary = || async {
        let hello = admin.run_command(doc! { "hello": 1 }).await?;
        match hello.get_bool("isWritablePrimary") {
            Ok(true) => Ok(()),
            _ => Err(Error::custom("MongoDB is not a primary; is it a member of a replica set?")),
        }
    };
    let patience =
        ConstantBuilder::default().with_delay(PRIMARY_POLL).with_max_times(PRIMARY_POLLS);
    // Only the wait for an election is repeated here; a server that cannot be reached is an error.
    primary.retry(patience).when(|error| matches!(*error.kind, ErrorKind::Custom(_))).await
}

/// Makes the indexes; what exists already is left alone.
pub(super) async fn ensure_indexes(submissions: &Collection<Document>) -> Result<(), Error> {
    // The reconciler walks the unfinished in the order of their making. With the deadline in the
    // same index, those that are too old are found without a look at the documents.
    let unfinished =
        IndexModel::builder().keys(doc! { "state": 1, "_id": 1, "queueDeadline": 1 }).build();
    // A client's key names one submission of its tenant.
    let only_keyed = doc! { "idempotency.key": { "$exists": true } };
    let idempotency = IndexModel::builder()
        .keys(doc! { "placement.tenant": 1, "idempotency.key": 1 })
        .options(IndexOptions::builder().unique(true).partial_filter_expression(only_keyed).build())
        .build();
    // A finished submission carries the time at which it is to go.
    let expiry = IndexModel::builder()
        .keys(doc! { "expireAt": 1 })
        .options(IndexOptions::builder().expire_after(Duration::ZERO).build())
        .build();
    // What a user has unfinished, and what is in one of their slots, the latest last.
    let only_with = |field: &str| {
        let filter = doc! { field: { "$exists": true } };
        IndexOptions::builder().partial_filter_expression(filter).build()
    };
    let of_users = IndexModel::builder()
        .keys(doc! { "placement.tenant": 1, "placement.parallel.user": 1, "state": 1, "_id": 1 })
        .options(only_with("placement.parallel.user"))
        .build();
    let in_slots = IndexModel::builder()
        .keys(doc! { "placement.tenant": 1, "placement.slot": 1, "state": 1, "_id": 1 })
        .options(only_with("placement.slot"))
        .build();
    submissions.create_indexes([unfinished, idempotency, expiry, of_users, in_slots]).await?;
    Ok(())
}

fn has_code(error: &Error, code: i32) -> bool {
    matches!(&*error.kind, ErrorKind::Command(command) if command.code == code)
}
