//! Why a runner stops before its worker has told it to.

use std::fmt;
use std::io;

/// An order that could not be carried out. What user code does while it runs is never one of these.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Nobody is left to report to.
    WorkerGone,
    /// What the submission consists of, or has left, makes it impossible.
    Submission {
        /// What was about to be done.
        what: String,
        /// Why that is not possible.
        source: io::Error,
    },
    /// The runner could not do its own part.
    Runner {
        /// What it was about to do.
        what: String,
        /// Why that did not work.
        source: io::Error,
    },
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WorkerGone => f.write_str("the worker is gone"),
            Self::Submission { what, source } | Self::Runner { what, source } => {
                write!(f, "could not {what}: {source}")
            }
        }
    }
}

/// Names what was attempted, so that a failure reads as a sentence.
pub(crate) trait Attempt<T> {
    /// Turns an error into a [`Failure`] of `what`, as in "could not `what`".
    fn attempt(self, what: &str) -> Result<T, Failure>;

    /// The same, where an error is the submission's doing.
    fn attempt_for_submission(self, what: &str) -> Result<T, Failure>;
}

impl<T, E: Into<io::Error>> Attempt<T> for Result<T, E> {
    fn attempt(self, what: &str) -> Result<T, Failure> {
        self.map_err(|error| Failure::Runner { what: what.to_owned(), source: error.into() })
    }

    fn attempt_for_submission(self, what: &str) -> Result<T, Failure> {
        self.map_err(|error| Failure::Submission { what: what.to_owned(), source: error.into() })
    }
}
