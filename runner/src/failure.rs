//! Why a runner stops before its job is done.

use std::fmt;
use std::io;

/// A job that could not be carried to its end. What user code does is never one of these.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Nobody is left to report to.
    WorkerGone,
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
            Self::Runner { what, source } => write!(f, "could not {what}: {source}"),
        }
    }
}

/// Names what was attempted, so that a failure reads as a sentence.
pub(crate) trait Attempt<T> {
    /// Turns an error into a [`Failure`] of `what`, as in "could not `what`".
    fn attempt(self, what: &str) -> Result<T, Failure>;
}

impl<T, E: Into<io::Error>> Attempt<T> for Result<T, E> {
    fn attempt(self, what: &str) -> Result<T, Failure> {
        self.map_err(|error| Failure::Runner { what: what.to_owned(), source: error.into() })
    }
}
