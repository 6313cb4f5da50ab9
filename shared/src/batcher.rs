//! Group commit, and its like for reads and for the queue: what many want at the same time becomes one
//! command, with an answer for each.
//!
//! One batch is under way at a time; what comes in meanwhile is the next one. After a batch of many,
//! the next one waits for some time longer to become as large as is worth it, in proportion to how long
//! that one took: the busier whoever carries them out, the fewer commands. So nobody who is alone waits
//! for others, and the more there is to do, the cheaper each becomes. Everything is bounded: what waits,
//! a batch's items and bytes, the pause.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout, timeout_at};
use tokio_util::task::TaskTracker;

/// Items that wait for their batch. Far more than can be carried out within [`PATIENCE`] on any machine
/// that is not overloaded.
const MAX_WAITING: usize = 8192;

/// Items of one batch: beyond this, a further item makes none of them cheaper.
const MAX_ITEMS: usize = 256;

/// Items for which a batch does not wait any longer. A further one would make each cheaper still, but by
/// little: MongoDB's CPU time for an insert is 770 µs alone, 130 among 8, 80 among 32.
const ENOUGH: usize = 16;

/// Bytes of one batch; a single item may have more. MongoDB takes commands of up to 16 MiB.
const MAX_BYTES: usize = 8 * 1024 * 1024;

/// The pause after a batch of many, as a multiple of how long it took, if that is not too long.
const PAUSE: u32 = 2;

/// How long an item waits for its answer: for a batch under way, the pause after it, and its own.
const PATIENCE: Duration = Duration::from_secs(15);

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unanswered {
    /// More is waiting already than this process is willing to keep: nothing was done.
    Overloaded,
    /// It has not come in time, and nobody knows what was done.
    TimedOut,
}

/// What carries out batches.
pub trait Batched: Send + Sync + 'static {
    /// What is written or read.
    type Item: Send + 'static;
    /// What is said of each.
    type Answer: Send + 'static;

    /// About how many bytes it adds to a command, or to the answer.
    fn bytes(item: &Self::Item) -> usize;

    /// Carries out all of them: an answer for each, in their order. One that fails does not fail
    /// others.
    fn carry_out(&self, items: Vec<Self::Item>) -> impl Future<Output = Vec<Self::Answer>> + Send;
}

/// Gathers items into batches; cheap to clone. Its task ends with the last clone.
pub struct Batcher<B: Batched> {
    entrance: mpsc::Sender<Entry<B>>,
}

struct Entry<B: Batched> {
    item: B::Item,
    answer: oneshot::Sender<B::Answer>,
}

impl<B: Batched> Batcher<B> {
    /// Starts gathering. After a batch of many, the next one waits for up to `linger` to grow. What is
    /// under way is tracked.
    pub fn new(batched: B, linger: Duration, tracker: &TaskTracker) -> Self {
        let (entrance, waiting) = mpsc::channel(MAX_WAITING);
        let gatherer = Gatherer {
            batched: Arc::new(batched),
            linger,
            waiting,
            left_over: None,
            not_before: Instant::now(),
            tracker: tracker.clone(),
        };
        tokio::spawn(gatherer.run());
        Self { entrance }
    }

    /// Has an item carried out. Whoever stops waiting for the answer does not stop a write that is
    /// under way.
    pub async fn ask(&self, item: B::Item) -> Result<B::Answer, Unanswered> {
        let (answer, answered) = oneshot::channel();
        self.entrance.try_send(Entry { item, answer }).map_err(|_| Unanswered::Overloaded)?;
        match timeout(PATIENCE, answered).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(_)) | Err(_) => Err(Unanswered::TimedOut),
        }
    }
}

impl<B: Batched> Clone for Batcher<B> {
    fn clone(&self) -> Self {
        Self { entrance: self.entrance.clone() }
    }
}

impl<B: Batched> fmt::Debug for Batcher<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batcher").finish_non_exhaustive()
    }
}

/// The task behind a batcher.
struct Gatherer<B: Batched> {
    batched: Arc<B>,
    linger: Duration,
    waiting: mpsc::Receiver<Entry<B>>,
    /// What did not fit into the last batch.
    left_over: Option<Entry<B>>,
    /// Until then, the next batch may grow.
    not_before: Instant,
    tracker: TaskTracker,
}

impl<B: Batched> Gatherer<B> {
    async fn run(mut self) {
        while let Some(first) = self.next().await {
            let batch = self.gather(first).await;
            if batch.is_empty() {
                continue;
            }
            let (count, began) = (batch.len(), Instant::now());
            let carrying_out = carry_out(self.batched.clone(), batch);
            // One that panics is no reason not to carry out the next.
            let _ = tokio::spawn(self.tracker.track_future(carrying_out)).await;
            self.not_before = Instant::now();
            if count > 1 {
                self.not_before += self.linger.min(PAUSE * began.elapsed());
            }
        }
    }

