//! When everything should have come to rest: what is still there, and under which claims things
//! ended.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::time::Duration;

use futures_util::StreamExt;
use redis::AsyncCommands;
use tokio::time::{Instant, sleep};

use super::history::{Entry, Event};
use super::load::Clients;
use super::stage::{CONCURRENCY, Stage};

/// Nothing is left behind for longer, whatever has died.
const PATIENCE: Duration = Duration::from_secs(60);
const LOOK_PAUSE: Duration = Duration::from_millis(250);

/// What may be in Redis while nothing waits or runs, by what its key has in it: what is said of workers
/// and languages, bells that nobody has heard yet, and each tenant's turn, which it keeps.
const LASTING: [&str; 8] = [
    ":workers",
    ":languages",
    ":lanes:served",
    ":generation",
    ":dead",
    ":bell:",
    ":clock:",
    ":resting:",
];

/// Waits for rest, reads every submission of a history once more, and notes what is not as it
/// should be.
pub async fn examine(stage: &Stage, clients: &Clients, history: &[Entry]) {
    let deadline = Instant::now() + PATIENCE;
    let tenants = history.iter().filter_map(|entry| match &entry.event {
        Event::Submitting { job, tenant, .. } => Some((job, tenant.as_str())),
        _ => None,
    });
    let tenants: HashMap<&u32, &str> = tenants.collect();
    let accepted = history.iter().filter_map(|entry| match &entry.event {
        Event::Accepted { job, id } => Some((id.as_str(), *tenants.get(job)?)),
        _ => None,
    });
    let mut missing: HashMap<&str, &str> = accepted.collect();
    while !missing.is_empty() && Instant::now() < deadline {
        for (number, (id, tenant)) in missing.clone().into_iter().enumerate() {
            if clients.read(id, tenant, number).await {
                note_claim(stage, id).await;
                missing.remove(id);
            }
        }
    }
    loop {
        let late = Instant::now() > deadline;
        let unfinished = unfinished(stage).await;
        let left = left(stage).await;
        if (unfinished.is_empty() && left.is_empty()) || late {
            unfinished.into_iter().for_each(|id| stage.history.note(Event::Unfinished { id }));
            left.into_iter().for_each(|what| stage.history.note(Event::Left { what }));
            return;
        }
        sleep(LOOK_PAUSE).await;
    }
}

async fn note_claim(stage: &Stage, id: &str) {
    if let Ok(Some(stored)) = stage.store().get(id.parse().unwrap()).await {
        let (epoch, worker) = (stored.epoch, stored.worker);
        stage.history.note(Event::Stored { id: id.to_owned(), epoch, worker });
    }
}

/// What the store has in no final state, whether a client knows of it or not.
async fn unfinished(stage: &Stage) -> Vec<String> {
    match stage.store().unfinished(Duration::ZERO, Duration::ZERO).await {
        Ok(found) => {
            found
                .map(|found| found.map_or_else(|error| error.to_string(), |it| it.id.to_string()))
                .collect()
                .await
        }
        Err(error) => vec![error.to_string()],
    }
}

async fn left(stage: &Stage) -> Vec<String> {
    let queue = left_in_queue(stage).await;
    let mut left = queue.unwrap_or_else(|error| vec![format!("Redis: {error}")]);
    left.extend(left_on_engine(stage).await);
    left
}

/// Keys with something in them that only what waits or runs could account for.
async fn left_in_queue(stage: &Stage) -> Result<Vec<String>, redis::RedisError> {
    let server = stage.queue_server.lock().await;
    let client = redis::Client::open(format!("redis://{}", server.address()))?;
    let mut connection = client.get_multiplexed_async_connection().await?;
    let keys: Vec<String> = connection.keys(format!("{}:*", stage.prefix())).await?;
    let mut left = Vec::new();
    for key in keys {
        let kind: String = redis::cmd("TYPE").arg(&key).query_async(&mut connection).await?;
        let own = key.trim_start_matches(stage.prefix());
        match kind.as_str() {
            "stream" if own.contains(":dead") => {}
            "stream" => {
                let length: u64 = connection.xlen(&key).await?;
                if length > 0 {
                    left.push(format!("{length} entries of {own}"));
                }
            }
            _ if LASTING.iter().any(|lasting| own.contains(lasting)) => {}
            _ => left.push(format!("the {kind} {own}")),
        }
    }
    Ok(left)
}

/// Containers of workers that are gone, more than may wait, and cgroups without a container.
async fn left_on_engine(stage: &Stage) -> Vec<String> {
    let living: HashSet<String> =
        stage.workers.iter().filter_map(super::stage::Part::worker_name).collect();
    let sandboxes = stage.sandboxes().await;
    let mut left = Vec::new();
    for worker in &living {
        let own = sandboxes.iter().filter(|(_, owner)| owner == worker).count();
        if own > CONCURRENCY {
            left.push(format!("{own} containers of a worker that keeps {CONCURRENCY}"));
        }
    }
    let orphans = sandboxes.iter().filter(|(_, owner)| !living.contains(owner));
    left.extend(orphans.map(|(id, owner)| format!("container {id:.12} of {owner}")));
    left
}

/// Which of these containers' cgroups are there.
pub fn cgroups(containers: &HashSet<String>) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new("/sys/fs/cgroup").to_owned()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for entry in entries.flatten().filter(|entry| entry.file_type().is_ok_and(|it| it.is_dir()))
        {
            let name = entry.file_name().to_string_lossy().into_owned();
            if containers.iter().any(|id| name.contains(id.as_str())) {
                found.push(entry.path().display().to_string());
            }
            folders.push(entry.path());
        }
    }
    found
}
