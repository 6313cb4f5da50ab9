//! Reads of one submission by many clients at once, made as few.
//!
//! When a submission ends, everyone who waits for it wants to read it in the same moment. A read
//! may be shared only by those who asked for it before it started: one that was under way already
//! may have seen the state from before the end.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use shared::store::Store;
use shared::submission::{Submission, SubmissionId};

use crate::error::ApiError;

type Answer = Result<Arc<Submission>, ApiError>;

/// The submissions that are read by several at once.
#[derive(Default)]
pub(crate) struct Reads {
    readers: Mutex<Readers>,
}

/// Each with the number of those who joined it.
type Readers = HashMap<SubmissionId, (usize, Arc<Reader>)>;

/// The reads of one submission, one after another.
#[derive(Default)]
struct Reader {
    /// How many have asked so far.
    asked: AtomicU64,
    /// The last answer, and how many had asked when its read started.
    last: tokio::sync::Mutex<Option<(u64, Answer)>>,
}

/// A client's share in the reads of one submission.
pub(crate) struct SharedRead<'a> {
    reads: &'a Reads,
    id: SubmissionId,
    reader: Arc<Reader>,
}

impl Reads {
    /// Joins whoever else reads this submission, until dropped.
    pub(crate) fn join(&self, id: SubmissionId) -> SharedRead<'_> {
        let mut readers = self.readers();
        let (joined, reader) = readers.entry(id).or_default();
        *joined += 1;
        SharedRead { reads: self, id, reader: reader.clone() }
    }

    fn readers(&self) -> MutexGuard<'_, Readers> {
        self.readers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SharedRead<'_> {
    /// The submission as it was at some moment after this call.
    pub(crate) async fn read(&self, store: &Store) -> Answer {
        self.reader.share(async || read(store, self.id).await).await
    }
}

impl Drop for SharedRead<'_> {
    fn drop(&mut self) {
        let mut readers = self.reads.readers();
        if let Some((joined, _)) = readers.get_mut(&self.id) {
            *joined -= 1;
            if *joined == 0 {
                readers.remove(&self.id);
            }
        }
    }
}

impl Reader {
    async fn share(&self, read: impl AsyncFnOnce() -> Answer) -> Answer {
        let mine = self.asked.fetch_add(1, Ordering::SeqCst);
        let mut last = self.last.lock().await;
        if let Some((asked_before, answer)) = &*last
            && mine < *asked_before
        {
            return answer.clone();
        }
        let asked_before = self.asked.load(Ordering::SeqCst);
        let answer = read().await;
        *last = Some((asked_before, answer.clone()));
        answer
    }
}

async fn read(store: &Store, id: SubmissionId) -> Answer {
    store.get(id).await?.map(Arc::new).ok_or(ApiError::UnknownSubmission)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use tokio::sync::Notify;

    use super::*;

    const NOTHING: Answer = Err(ApiError::UnknownSubmission);

    #[tokio::test]
    async fn a_crowd_shares_a_read_but_never_one_that_had_started_before_it_asked() {
        let (reader, reads) = (Arc::new(Reader::default()), Arc::new(AtomicUsize::new(0)));
        let (started, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let early = tokio::spawn({
            let (reader, reads) = (reader.clone(), reads.clone());
            let (started, go_on) = (started.clone(), go_on.clone());
            async move {
                let slow = async || {
                    started.notify_one();
                    go_on.notified().await;
                    reads.fetch_add(1, Ordering::SeqCst);
                    NOTHING
                };
                reader.share(slow).await
            }
        });
        started.notified().await;
        let crowd: Vec<_> = (0..100)
            .map(|_| {
                let (reader, reads) = (reader.clone(), reads.clone());
                tokio::spawn(async move {
                    let quick = async || {
                        reads.fetch_add(1, Ordering::SeqCst);
                        NOTHING
                    };
                    reader.share(quick).await
                })
            })
            .collect();
        // All of the crowd have asked while the first read is still under way.
        while reader.asked.load(Ordering::SeqCst) < 101 {
            tokio::task::yield_now().await;
        }
        assert_eq!(reads.load(Ordering::SeqCst), 0);
        go_on.notify_one();
        assert!(early.await.unwrap().is_err());
        for reader in crowd {
            assert!(reader.await.unwrap().is_err());
        }
        assert_eq!(reads.load(Ordering::SeqCst), 2, "the early one's, and one for the crowd");
    }

    #[test]
    fn nothing_is_kept_of_a_submission_that_nobody_reads() {
        let (reads, id) = (Reads::default(), SubmissionId::new());
        let (first, second) = (reads.join(id), reads.join(id));
        drop(first);
        assert_eq!(reads.readers().len(), 1);
        drop(second);
        assert_eq!(reads.readers().len(), 0);
    }
}
