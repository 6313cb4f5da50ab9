//! Wake-ups: whoever waits for a submission learns at once that it has reached a final state, and
//! whoever executes one, that a client has asked for its end.
//!
//! A wake-up is sent once the store has acknowledged the final state, and carries that state where
//! it is small, so that a crowd of waiters need not read it. It can get lost with the connection to
//! Redis, so a waiter also reads the store every few seconds. One connection carries the
//! subscriptions of all waiters of a process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::{Stream, StreamExt};
use redis::aio::{PubSubSink, PubSubStream};
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

use crate::queue::{Queue, QueueError};
use crate::submission::{Ending, SubmissionId};

/// Requests to subscribe that may be under way at once; a further one waits for its turn.
const MAX_PENDING_REQUESTS: usize = 1024;

/// Pause before a lost connection is made anew.
const RECONNECT_PAUSE: Duration = Duration::from_millis(500);

/// How long a waiter waits for its subscription; after that it relies on reading the store.
const SUBSCRIBE_PATIENCE: Duration = Duration::from_secs(1);

/// The largest ending that a wake-up carries, in bytes. Redis keeps a copy for every subscriber that
/// is slow to read; what is larger is read from the store.
const MAX_CARRIED_BYTES: usize = 8 * 1024;

impl Queue {
    /// Tells whoever waits that a submission has reached its final state, and which. To be called
    /// only after the store has acknowledged that state.
    pub async fn publish_finished(
        &self,
        id: SubmissionId,
        ending: Option<&Ending>,
    ) -> Result<(), QueueError> {
        let carried = ending.and_then(|ending| bson::serialize_to_vec(ending).ok());
        let carried = carried.filter(|bytes| bytes.len() <= MAX_CARRIED_BYTES).unwrap_or_default();
        self.query(redis::cmd("PUBLISH").arg(self.keys().finished(id)).arg(carried)).await
    }

    /// Tells whoever executes a submission that a client has asked for its end. To be called only
    /// after the store has acknowledged that wish. It can get lost; the store then still has it.
    pub async fn publish_cancel(&self, id: SubmissionId) -> Result<(), QueueError> {
        self.query(redis::cmd("PUBLISH").arg(self.keys().cancel()).arg(id.to_string())).await
    }

    /// The submissions whose end is asked for from now on, until the connection is lost.
    pub async fn cancels(
        &self,
    ) -> Result<impl Stream<Item = SubmissionId> + use<>, redis::RedisError> {
        let (mut sink, messages) = self.client().get_async_pubsub().await?.split();
        sink.subscribe(self.keys().cancel()).await?;
        Ok(messages.filter_map(move |message| {
            // The subscription lasts for as long as its sending half.
            let _subscribed = &sink;
            let id = message.get_payload::<String>().ok().and_then(|id| id.parse().ok());
            std::future::ready(id)
        }))
    }
}

/// Who waits for what, by channel.
type Waiters = Arc<Mutex<HashMap<String, Waiting>>>;

struct Waiting {
    /// Each change is a wake-up; what it carried, if anything.
    ending: watch::Sender<Option<Arc<Ending>>>,
    count: usize,
}

enum Request {
    Subscribe { channel: String, done: oneshot::Sender<()> },
    Unsubscribe { channel: String },
}

/// The wake-ups of one process; cheap to clone.
#[derive(Clone)]
pub struct WakeUps {
    queue: Queue,
    waiters: Waiters,
    requests: mpsc::Sender<Request>,
}

impl WakeUps {
    /// Starts listening. The returned future is the listener: it is to be spawned, and ends when
    /// `shutdown` is cancelled.
    pub fn new(queue: Queue, shutdown: CancellationToken) -> (Self, impl Future<Output = ()>) {
        let (requests, incoming) = mpsc::channel(MAX_PENDING_REQUESTS);
        let waiters = Waiters::default();
        let listener = listen(queue.clone(), waiters.clone(), incoming);
        let wake_ups = Self { queue, waiters, requests };
        (wake_ups, async move {
            shutdown.run_until_cancelled(listener).await;
        })
    }

    /// Registers for the end of a submission. When this returns, the subscription is made, or
    /// Redis is away; either way, the state must be read *after* it, so that no end is missed.
    pub async fn register(&self, id: SubmissionId) -> WakeUp {
        let channel = self.queue.keys().finished(id);
        let ending = {
            let mut waiters = self.waiters.lock().unwrap_or_else(PoisonError::into_inner);
            let waiting = waiters
                .entry(channel.clone())
                .or_insert_with(|| Waiting { ending: watch::Sender::new(None), count: 0 });
            waiting.count += 1;
            waiting.ending.subscribe()
        };
        let wake_up = WakeUp { wake_ups: self.clone(), channel: channel.clone(), ending };
        let (done, subscribed) = oneshot::channel();
        // Every waiter asks, even where another has subscribed already: the answer then proves
        // that the subscription is in place.
        let subscribe = async {
            if self.requests.send(Request::Subscribe { channel, done }).await.is_ok() {
                let _ = subscribed.await;
            }
        };
        let _ = tokio::time::timeout(SUBSCRIBE_PATIENCE, subscribe).await;
        wake_up
    }

