//! Many changes of single documents in one command.

use std::time::Duration;

use bson::{Document, RawArrayBuf, RawDocumentBuf, rawdoc};
use mongodb::error::Error;
use mongodb::options::WriteConcern;
use serde::Deserialize;

use super::StoreError;
use super::mongo::Mongo;

/// A command with many statements is not repeated by the driver. What is written here can be: each
/// statement's filter excludes what it has changed. Longer outages are for the caller to sit out.
const ATTEMPTS: usize = 3;
const PAUSE: Duration = Duration::from_millis(50);

/// One change of one document, if it matches.
pub(super) struct Statement {
    pub(super) filter: RawDocumentBuf,
    pub(super) change: RawDocumentBuf,
    /// Whether it changes all documents that match.
    pub(super) multi: bool,
}

/// What became of the statements of one command.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Updated {
    /// How many statements matched a document.
    pub(super) n: usize,
    /// The statements that MongoDB refused.
    #[serde(default)]
    pub(super) write_errors: Vec<Refusal>,
    write_concern_error: Option<Document>,
}

/// Why a statement was refused.
#[derive(Debug, Deserialize)]
pub(super) struct Refusal {
    /// Which statement.
    pub(super) index: usize,
    pub(super) code: i32,
    #[serde(rename = "errmsg")]
    pub(super) message: String,
}

impl Refusal {
    pub(super) fn into_error(self) -> StoreError {
        StoreError::Rejected { code: self.code, message: self.message }
    }
}

impl Mongo {
    /// Carries out all statements. A refused one does not keep the others from being carried out.
    pub(super) async fn update(
        &self,
        statements: Vec<Statement>,
        concern: WriteConcern,
    ) -> Result<Updated, StoreError> {
        let command = command(self.submissions.name(), statements, concern)?;
        self.bounded(self.try_update(command)).await
    }

    async fn try_update(&self, command: RawDocumentBuf) -> Result<Updated, Error> {
        let mut attempts = 0;
        loop {
            attempts += 1;
            match self.update_once(command.clone()).await {
                Err(_) if attempts < ATTEMPTS => tokio::time::sleep(PAUSE).await,
                answer => return answer,
            }
        }
    }

    async fn update_once(&self, command: RawDocumentBuf) -> Result<Updated, Error> {
        let answer = self.database.run_raw_command(command).await?;
        let updated: Updated = bson::deserialize_from_document(answer)?;
        match &updated.write_concern_error {
            None => Ok(updated),
            Some(error) => Err(Error::custom(error.to_string())),
        }
    }
}

fn command(
    collection: &str,
    statements: Vec<Statement>,
    concern: WriteConcern,
) -> Result<RawDocumentBuf, Error> {
    let mut updates = RawArrayBuf::new();
    for statement in statements {
        updates.push(
            rawdoc! { "q": statement.filter, "u": statement.change, "multi": statement.multi },
        );
    }
    let concern = bson::serialize_to_raw_document_buf(&concern)?;
    Ok(rawdoc! {
        "update": collection,
        "updates": updates,
        "ordered": false,
        "writeConcern": concern,
    })
}
