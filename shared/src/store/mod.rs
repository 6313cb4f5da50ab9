//! The store: submissions and their outcomes in MongoDB, which alone holds the truth.
//!
//! Every write is acknowledged by the majority of the replica set, with journal, before it counts;
//! all but the claim, which counts at once: one that is lost with its primary was never made. Every
//! change of state is a compare-and-set on (id, state, claim), so that no worker can overwrite what
//! another has decided, and a final state never changes ([`lifecycle`](crate::lifecycle)).
//!
//! What is written for every submission (its insert, claim and end), and read of it, is written or
//! read together with others' at the same time ([`batcher`](crate::batcher)), each still with an answer of its own.

mod accounts;
mod bootstrap;
mod claims;
mod document;
mod endings;
mod inserts;
mod leadership;
mod mongo;
mod quotas;
mod reads;
mod results;
mod seals;
mod standings;
mod supersession;
mod update;
mod withdrawals;

use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};
use bson::{Binary, Uuid, doc};
use futures_util::future::BoxFuture;
use mongodb::error::{ErrorKind, WriteFailure};
use tokio::time::timeout;
use tokio_util::task::TaskTracker;

use crate::batcher::{Batcher, Unanswered};
use crate::settings::Secret;
use crate::submission::SubmissionId;
pub use accounts::{Change, Changed, Page, UsageQuery};
use claims::Claims;
pub use claims::{Claim, MAX_STARTS};
use endings::Finishes;
pub use inserts::Inserted;
use inserts::Inserts;
use mongo::Mongo;
pub use quotas::Whose;
use reads::Gets;
pub use reads::{Running, Waiting};
pub use standings::Standing;
pub use withdrawals::Cancelling;

crate::settings! {
    /// The store (MongoDB).
    pub struct StoreSettings {
        /// Connection string. A replica set, of one member at least, is required: only there are
        /// majority writes real.
        pub url: Secret = "MONGODB_URL", "mongodb://127.0.0.1:27017/?directConnection=true";
        /// Database.
        pub database: String = "MONGODB_DATABASE", "airlock";
        /// Host and port under which a MongoDB that was just made becomes a replica set of one
        /// member. Empty: never; whoever runs MongoDB has done it.
        pub member: String = "MONGODB_MEMBER", "";
        /// Connections at most.
        pub pool_size: u32 = "MONGODB_POOL_SIZE", "64";
        /// How long a request waits for a usable server, in milliseconds, before it is an error.
        pub timeout_ms: u64 = "MONGODB_TIMEOUT_MS", "2000";
        /// How long what is to be written or read waits at most for others that go with it, in
        /// milliseconds: after a batch of many, twice as long as that took, but no longer than this.
        /// Whoever is alone does not wait.
        pub linger_ms: u64 = "STORE_LINGER_MS", "20";
        /// How long a finished submission is kept, in seconds. 0: for ever.
        pub retention_seconds: u64 = "RETENTION_SECONDS", "604800";
        /// How long a result is kept for those who submit the same again with `cache`, in seconds.
        /// 0: none is kept, and `cache` means nothing.
        pub result_cache_seconds: u64 = "RESULT_CACHE_SECONDS", "86400";
        /// Keys to encrypt sources, inputs and outputs with before they are stored: `name:key` each,
        /// separated by commas, a key being 32 bytes in base64 (`openssl rand -base64 32`). The first
        /// one encrypts, all of them decrypt. Empty: they are stored as they are.
        pub keys: Secret = "STORE_KEYS", "";
    }
}

/// One attempt, the election of a new replica set's first primary included.
const CONNECT_PATIENCE: Duration = Duration::from_secs(45);

/// Together with the time that each attempt takes where nothing listens, about a minute.
const CONNECT_ATTEMPTS: usize = 10;
const CONNECT_MAX_PAUSE: Duration = Duration::from_secs(5);

/// The store could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// MongoDB did not carry out the operation.
    #[error("the store did not answer")]
    Unavailable(#[from] mongodb::error::Error),
    /// MongoDB did not answer within the settings' time.
    #[error("the store did not answer in time")]
    TimedOut,
    /// MongoDB will not write this, however often it is asked.
    #[error("the store does not take this: {message} ({code})")]
    Rejected {
        /// MongoDB's code for the reason.
        code: i32,
        /// Its words for it.
        message: String,
    },
    /// More is waiting to be written already than this process is willing to keep.
    #[error("the store has more to write than it can take")]
    Overloaded,
    /// What was asked for was changed by others, again and again, while it was being done.
    #[error("the submission is being changed by others")]
    Interfered,
    /// Something stored is sealed and cannot be opened, or what is to be a key is none.
    #[error("the keys of the store do not do: {0}")]
    Keys(String),
    /// A stored document that this version does not understand.
    #[error("submission {id} is stored in a form that this version does not understand")]
    Unreadable {
        /// The submission.
        id: String,
        /// What is wrong with it.
        source: bson::error::Error,
    },
}