    async fn next(&mut self) -> Option<Entry<B>> {
        match self.left_over.take() {
            Some(entry) => Some(entry),
            None => self.waiting.recv().await,
        }
    }

    /// A batch that begins with this entry: with all that waits, and with what comes in until there
    /// may be a next one.
    async fn gather(&mut self, first: Entry<B>) -> Vec<Entry<B>> {
        let mut batch = Batch::new();
        let mut next = Some(first);
        loop {
            while let Some(entry) = next.take().or_else(|| self.waiting.try_recv().ok()) {
                if let Some(entry) = batch.push(entry) {
                    self.left_over = Some(entry);
                    return batch.entries;
                }
            }
            if batch.entries.len() >= ENOUGH {
                return batch.entries;
            }
            match timeout_at(self.not_before, self.waiting.recv()).await {
                Ok(Some(entry)) => next = Some(entry),
                Ok(None) | Err(_) => return batch.entries,
            }
        }
    }
}

/// Entries that are carried out together.
struct Batch<B: Batched> {
    entries: Vec<Entry<B>>,
    bytes: usize,
}

impl<B: Batched> Batch<B> {
    fn new() -> Self {
        Self { entries: Vec::new(), bytes: 0 }
    }

    /// Takes an entry, or gives it back where there is no room. One whose answer nobody waits for
    /// any more is not worth it.
    fn push(&mut self, entry: Entry<B>) -> Option<Entry<B>> {
        if entry.answer.is_closed() {
            return None;
        }
        let bytes = self.bytes + B::bytes(&entry.item);
        let full = self.entries.len() >= MAX_ITEMS || bytes > MAX_BYTES;
        if full && !self.entries.is_empty() {
            return Some(entry);
        }
        self.bytes = bytes;
        self.entries.push(entry);
        None
    }
}