    /// Submissions that somebody waits for.
    pub fn awaited(&self) -> usize {
        self.waiters.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

/// A registration for the end of one submission; dropping it ends it.
pub struct WakeUp {
    wake_ups: WakeUps,
    channel: String,
    ending: watch::Receiver<Option<Arc<Ending>>>,
}

impl WakeUp {
    /// Waits for a wake-up that came after the last look at [`ending`](Self::ending).
    pub async fn woken(&mut self) {
        // The sender is there for as long as anybody is registered.
        let _ = self.ending.changed().await;
    }

    /// The submission's ending, if a wake-up has brought it.
    pub fn ending(&mut self) -> Option<Arc<Ending>> {
        self.ending.borrow_and_update().clone()
    }
}

impl Drop for WakeUp {
    fn drop(&mut self) {
        let mut waiters = self.wake_ups.waiters.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(waiting) = waiters.get_mut(&self.channel) {
            waiting.count -= 1;
            if waiting.count == 0 {
                waiters.remove(&self.channel);
                // Where the listener is too busy to hear of it, the subscription stays until its
                // next message, which finds nobody waiting.
                let channel = self.channel.clone();
                let _ = self.wake_ups.requests.try_send(Request::Unsubscribe { channel });
            }
        }
    }
}

/// Keeps one subscribed connection alive for as long as the process runs.
async fn listen(queue: Queue, waiters: Waiters, mut requests: mpsc::Receiver<Request>) {
    let mut interrupted = false;
    loop {
        let error = match serve(&queue, &waiters, &mut requests, &mut interrupted).await {
            Ok(()) => return,
            Err(error) => error,
        };
        if !std::mem::replace(&mut interrupted, true) {
            tracing::warn!(error = %error, "wake-ups interrupted");
        }
        // Waiters must not hang on a connection that is gone: they read the store, and those that
        // ask meanwhile are answered with nothing.
        wake_all(&waiters);
        let pause = tokio::time::sleep(RECONNECT_PAUSE);
        tokio::pin!(pause);
        loop {
            tokio::select! {
                () = &mut pause => break,
                request = requests.recv() => if request.is_none() { return },
            }
        }
    }
}

/// Serves requests and messages until the connection is lost (error) or nobody can ask any more.
async fn serve(
    queue: &Queue,
    waiters: &Waiters,
    requests: &mut mpsc::Receiver<Request>,
    interrupted: &mut bool,
) -> Result<(), redis::RedisError> {
    let (mut sink, mut messages): (PubSubSink, PubSubStream) =
        queue.client().get_async_pubsub().await?.split();
    resubscribe(&mut sink, waiters).await?;
    if std::mem::take(interrupted) {
        tracing::info!("wake-ups restored");
    }
    loop {
        tokio::select! {
            request = requests.recv() => match request {
                None => return Ok(()),
                Some(Request::Subscribe { channel, done }) => {
                    sink.subscribe(&channel).await?;
                    let _ = done.send(());
                }
                Some(Request::Unsubscribe { channel }) => {
                    if !is_awaited(waiters, &channel) {
                        sink.unsubscribe(&channel).await?;
                    }
                }
            },
            message = messages.next() => match message {
                None => return Err(redis::RedisError::from(std::io::Error::from(
                    std::io::ErrorKind::ConnectionReset,
                ))),
                Some(message) => {
                    let channel = message.get_channel_name();
                    if !wake(waiters, channel, message.get_payload_bytes()) {
                        sink.unsubscribe(channel).await?;
                    }
                }
            },
        }
    }
}

/// Subscribes to everything that is waited for, and wakes everyone: what happened while there was
/// no subscription can only be learned from the store.
async fn resubscribe(sink: &mut PubSubSink, waiters: &Waiters) -> Result<(), redis::RedisError> {
    let channels: Vec<String> =
        waiters.lock().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect();
    for channel in channels {
        sink.subscribe(&channel).await?;
    }
    wake_all(waiters);
    Ok(())
}

fn is_awaited(waiters: &Waiters, channel: &str) -> bool {
    waiters.lock().unwrap_or_else(PoisonError::into_inner).contains_key(channel)
}

fn wake(waiters: &Waiters, channel: &str, carried: &[u8]) -> bool {
    let waiters = waiters.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(waiting) = waiters.get(channel) else { return false };
    // Nothing, or what another version wrote: the store has it.
    let carried = bson::deserialize_from_slice(carried).ok().map(Arc::new);
    waiting.ending.send_modify(|ending| *ending = carried.or(ending.take()));
    true
}

fn wake_all(waiters: &Waiters) {
    for waiting in waiters.lock().unwrap_or_else(PoisonError::into_inner).values() {
        waiting.ending.send_modify(|_| ());
    }
}