impl From<Unanswered> for StoreError {
    fn from(unanswered: Unanswered) -> Self {
        match unanswered {
            Unanswered::Overloaded => Self::Overloaded,
            Unanswered::TimedOut => Self::TimedOut,
        }
    }
}

impl StoreError {
    /// The same failure, for another item of the same batch.
    fn repeated(&self) -> Self {
        match self {
            Self::Unavailable(error) => Self::Unavailable(error.clone()),
            // No other one is of a whole batch.
            _ => Self::TimedOut,
        }
    }
}

/// How long the last moments of connections may take.
const CLOSE_PATIENCE: Duration = Duration::from_secs(3);

/// A handle to the store; cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    mongo: Mongo,
    gets: Batcher<Gets>,
    inserts: Batcher<Inserts>,
    claims: Batcher<Claims>,
    finishes: Batcher<Finishes>,
    /// Batches under way, of all kinds.
    batches: TaskTracker,
}

impl Store {
    /// Connects as [`Store::connect`] does, and tries again for a while: where everything starts at
    /// once, MongoDB may be the last.
    pub async fn connect_patiently(settings: &StoreSettings) -> Result<Self, StoreError> {
        let patience = ExponentialBuilder::default()
            .with_max_delay(CONNECT_MAX_PAUSE)
            .with_max_times(CONNECT_ATTEMPTS);
        (|| Self::connect(settings))
            .retry(patience)
            // However long one waits, they do not get better.
            .when(|error| !matches!(error, StoreError::Keys(_)))
            .notify(|error, _| tracing::warn!(error = ?error, "store cannot be reached yet"))
            .await
    }

    /// Connects and makes sure that indexes exist. Fails where MongoDB cannot be reached.
    ///
    /// It is boxed because what is not is compiled anew into every program that awaits it, and this is
    /// most of the driver.
    pub fn connect(settings: &StoreSettings) -> BoxFuture<'_, Result<Self, StoreError>> {
        let connecting = timeout(CONNECT_PATIENCE, Self::connect_unbounded(settings));
        Box::pin(async { connecting.await.map_err(|_| StoreError::TimedOut)? })
    }

    async fn connect_unbounded(settings: &StoreSettings) -> Result<Self, StoreError> {
        let mongo = Mongo::connect(settings).await?;
        bootstrap::ensure_indexes(&mongo.submissions).await?;
        accounts::ensure_indexes(&mongo).await?;
        results::ensure_indexes(&mongo).await?;
        mongo.seals.check(&mongo).await?;
        let linger = Duration::from_millis(settings.linger_ms);
        let batches = TaskTracker::new();
        Ok(Self {
            gets: Batcher::new(Gets(mongo.clone()), linger, &batches),
            inserts: Batcher::new(Inserts(mongo.clone()), linger, &batches),
            claims: Batcher::new(Claims(mongo.clone()), linger, &batches),
            finishes: Batcher::new(Finishes(mongo.clone()), linger, &batches),
            batches,
            mongo,
        })
    }

    /// Whether MongoDB answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.mongo.bounded(self.mongo.database.run_command(doc! { "ping": 1 })).await?;
        Ok(())
    }

    /// Lets what is under way come to its end, and what the driver still cleans up, and closes its
    /// connections; for the end of a process, when nobody asks for anything any more. A batch may
    /// still be under way that nobody waits for: a runtime that ends before takes the connections
    /// away from what goes on, and the driver panics.
    pub async fn close(&self) {
        self.batches.close();
        let client = self.mongo.database.client().clone();
        let closing = async {
            self.batches.wait().await;
            client.shutdown().await;
        };
        if timeout(CLOSE_PATIENCE, closing).await.is_err() {
            tracing::warn!("connections to the store are left to themselves");
        }
    }

    /// Removes the whole database; for tests, which each have one of their own.
    pub fn drop_database(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async { Ok(self.mongo.database.drop().await?) })
    }
}

/// MongoDB's code for a document whose key another has.
const DUPLICATE_KEY: i32 = 11000;

/// Whether a single write failed because another document has its key.
fn is_duplicate(error: &StoreError) -> bool {
    let StoreError::Unavailable(error) = error else { return false };
    match &*error.kind {
        ErrorKind::Write(WriteFailure::WriteError(error)) => error.code == DUPLICATE_KEY,
        ErrorKind::Command(error) => error.code == DUPLICATE_KEY,
        _ => false,
    }
}

fn binary(uuid: uuid::Uuid) -> Binary {
    Binary::from_uuid(Uuid::from(uuid))
}

fn by_id(id: SubmissionId) -> bson::Document {
    doc! { "_id": Uuid::from(id.as_uuid()) }
}

fn by_ids(ids: &[SubmissionId]) -> bson::Document {
    let ids: Vec<Uuid> = ids.iter().map(|id| Uuid::from(id.as_uuid())).collect();
    doc! { "_id": { "$in": ids } }
}

fn unreadable(id: SubmissionId, source: bson::error::Error) -> StoreError {
    StoreError::Unreadable { id: id.to_string(), source }
}
