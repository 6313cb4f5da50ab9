//! Ending submissions before they have come to their own end: what the queue must know of it.
//!
//! The store knows before. Where the queue is away, a worker finds it there within seconds, and so do
//! clients that wait.

use shared::queue::QueueError;
use shared::submission::SubmissionId;

use crate::app::App;

/// Lets go of what was cancelled before it was started.
pub(crate) async fn take_out_of_the_queue(app: &App, id: SubmissionId) {
    let (removed, published) =
        tokio::join!(app.queue.remove(id), app.queue.publish_finished(id, None));
    note_failure(id, removed.map(drop));
    note_failure(id, published);
}

/// Tells whoever executes it to stop.
pub(crate) async fn call_off(app: &App, id: SubmissionId) {
    note_failure(id, app.queue.publish_cancel(id).await);
}

fn note_failure(id: SubmissionId, result: Result<(), QueueError>) {
    if let Err(error) = result {
        tracing::warn!(submission.id = %id, error = ?error, "queue is away");
    }
}
