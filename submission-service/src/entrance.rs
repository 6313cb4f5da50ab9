//! The entrance to the queue: those who come at the same time are asked about, and let in, together.

use std::time::Duration;

use shared::batcher::{Batched, Batcher};
use shared::queue::{Admission, Queue, Wanted};
use shared::store::Waiting;
use tokio_util::task::TaskTracker;

/// What a submission is taken to have, in bytes, so that a script has no more than a few hundred: as
/// long as it runs, Redis does nothing else.
const USUAL_BYTES: usize = 32 * 1024;

/// How long it waits at most for others, after many came at once.
const LINGER: Duration = Duration::from_millis(5);

/// The way into the queue for all requests of a process.
#[derive(Debug)]
pub(crate) struct Entrance {
    admissions: Batcher<Admissions>,
    arrivals: Batcher<Arrivals>,
}

/// Asks whether there is room.
struct Admissions(Queue);

/// Puts submissions into the queue.
struct Arrivals(Queue);

impl Entrance {
    /// What is under way is tracked.
    pub(crate) fn new(queue: &Queue, tracker: &TaskTracker) -> Self {
        Self {
            admissions: Batcher::new(Admissions(queue.clone()), LINGER, tracker),
            arrivals: Batcher::new(Arrivals(queue.clone()), LINGER, tracker),
        }
    }

    /// Whether there is room. Where the queue is away, nobody knows, and nobody is refused: what is
    /// stored will be found.
    pub(crate) async fn admit(&self, wanted: Wanted) -> Admission {
        self.admissions.ask(wanted).await.unwrap_or_else(|error| {
            note_failure(&error);
            Admission::Open
        })
    }

    /// Queues what is stored. Where the queue is away, the reconciler finds it in the store.
    pub(crate) async fn enqueue(&self, waiting: Vec<Waiting>) {
        if waiting.is_empty() {
            return;
        }
        if let Err(error) = self.arrivals.ask(waiting).await {
            note_failure(&error);
        }
    }
}

impl Batched for Admissions {
    type Item = Wanted;
    type Answer = Admission;

    fn bytes(_: &Wanted) -> usize {
        size_of::<Wanted>()
    }

    async fn carry_out(&self, wanted: Vec<Wanted>) -> Vec<Admission> {
        self.0.admit(&wanted).await.unwrap_or_else(|error| {
            note_failure(&error);
            vec![Admission::Open; wanted.len()]
        })
    }
}

impl Batched for Arrivals {
    type Item = Vec<Waiting>;
    type Answer = ();

    fn bytes(waiting: &Vec<Waiting>) -> usize {
        waiting.len() * USUAL_BYTES
    }

    async fn carry_out(&self, waiting: Vec<Vec<Waiting>>) -> Vec<()> {
        let answers = vec![(); waiting.len()];
        let waiting: Vec<Waiting> = waiting.into_iter().flatten().collect();
        if let Err(error) = self.0.enqueue(&waiting).await {
            note_failure(&error);
        }
        answers
    }
}

/// The store knows what the queue was not told.
pub(crate) fn note_failure(error: &impl std::fmt::Debug) {
    tracing::warn!(error = ?error, "queue is away");
}