async fn carry_out<B: Batched>(batched: Arc<B>, batch: Vec<Entry<B>>) {
    let (items, waiting): (Vec<_>, Vec<_>) =
        batch.into_iter().map(|entry| (entry.item, entry.answer)).unzip();
    for (answer, waiting) in batched.carry_out(items).await.into_iter().zip(waiting) {
        // Nobody waits any more: what is done is done.
        let _ = waiting.send(answer);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use tokio::sync::Semaphore;
    use tokio::task::JoinSet;

    use super::*;

    /// Answers odd numbers and fails even ones, once it has a permit for the batch.
    #[derive(Clone)]
    struct OddOnes {
        permits: Arc<Semaphore>,
        batches: Arc<Mutex<Vec<Vec<u32>>>>,
        bytes_each: usize,
    }

    type Answered = Result<Result<u32, u32>, Unanswered>;

    /// An item of a number and its bytes.
    type Item = (u32, usize);

    impl Batched for OddOnes {
        type Item = Item;
        type Answer = Result<u32, u32>;
        fn bytes(item: &Item) -> usize {
            item.1
        }

        async fn carry_out(&self, items: Vec<Item>) -> Vec<Result<u32, u32>> {
            let numbers: Vec<u32> = items.iter().map(|item| item.0).collect();
            self.batches.lock().unwrap().push(numbers.clone());
            self.permits.acquire().await.unwrap().forget();
            let answer = |number: u32| match number % 2 {
                1 => Ok(number),
                _ => Err(number),
            };
            numbers.into_iter().map(answer).collect()
        }
    }

    impl OddOnes {
        fn new(permits: usize) -> Self {
            let permits = Arc::new(Semaphore::new(permits));
            Self { permits, batches: Arc::default(), bytes_each: 1 }
        }

        fn batcher(&self) -> Batcher<Self> {
            Batcher::new(self.clone(), LINGER, &TaskTracker::new())
        }

        fn sizes(&self) -> Vec<usize> {
            self.batches.lock().unwrap().iter().map(Vec::len).collect()
        }

        /// Writes these numbers at once, in tasks of their own.
        fn write(
            &self,
            batcher: &Batcher<Self>,
            numbers: std::ops::Range<u32>,
        ) -> JoinSet<(u32, Answered)> {
            let mut writes = JoinSet::new();
            for number in numbers {
                let (batcher, item) = (batcher.clone(), (number, self.bytes_each));
                writes.spawn(async move { (number, batcher.ask(item).await) });
            }
            writes
        }
    }

    const LINGER: Duration = Duration::from_millis(5);

    #[tokio::test(start_paused = true)]
    async fn whoever_is_alone_does_not_wait_for_others() {
        let odd = OddOnes::new(10);
        let batcher = odd.batcher();
        let started = Instant::now();
        for _ in 0..3 {
            assert_eq!(batcher.ask((1, 1)).await, Ok(Ok(1)));
        }
        assert_eq!(started.elapsed(), Duration::ZERO);
        assert_eq!(odd.sizes(), [1, 1, 1]);
    }

    #[tokio::test(start_paused = true)]
    async fn what_comes_in_while_a_batch_is_under_way_is_written_together() {
        let odd = OddOnes::new(0);
        let batcher = odd.batcher();
        let mut first = odd.write(&batcher, 0..1);
        tokio::time::sleep(LINGER).await;
        // However long that takes.
        let mut others = odd.write(&batcher, 1..101);
        tokio::time::sleep(LINGER * 10).await;
        let mut late = odd.write(&batcher, 101..111);
        tokio::time::sleep(LINGER * 10).await;
        assert_eq!(odd.sizes(), [1]);
        odd.permits.add_permits(2);
        for writes in [&mut first, &mut others, &mut late] {
            while let Some(written) = writes.join_next().await {
                let (number, answer) = written.unwrap();
                let expected = if number % 2 == 1 { Ok(number) } else { Err(number) };
                assert_eq!(answer, Ok(expected), "an answer for each");
            }
        }
        assert_eq!(odd.sizes(), [1, 110]);
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_batch_of_many_the_next_waits_in_proportion_to_how_long_that_took() {
        let odd = OddOnes::new(0);
        let batcher = odd.batcher();
        for (took, pause) in [(LINGER / 5, LINGER / 5 * PAUSE), (LINGER * 10, LINGER)] {
            let many = odd.write(&batcher, 0..2);
            tokio::time::sleep(took).await;
            odd.permits.add_permits(2);
            many.join_all().await;
            let ended = Instant::now();
            assert_eq!(batcher.ask((1, 1)).await, Ok(Ok(1)));
            assert_eq!(ended.elapsed(), pause);
        }
        let ended = Instant::now();
        odd.permits.add_permits(3);
        assert_eq!(batcher.ask((1, 1)).await, Ok(Ok(1)));
        assert_eq!(ended.elapsed(), Duration::ZERO, "it was alone");
        for _ in 0..2 {
            odd.write(&batcher, 0..ENOUGH as u32).join_all().await;
        }
        assert_eq!(ended.elapsed(), Duration::ZERO, "they are enough");
    }

    #[tokio::test(start_paused = true)]
    async fn a_batch_is_bounded_in_items_and_bytes() {
        let many = OddOnes::new(10);
        many.write(&many.batcher(), 0..MAX_ITEMS as u32 + 1).join_all().await;
        assert_eq!(many.sizes(), [MAX_ITEMS, 1]);

        let large = OddOnes { bytes_each: MAX_BYTES / 2, ..OddOnes::new(10) };
        large.write(&large.batcher(), 0..3).join_all().await;
        assert_eq!(large.sizes(), [2, 1]);

        let too_large = OddOnes { bytes_each: MAX_BYTES + 1, ..OddOnes::new(10) };
        too_large.write(&too_large.batcher(), 0..2).join_all().await;
        assert_eq!(too_large.sizes(), [1, 1], "each alone");
    }

    #[tokio::test(start_paused = true)]
    async fn beyond_what_may_wait_the_answer_is_overloaded_at_once() {
        let stuck = OddOnes::new(0);
        let batcher = stuck.batcher();
        let mut writes = stuck.write(&batcher, 0..MAX_WAITING as u32 + MAX_ITEMS as u32 + 10);
        let (_, answer) = writes.join_next().await.unwrap().unwrap();
        assert_eq!(answer, Err(Unanswered::Overloaded));
    }

    #[tokio::test(start_paused = true)]
    async fn what_nobody_waits_for_any_more_is_not_written() {
        let stuck = OddOnes::new(0);
        let batcher = stuck.batcher();
        let answers = stuck.write(&batcher, 0..3).join_all().await;
        assert!(answers.iter().all(|(_, answer)| *answer == Err(Unanswered::TimedOut)));
        let written: usize = stuck.sizes().iter().sum();
        stuck.permits.add_permits(10);
        assert_eq!(batcher.ask((1, 1)).await, Ok(Ok(1)));
        assert_eq!(stuck.sizes().iter().sum::<usize>(), written + 1);
    }
}
