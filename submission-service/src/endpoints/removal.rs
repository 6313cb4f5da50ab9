//! Removes all that a user, or a whole organisation, has here, but the account itself.

use shared::store::{Cancelling, Whose};

use super::cancel::cancel_unasked;
use crate::app::App;
use crate::error::ApiError;

/// Removes their keys, cancels what has not ended, and removes their submissions with all that came of
/// them. To do it again does no harm.
pub(super) async fn remove_data(app: &App, whose: Whose<'_>) -> Result<(), ApiError> {
    app.store.remove_keys(whose).await?;
    let mut after = None;
    loop {
        let unfinished = app.store.unfinished_of(whose, after).await?;
        let Some(last) = unfinished.last() else { break };
        after = Some(*last);
        for id in unfinished {
            let _: Cancelling = cancel_unasked(app, id).await?;
        }
    }
    // What they used is written to the account before it is forgotten.
    while app.store.settle_accounts().await? > 0 {}
    app.store.remove_submissions(whose).await?;
    Ok(app.store.remove_results(whose).await?)
}
