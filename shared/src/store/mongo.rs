//! The connection to MongoDB, and how everything is read and written by default.

use std::time::Duration;

use mongodb::options::{
    Acknowledgment, ClientOptions, DatabaseOptions, ReadConcern, ReadPreference, SelectionCriteria,
    WriteConcern,
};
use mongodb::{Client, Collection, Database};

use super::document::Document;
use super::seals::Seals;
use super::{StoreError, StoreSettings, bootstrap};

/// A connected database; cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Mongo {
    pub(super) database: Database,
    pub(super) submissions: Collection<Document>,
    /// How long a finished submission is kept; `None`: for ever.
    pub(super) retention: Option<Duration>,
    /// How long a result is kept to be given again; `None`: none is.
    pub(super) result_retention: Option<Duration>,
    /// Encrypts what is at rest.
    pub(super) seals: Seals,
    timeout: Duration,
}

impl Mongo {
    pub(super) async fn connect(settings: &StoreSettings) -> Result<Self, StoreError> {
        let timeout = Duration::from_millis(settings.timeout_ms);
        let seals = Seals::parse(settings.keys.expose())?;
        let mut options = ClientOptions::parse(settings.url.expose()).await?;
        options.app_name = Some("airlock".into());
        options.max_pool_size = Some(settings.pool_size);
        options.server_selection_timeout = Some(timeout);
        options.connect_timeout = Some(timeout);
        let client = Client::with_options(options)?;
        bootstrap::ensure_replica_set(&client, &settings.member).await?;

        let options = DatabaseOptions::builder()
            .write_concern(majority(timeout))
            .read_concern(ReadConcern::majority())
            .selection_criteria(SelectionCriteria::ReadPreference(ReadPreference::Primary))
            .build();
        let database = client.database_with_options(&settings.database, options);
        let seconds = |seconds: u64| (seconds > 0).then(|| Duration::from_secs(seconds));
        Ok(Self {
            submissions: database.collection("submissions"),
            database,
            retention: seconds(settings.retention_seconds),
            result_retention: seconds(settings.result_cache_seconds),
            seals,
            timeout,
        })
    }

    /// Runs an operation for no longer than a request should wait. The driver's own limit covers
    /// only the choice of a server, not one that has stopped answering.
    pub(super) async fn bounded<T>(
        &self,
        operation: impl IntoFuture<Output = mongodb::error::Result<T>>,
    ) -> Result<T, StoreError> {
        tokio::time::timeout(self.timeout * 3, operation.into_future())
            .await
            .map_err(|_| StoreError::TimedOut)?
            .map_err(StoreError::from)
    }

    /// What counts: the majority of the members have it in their journals.
    pub(super) fn majority(&self) -> WriteConcern {
        majority(self.timeout)
    }
}

fn majority(timeout: Duration) -> WriteConcern {
    WriteConcern::builder().w(Acknowledgment::Majority).journal(true).w_timeout(timeout * 2).build()
}
