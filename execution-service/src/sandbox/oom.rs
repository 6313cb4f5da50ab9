//! Containers in which the kernel killed for want of memory, as the engine tells of them.
//!
//! The runner reports that itself, unless it is the one that is killed: a program can see to it that
//! nothing larger is left to kill. Its container then ends without a word, and this is the only one.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bollard::Docker;
use bollard::query_parameters::EventsOptionsBuilder;
use futures_util::StreamExt;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::LABEL_OWNER;

/// Containers that are remembered: many more than can be about to be asked for.
const REMEMBERED: usize = 256;

/// How long the engine may take to tell of it after the container's end was noticed.
const TELLING_PATIENCE: Duration = Duration::from_secs(1);

/// Between two attempts to listen to an engine that is away.
const PAUSE: Duration = Duration::from_secs(1);

/// What the engine has told so far; cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct OomKills {
    /// With how often it was told of each: thousands of times, if a program is made for it.
    containers: Arc<Mutex<VecDeque<(String, usize)>>>,
    told: watch::Sender<()>,
}

impl OomKills {
    pub(super) fn new() -> Self {
        Self { containers: Arc::default(), told: watch::Sender::new(()) }
    }

    /// Listens for this worker's containers, until cancelled.
    pub(super) async fn listen(&self, docker: &Docker, owner: &str) {
        let filters = HashMap::from([
            ("event".to_owned(), vec!["oom".to_owned()]),
            ("label".to_owned(), vec![format!("{LABEL_OWNER}={owner}")]),
        ]);
        loop {
            let options = EventsOptionsBuilder::new().filters(&filters).build();
            let mut events = docker.events(Some(options));
            while let Some(Ok(event)) = events.next().await {
                if let Some(id) = event.actor.and_then(|actor| actor.id) {
                    self.add(id);
                }
            }
            sleep(PAUSE).await;
        }
    }

    fn add(&self, id: String) {
        let mut containers = self.containers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, times)) = containers.iter_mut().rfind(|(known, _)| *known == id) {
            *times += 1;
        } else {
            if containers.len() == REMEMBERED {
                containers.pop_front();
            }
            containers.push_back((id, 1));
        }
        drop(containers);
        self.told.send_replace(());
    }

    /// Whether there was one in a container that has ended.
    pub(super) async fn include(&self, id: &str) -> bool {
        timeout(TELLING_PATIENCE, self.more_than(0, id)).await.is_ok()
    }

    /// Waits until there is one more in this container.
    pub(super) async fn next(&self, id: &str) {
        self.more_than(self.times(id), id).await;
    }

    async fn more_than(&self, times: usize, id: &str) {
        let mut told = self.told.subscribe();
        while self.times(id) <= times {
            if told.changed().await.is_err() {
                return;
            }
        }
    }

    fn times(&self, id: &str) -> usize {
        let containers = self.containers.lock().unwrap_or_else(PoisonError::into_inner);
        containers.iter().find(|(known, _)| known == id).map_or(0, |(_, times)| *times)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_container_is_found_whether_it_is_told_of_before_or_while_somebody_asks() {
        let kills = OomKills::new();
        kills.add("before".into());
        assert!(kills.include("before").await);
        let asked = tokio::spawn({
            let kills = kills.clone();
            async move { kills.include("meanwhile").await }
        });
        tokio::task::yield_now().await;
        kills.add("another".into());
        kills.add("meanwhile".into());
        assert!(asked.await.unwrap());
        assert!(!kills.include("never").await);
        for _ in 0..REMEMBERED {
            kills.add("again and again".into());
        }
        assert!(kills.include("before").await, "one container takes no other's place");
        for n in 0..REMEMBERED {
            kills.add(n.to_string());
        }
        assert!(!kills.include("before").await, "only so many are remembered");
    }

    #[tokio::test(start_paused = true)]
    async fn the_next_one_is_none_of_those_before() {
        let kills = OomKills::new();
        kills.add("container".into());
        let next = tokio::spawn({
            let kills = kills.clone();
            async move { kills.next("container").await }
        });
        tokio::task::yield_now().await;
        kills.add("another".into());
        tokio::task::yield_now().await;
        assert!(!next.is_finished());
        kills.add("container".into());
        next.await.unwrap();
    }
}
