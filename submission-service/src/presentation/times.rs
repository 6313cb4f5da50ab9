//! What is shown of a submission's times, pending or finished.

use bson::DateTime;
use serde::Serialize;
use shared::submission::Submission;
use utoipa::ToSchema;

/// When a submission came in and when its turn came.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct TimesBody {
    /// When it was accepted (RFC 3339).
    created_at: Option<String>,
    /// When its execution started (RFC 3339).
    started_at: Option<String>,
    /// From the one to the other, in milliseconds; null until it is started.
    queued_ms: Option<i64>,
}

impl From<&Submission> for TimesBody {
    fn from(submission: &Submission) -> Self {
        let (created_at, started_at) = (submission.created_at, submission.started_at);
        Self {
            created_at: rfc3339(Some(created_at)),
            started_at: rfc3339(started_at),
            queued_ms: started_at.map(|started_at| between(created_at, started_at)),
        }
    }
}

/// Never less than none: the two are of two machines' clocks.
fn between(from: DateTime, to: DateTime) -> i64 {
    to.timestamp_millis().saturating_sub(from.timestamp_millis()).max(0)
}

pub(crate) fn rfc3339(time: Option<DateTime>) -> Option<String> {
    time.and_then(|time| time.try_to_rfc3339_string().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_takes_less_than_no_time() {
        let at = DateTime::from_millis;
        assert_eq!(between(at(1_000), at(1_250)), 250);
        assert_eq!(between(at(1_250), at(1_000)), 0);
    }
}
