//! A MongoDB of three members, each behind a proxy through which the others see it, too.

use std::time::Duration;

use bson::{Document, doc};
use mongodb::Client;
use tokio::time::timeout;

use super::containers::{Container, free_port};
use super::small_disk::SmallDisk;
use crate::{Proxy, eventually};

const START_PATIENCE: Duration = Duration::from_secs(60);
const ANSWER_PATIENCE: Duration = Duration::from_secs(2);
/// For 64 MiB of oplog, two files of journal of 100 MiB each, and the data of many seeds.
const DISK_MIB: u64 = 1024;
const DATA: &str = "/data/db";
/// A disk that is full is noticed at the next checkpoint.
const CHECKPOINT_SECONDS: &str = "5";

/// A replica set.
#[derive(Debug)]
pub struct ReplicaSet {
    members: Vec<Member>,
}

/// One member.
#[derive(Debug)]
pub struct Member {
    /// Its process. It goes before its disk does.
    pub container: Container,
    /// The only way to it, but for the driver.
    pub way: Proxy,
    /// Where its data is, if disks can be made here.
    pub disk: Option<SmallDisk>,
    direct: Client,
}

impl ReplicaSet {
    /// Starts three members that call an election after so long without a primary, and waits for
    /// their first one.
    pub async fn start(image: &str, election_timeout: Duration) -> Self {
        let mut members = Vec::new();
        for _ in 0..3 {
            members.push(Member::start(image).await);
        }
        let hosts = members.iter().zip(0..);
        let hosts: Vec<Document> = hosts
            .map(|(member, id)| doc! { "_id": id, "host": member.way.address().to_string() })
            .collect();
        let settings = doc! {
            "electionTimeoutMillis": i64::try_from(election_timeout.as_millis()).unwrap(),
            "heartbeatIntervalMillis": 500,
        };
        let config = doc! { "_id": "rs0", "members": hosts, "settings": settings };
        eventually("the replica set is initiated", START_PATIENCE, async || {
            members[0].ask(doc! { "replSetInitiate": config.clone() }).await;
            // Whether that took too long to be answered or not: then it has a state.
            members[0].state().await.map(|_| ())
        })
        .await;
        let set = Self { members };
        set.await_health().await;
        set
    }

    /// As clients find it.
    pub fn url(&self) -> String {
        let hosts = self.members.iter().map(|member| member.way.address().to_string());
        format!("mongodb://{}/?replicaSet=rs0", hosts.collect::<Vec<_>>().join(","))
    }

    /// The primary, for as long as it is.
    pub async fn primary(&self) -> &Member {
        eventually("there is a primary", START_PATIENCE, async || {
            for member in &self.members {
                if member.state().await == Some(PRIMARY) {
                    return Some(member);
                }
            }
            None
        })
        .await
    }

    /// The others.
    pub async fn secondaries(&self) -> Vec<&Member> {
        let primary = self.primary().await.way.address();
        self.members.iter().filter(|member| member.way.address() != primary).collect()
    }

    /// All members.
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// Waits until one is primary and the others follow it.
    pub async fn await_health(&self) {
        eventually("the replica set is whole", START_PATIENCE, async || {
            let mut states = Vec::new();
            for member in &self.members {
                states.push(member.state().await?);
            }
            states.sort_unstable();
            (states == [PRIMARY, SECONDARY, SECONDARY]).then_some(())
        })
        .await;
    }
}

const PRIMARY: i32 = 1;
const SECONDARY: i32 = 2;

impl Member {
    async fn start(image: &str) -> Self {
        let port = free_port().to_string();
        let disk = SmallDisk::new(DISK_MIB).ok();
        let data = disk.as_ref().map(|disk| disk.mount_for_store(DATA));
        let data = data.as_ref().map_or(["--volume", DATA], |mount| ["--mount", mount]);
        let options = [&["--user", "999:999"], &data[..]].concat();
        let mongod = ["mongod", "--replSet", "rs0", "--bind_ip", "127.0.0.1", "--port", &port];
        let sizes = ["--wiredTigerCacheSizeGB", "0.25", "--oplogSize", "64"];
        let command = [&mongod[..], &sizes, &["--syncdelay", CHECKPOINT_SECONDS]].concat();
        let container = Container::start(image, &options, &command).await;
        let url = format!("mongodb://127.0.0.1:{port}/?directConnection=true");
        Self {
            container,
            way: Proxy::to(&format!("127.0.0.1:{port}")).await,
            disk,
            direct: Client::with_uri_str(url).await.unwrap(),
        }
    }

    /// Its state, as MongoDB counts them; none if it does not answer.
    async fn state(&self) -> Option<i32> {
        self.ask(doc! { "replSetGetStatus": 1 }).await?.get_i32("myState").ok()
    }

    async fn ask(&self, command: Document) -> Option<Document> {
        let admin = self.direct.database("admin");
        timeout(ANSWER_PATIENCE, admin.run_command(command)).await.ok()?.ok()
    }
}
