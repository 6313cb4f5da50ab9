//! One seed after the other, on one system.

use std::collections::HashSet;

use futures_util::future::join_all;
use tokio::time::sleep;

use super::check::{Findings, check};
use super::{Clients, Entry, History, Plan, Stage, faults, rest};

/// A system, and what has been seen in it.
pub struct Run {
    stage: Stage,
    clients: Clients,
    /// The ids of the sandboxes that there were between the seeds.
    sandboxes: HashSet<String>,
}

/// What came of one seed.
pub struct Seen {
    /// All that happened.
    pub entries: Vec<Entry>,
    /// What that shows.
    pub findings: Findings,
}

impl Run {
    /// Starts the system.
    pub async fn begin() -> Self {
        let stage = Stage::start(History::default()).await;
        Self { clients: Clients::of(&stage), stage, sandboxes: HashSet::new() }
    }

    /// Does what a plan says, waits for rest, and judges.
    pub async fn see(&mut self, plan: &Plan) -> Seen {
        let Self { stage, clients, .. } = self;
        let began = stage.history.position();
        let faults = plan.faults.iter().map(|planned| async {
            sleep(planned.at).await;
            faults::commit(stage, clients, plan.seed, planned).await;
        });
        tokio::join!(clients.act(plan), join_all(faults));
        rest::examine(stage, clients, &stage.history.since(began)).await;
        let entries = stage.history.since(began);
        let findings = check(&entries);
        self.sandboxes.extend(stage.sandboxes().await.into_iter().map(|(id, _)| id));
        Seen { entries, findings }
    }

    /// Ends the system; which of its sandboxes' cgroups are left.
    pub async fn end(self) -> Vec<String> {
        let Self { stage, sandboxes, .. } = self;
        stage.stop().await;
        rest::cgroups(&sandboxes)
    }
}
