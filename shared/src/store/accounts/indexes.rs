//! The indexes by which accounts are found, and submissions by their account.

use std::time::Duration;

use bson::{Document, doc};
use futures_util::try_join;
use mongodb::IndexModel;
use mongodb::error::Error;
use mongodb::options::IndexOptions;

use super::{AUDIT, KEYS, USAGE, USERS};
use crate::store::mongo::Mongo;
use crate::store::quotas::DAYS;
use crate::submission::State;

/// Makes the indexes; what exists already is left alone.
pub(in crate::store) async fn ensure_indexes(mongo: &Mongo) -> Result<(), Error> {
    let waits = State::Queued.as_str();
    let of_submissions = [
        // What has ended and is not on its account yet.
        partial(
            "uncounted",
            doc! { "finishedAt": 1 },
            doc! { "uncounted": true, "finishedAt": { "$exists": true } },
        ),
        // What of an account waits.
        partial(
            "waiting",
            doc! { "placement.tenant": 1, "account.user": 1, "state": 1 },
            doc! { "state": waits, "account.user": { "$exists": true } },
        ),
        // All that is an account's.
        partial(
            "owned",
            doc! { "placement.tenant": 1, "account.user": 1, "_id": 1 },
            doc! { "account.user": { "$exists": true } },
        ),
    ];
    try_join!(
        make(mongo, USERS, vec![plain(doc! { "organisation": 1, "_id": 1 })]),
        make(mongo, KEYS, vec![plain(doc! { "owner": 1, "_id": 1 })]),
        make(mongo, AUDIT, vec![plain(doc! { "organisation": 1, "_id": -1 })]),
        make(
            mongo,
            USAGE,
            vec![plain(doc! { "organisation": 1, "day": 1 }), plain(doc! { "day": 1 })]
        ),
        make(mongo, DAYS, vec![expiry()]),
        async { mongo.submissions.create_indexes(of_submissions).await.map(drop) },
    )?;
    Ok(())
}

async fn make(mongo: &Mongo, collection: &str, indexes: Vec<IndexModel>) -> Result<(), Error> {
    mongo.accounts(collection).create_indexes(indexes).await.map(drop)
}

fn plain(keys: Document) -> IndexModel {
    IndexModel::builder().keys(keys).build()
}

/// An index of those documents only that match.
fn partial(name: &str, keys: Document, matching: Document) -> IndexModel {
    let options =
        IndexOptions::builder().name(name.to_owned()).partial_filter_expression(matching).build();
    IndexModel::builder().keys(keys).options(options).build()
}

/// Has documents removed at the time that they carry.
fn expiry() -> IndexModel {
    let options = IndexOptions::builder().expire_after(Duration::ZERO).build();
    IndexModel::builder().keys(doc! { "expireAt": 1 }).options(options).build()
}
