//! The pool: containers that are started before anybody needs them, each for one submission.
//!
//! [`life`] is the state machine of a container, [`sizing`] decides what to keep ready, [`keeper`]
//! makes it so in the background. [`Pool::lease`] is what a submission sees of it: a container at
//! once if one is ready, else the next one that is.

mod books;
mod demand;
mod keeper;
mod life;
mod sizing;

use std::collections::HashSet;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Notify, Semaphore, oneshot};
use tokio::time::timeout;

use crate::metrics::Metrics;
use crate::sandbox::{Sandbox, SandboxError, Sandboxes, Spec};
use crate::settings::PoolSettings;
use books::Books;
pub(crate) use books::Wanted;
use life::{Slot, State};

/// How long a submission waits for a container before it is handed back: several starts, one after
/// the other, on an engine that is busy.
const LEASE_PATIENCE: Duration = Duration::from_secs(60);

/// For removing what is left when a worker ends.
const CLOSE_PATIENCE: Duration = Duration::from_secs(15);

/// All containers of a worker; cheap to clone.
#[derive(Clone)]
pub(crate) struct Pool(Arc<Inner>);

struct Inner {
    sandboxes: Sandboxes,
    metrics: Metrics,
    books: Mutex<Books>,
    /// Something in the books has changed.
    changed: Notify,
    /// Containers that are being started at once, all together.
    starts: Arc<Semaphore>,
}

impl Pool {
    /// A pool of no language yet. It is empty until it is [kept](Pool::keep).
    pub(crate) fn new(sandboxes: Sandboxes, settings: &PoolSettings, metrics: Metrics) -> Self {
        let books = Books::new(settings);
        let starts = Arc::new(Semaphore::new(settings.parallel_starts));
        Self(Arc::new(Inner {
            sandboxes,
            metrics,
            books: Mutex::new(books),
            changed: Notify::new(),
            starts,
        }))
    }

    /// From now on, a language's containers are like this. One that is expected to be asked for
    /// has some ready before it is.
    pub(crate) fn set_spec(&self, lang: &str, spec: Spec, is_expected: bool) {
        let outdated = self.books().set_spec(lang, spec, is_expected);
        for (slot, sandbox) in outdated {
            self.retire(slot, sandbox);
        }
        self.0.changed.notify_one();
    }

    /// A container for one submission in this language.
    pub(crate) async fn lease(&self, lang: &str, wanted: &Wanted) -> Result<Leased, SandboxError> {
        let answer = self.books().ask(lang, wanted);
        self.0.changed.notify_one();
        match answer {
            books::Answer::Ready(slot, sandbox) => Ok(self.leased(slot, *sandbox)),
            books::Answer::Wait(handed_over) => self.wait(handed_over).await,
            books::Answer::Unlike(slot, spec) => {
                let sandbox = self.start_unlike(slot, &spec).await?;
                Ok(self.leased(slot, sandbox))
            }
        }
    }

    async fn wait(
        &self,
        handed_over: oneshot::Receiver<Result<Leased, SandboxError>>,
    ) -> Result<Leased, SandboxError> {
        match timeout(LEASE_PATIENCE, handed_over).await {
            Ok(Ok(leased)) => leased,
            Ok(Err(_)) | Err(_) => Err(SandboxError::Silent),
        }
    }

    /// Starts a container that none of the ready ones can stand in for.
    async fn start_unlike(&self, slot: Slot, spec: &Spec) -> Result<Sandbox, SandboxError> {
        // However this ends, the slot does not stay as one that is being started.
        let mut starting = Starting { pool: self, slot: Some(slot) };
        let turn = timeout(LEASE_PATIENCE, self.0.starts.acquire());
        let _turn = turn.await.map_err(|_| SandboxError::Silent)?;
        let asked = Instant::now();
        let sandbox = self.0.sandboxes.start(spec).await?;
        self.0.metrics.observe_start(asked.elapsed());
        starting.slot = None;
        let mut books = self.books();
        books.started(slot, &sandbox);
        books.advance(slot, State::Leased);
        Ok(sandbox)
    }

    fn leased(&self, slot: Slot, sandbox: Sandbox) -> Leased {
        Leased { pool: self.clone(), slot, sandbox: Some(sandbox) }
    }

    /// The engine's names of all containers that the pool knows of.
    pub(crate) fn container_ids(&self) -> HashSet<String> {
        self.books().ids()
    }

    /// From now on, starts containers only for submissions that wait for one.
    pub(crate) fn stop_refilling(&self) {
        self.books().stop_refilling();
        self.0.changed.notify_one();
    }

    /// Waits until every container is gone, for a while. Nobody may lease any more.
    pub(crate) async fn close(&self) {
        self.stop_refilling();
        let emptied = async {
            loop {
                let changed = self.0.changed.notified();
                if self.books().is_empty() {
                    return;
                }
                changed.await;
            }
        };
        if timeout(CLOSE_PATIENCE, emptied).await.is_err() {
            tracing::warn!("containers are left to the janitor");
        }
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.0.books.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A start that may be given up at any moment.
struct Starting<'a> {
    pool: &'a Pool,
    slot: Option<Slot>,
}

impl Drop for Starting<'_> {
    fn drop(&mut self) {
        if let Some(slot) = self.slot {
            let mut books = self.pool.books();
            books.advance(slot, State::Retired);
            books.end(slot);
        }
    }
}

/// A container that belongs to one submission. Dropping it removes the container.
pub(crate) struct Leased {
    pool: Pool,
    slot: Slot,
    /// Gone only while this is being dropped.
    sandbox: Option<Sandbox>,
}

impl Leased {
    /// The submission's code is about to run in it.
    pub(crate) fn begin(&self) {
        self.pool.books().advance(self.slot, State::Running);
    }
}

impl Deref for Leased {
    type Target = Sandbox;

    fn deref(&self) -> &Sandbox {
        self.sandbox.as_ref().expect("there until dropped")
    }
}

impl DerefMut for Leased {
    fn deref_mut(&mut self) -> &mut Sandbox {
        self.sandbox.as_mut().expect("there until dropped")
    }
}

impl Drop for Leased {
    fn drop(&mut self) {
        if let Some(sandbox) = self.sandbox.take() {
            self.pool.retire(self.slot, sandbox);
        }
    }
}
