//! From a request to a submission that is stored and queued.

use shared::placement::Placement;
use shared::queue::{Admission, QueueError};
use shared::store::Waiting;
use shared::submission::{NewSubmission, SubmissionId};

use crate::app::App;
use crate::error::ApiError;
use crate::request::SubmitRequest;

/// Checks, stores and queues a submission. When this returns an id, the submission is never lost.
pub(crate) async fn accept(app: &App, request: SubmitRequest) -> Result<SubmissionId, ApiError> {
    let language = app.catalogue.find(request.lang()).await?;
    let program = request.parse(&language, &app.ceilings)?;
    let id = SubmissionId::new();
    let new = NewSubmission {
        id,
        program,
        placement: Placement::default(),
        idempotency: None,
        queue_deadline: None,
    };
    match app.queue.admit(&new.placement, 1).await {
        Ok(Admission::PoolFull | Admission::TenantFull) => return Err(ApiError::QueueFull),
        Ok(Admission::Open) => {}
        Err(error) => note_queue_failure(id, &error),
    }
    app.store.insert(&new).await?;
    // Whatever happens to the queue now, the reconciler finds the submission in the store.
    let waiting = Waiting { id, lang: new.program.lang.clone(), placement: new.placement.clone() };
    match app.queue.enqueue(&[waiting]).await {
        Ok(_) => {}
        Err(error) => note_queue_failure(id, &error),
    }
    let lang = &new.program.lang;
    app.metrics.count_accepted(lang);
    tracing::info!(submission.id = %id, lang, "submission accepted");
    Ok(id)
}

fn note_queue_failure(id: SubmissionId, error: &QueueError) {
    tracing::warn!(submission.id = %id, error = ?error, "queue is away");
}
