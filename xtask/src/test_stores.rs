//! A MongoDB and a Redis that live for one test run, on ports of their own.

use std::io::ErrorKind;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::command::Run;
use crate::stores::Stores;
use crate::{binaries, interrupt, languages, paths, progress};

const START_LIMIT: Duration = Duration::from_secs(60);
/// An address on this machine answers at once, if at all.
const REACH_LIMIT: Duration = Duration::from_millis(500);
const POLL: Duration = Duration::from_millis(200);

/// Running stores; dropped, they are removed with their data.
pub(crate) struct TestStores {
    run: String,
    images: Stores,
    mongodb_url: String,
    redis_url: String,
}

impl TestStores {
    /// Starts both, under a label that only this run has.
    pub(crate) fn start(images: &Stores, word: &str) -> Result<Self> {
        progress::step("MongoDB and Redis for the tests");
        let mut stores = Self {
            run: format!("airlock.test={word}"),
            images: images.clone(),
            mongodb_url: String::new(),
            redis_url: String::new(),
        };
        // In memory and journalled: as durable as the promises need, as fast as tests want.
        let mongod = [
            "mongod",
            "--replSet",
            "rs0",
            "--bind_ip_all",
            "--wiredTigerCacheSizeGB",
            "0.5",
            "--oplogSize",
            "128",
        ];
        let mongo = stores.container("27017", "/data/db", &images.mongo, &mongod)?;
        let redis = stores.container(
            "6379",
            "/data",
            &images.redis,
            &[
                "redis-server",
                "--protected-mode",
                "no",
                "--appendonly",
                "yes",
                "--maxmemory-policy",
                "noeviction",
            ],
        )?;
        // A published port accepts before the program behind it listens: ask inside.
        await_success(&mongo.id, &["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/27017"])?;
        await_success(&redis.id, &["redis-cli", "ping"])?;
        stores.mongodb_url = format!("mongodb://{}/?directConnection=true", mongo.address);
        stores.redis_url = format!("redis://{}", redis.address);
        progress::note(&format!("{} and {}", stores.mongodb_url, stores.redis_url));
        Ok(stores)
    }

    /// Tells a program where the real parts are, and how to start further ones: what bears the label
    /// is removed with the rest.
    pub(crate) fn tell(&self, run: Run) -> Result<Run> {
        Ok(run
            .env("AIRLOCK_TEST_MONGODB_URL", &self.mongodb_url)
            .env("AIRLOCK_TEST_REDIS_URL", &self.redis_url)
            .env("AIRLOCK_TEST_MONGO_IMAGE", &self.images.mongo)
            .env("AIRLOCK_TEST_REDIS_IMAGE", &self.images.redis)
            .env("AIRLOCK_TEST_LABEL", &self.run)
            .env("AIRLOCK_TEST_RUNNER_PATH", binaries::runner()?)
            .env("AIRLOCK_TEST_BIN_DIR", paths::release()?)
            .env("AIRLOCK_TEST_LANGUAGES_DIR", paths::root().join(languages::ALL_FOLDER)))
    }

    fn container(
        &self,
        port: &str,
        data: &str,
        image: &str,
        command: &[&str],
    ) -> Result<Container> {
        // Published for where containers' own addresses cannot be reached, as on a Mac.
        let publish = format!("127.0.0.1::{port}");
        let tmpfs = format!("{data}:uid=999,gid=999,mode=0700");
        let options =
            ["run", "--detach", "--label", &self.run, "--publish", &publish, "--user", "999:999"];
        let id = Run::new("docker", [&options[..], &["--tmpfs", &tmpfs, image], command].concat())
            .text()?;
        let address = match own_address(&id, port)? {
            Some(address) => address,
            None => {
                let addresses = Run::new("docker", ["port", &id, port]).text()?;
                let published = addresses.lines().next();
                published.with_context(|| format!("{image} has no published port"))?.to_owned()
            }
        };
        Ok(Container { address, id })
    }
}

impl Drop for TestStores {
    fn drop(&mut self) {
        let filter = format!("label={}", self.run);
        let ids =
            Run::new("docker", ["ps", "--all", "--quiet", "--filter", &filter]).shielded().text();
        for id in ids.unwrap_or_default().lines() {
            if let Err(error) =
                Run::new("docker", ["rm", "--force", "--volumes", id]).shielded().text()
            {
                progress::note(&format!("a container of the tests remains: {error:#}"));
            }
        }
    }
}

struct Container {
    id: String,
    address: String,
}

/// The container's own address, if it can be reached: what is published goes through a proxy, which
/// would be part of every measurement.
fn own_address(container: &str, port: &str) -> Result<Option<String>> {
    let format = "{{.NetworkSettings.IPAddress}}";
    let ip = Run::new("docker", ["inspect", "--format", format, container]).text()?;
    let address = format!("{}:{port}", ip.trim());
    let Ok(socket) = address.parse() else { return Ok(None) };
    // Nobody listens yet: a refusal comes from the container, anything else from on the way to it.
    let reached = match TcpStream::connect_timeout(&socket, REACH_LIMIT) {
        Ok(_) => true,
        Err(error) => error.kind() == ErrorKind::ConnectionRefused,
    };
    Ok(reached.then_some(address))
}

fn await_success(container: &str, question: &[&str]) -> Result<()> {
    let deadline = Instant::now() + START_LIMIT;
    while !Run::new("docker", [&["exec", container], question].concat()).succeeds() {
        if interrupt::requested() {
            bail!("interrupted");
        }
        if Instant::now() > deadline {
            let log = Run::new("docker", ["logs", "--tail", "20", container]).capture()?;
            bail!("a store of the tests does not answer:\n{}{}", log.stdout, log.stderr);
        }
        std::thread::sleep(POLL);
    }
    Ok(())
}
