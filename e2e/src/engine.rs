//! A Docker engine of a test's own, to be killed.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use nix::mount::{MntFlags, umount2};
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, Uid};
use tokio::process::{Child, Command};

use crate::chaos::SmallDisk;
use crate::{docker, eventually};

/// From a start until it answers; after a crash it looks into what it finds first.
const START_PATIENCE: Duration = Duration::from_secs(60);

/// Until its last container is removed.
const STOP_PATIENCE: Duration = Duration::from_secs(60);

/// Where the number of its containerd is.
const CONTAINERD_PID: &str = "exec/containerd/containerd.pid";

/// A dockerd with its own containerd, images and containers, and no network at all.
pub struct Engine {
    home: tempfile::TempDir,
    /// Where its images and containers are, if they have a disk of their own. It is unmounted last.
    disk: Option<SmallDisk>,
    daemon: Child,
}

/// For a few images and the containers of one worker.
const DISK_MIB: u64 = 2048;

impl Engine {
    /// Starts one, with the images of these names copied from the engine that the tests run on.
    ///
    /// # Panics
    ///
    /// When this process is not root, which a Docker engine of its own needs.
    pub async fn start(images: &[&str]) -> Self {
        Self::start_on(None, images).await
    }

    /// The same, with a disk that is small enough to be filled.
    pub async fn start_on_small_disk(images: &[&str]) -> Self {
        let disk = SmallDisk::new(DISK_MIB).unwrap_or_else(|error| panic!("no disk: {error}"));
        Self::start_on(Some(disk), images).await
    }

    async fn start_on(disk: Option<SmallDisk>, images: &[&str]) -> Self {
        assert!(Uid::effective().is_root(), "a Docker engine of a test's own needs root");
        let home = tempfile::Builder::new().prefix("airlock-engine-").tempdir().unwrap();
        let daemon = spawn(home.path(), disk.as_ref());
        let mut engine = Self { daemon, home, disk };
        engine.answers().await;
        let load =
            format!("docker save {} | docker --host {} load", images.join(" "), engine.host());
        let loaded = Command::new("sh").args(["-c", &load]).output().await.unwrap();
        assert!(loaded.status.success(), "{}", String::from_utf8_lossy(&loaded.stderr));
        engine
    }

    /// Where it listens, as `DOCKER_HOST` says it.
    pub fn host(&self) -> String {
        format!("unix://{}/docker.sock", self.home.path().display())
    }

    /// Takes all the space that its disk has left.
    pub fn fill_disk(&self) {
        self.disk.iter().for_each(SmallDisk::fill);
    }

    /// Gives it back.
    pub fn free_disk(&self) {
        self.disk.iter().for_each(SmallDisk::free);
    }

    /// Kills the daemon, as a crash would; what it runs goes on without it.
    pub async fn crash(&mut self) {
        self.daemon.kill().await.unwrap();
    }

    /// Starts the daemon again.
    pub async fn restart(&mut self) {
        // Whoever has its number now would be taken for the one that was killed; and a containerd
        // that has died with it, but for whose end nobody has waited, for one that lives.
        let _ = std::fs::remove_file(self.home.path().join("pid"));
        if self.containerd().is_none() {
            let _ = std::fs::remove_file(self.home.path().join(CONTAINERD_PID));
        }
        self.daemon = spawn(self.home.path(), self.disk.as_ref());
        self.answers().await;
    }

    /// Asks it, by the Docker client; what that printed.
    pub async fn ask(&self, arguments: &[&str]) -> String {
        let (success, printed) = docker(&[&["--host", &self.host()], arguments].concat()).await;
        assert!(success, "{printed}");
        printed
    }

    /// The daemon's containerd, if it lives.
    fn containerd(&self) -> Option<Pid> {
        let pid = std::fs::read_to_string(self.home.path().join(CONTAINERD_PID)).ok()?;
        let pid = pid.trim().parse().ok()?;
        // What has died has no command line, and what else has its number another one.
        let line = std::fs::read_to_string(format!("/proc/{pid}/cmdline")).ok()?;
        line.contains(&*self.home.path().to_string_lossy()).then(|| Pid::from_raw(pid))
    }

    async fn answers(&mut self) {
        let log = self.home.path().join("log");
        let host = self.host();
        eventually("the engine answers", START_PATIENCE, async || {
            let ended = self.daemon.try_wait().unwrap();
            assert!(ended.is_none(), "{}", std::fs::read_to_string(&log).unwrap_or_default());
            docker(&["--host", &host, "version"]).await.0.then_some(())
        })
        .await;
    }

    /// Ends it, with everything that it runs.
    pub async fn stop(mut self) {
        // A worker's last removals may be under way, and the engine refuses to be told twice.
        let deadline = Instant::now() + STOP_PATIENCE;
        loop {
            let left = self.ask(&["ps", "--all", "--quiet"]).await;
            if left.is_empty() {
                break;
            }
            let host = self.host();
            let remove = ["--host", &host, "rm", "--force"].into_iter().chain(left.lines());
            let (success, printed) = docker(&remove.collect::<Vec<_>>()).await;
            if Instant::now() >= deadline {
                // One that was killed or had no space may list for ever what it says it does not have.
                assert!(success && printed.is_empty(), "containers cannot be removed: {printed}");
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let daemon = Pid::from_raw(i32::try_from(self.daemon.id().unwrap()).unwrap());
        // It ends its containerd, too.
        kill(daemon, Signal::SIGTERM).unwrap();
        self.daemon.wait().await.unwrap();
    }
}

impl Drop for Engine {
    /// A daemon leaves mounts behind, and one that was killed its containerd, too.
    fn drop(&mut self) {
        if let Some(containerd) = self.containerd() {
            let _ = kill(containerd, Signal::SIGKILL);
        }
        let mounts = std::fs::read_to_string("/proc/self/mounts").unwrap_or_default();
        let mounts = mounts.lines().filter_map(|line| line.split(' ').nth(1)).map(Path::new);
        let on_disk = self.disk.as_ref().map(|disk| disk.path().join("docker"));
        let own = |mount: &&Path| {
            mount.starts_with(self.home.path())
                || on_disk.as_ref().is_some_and(|disk| mount.starts_with(disk))
        };
        for mount in mounts.filter(own) {
            let _ = umount2(mount, MntFlags::MNT_DETACH);
        }
    }
}

fn spawn(home: &Path, disk: Option<&SmallDisk>) -> Child {
    let at = |name: &str| home.join(name).display().to_string();
    let data = disk.map_or(home.join("data"), |disk| disk.path().join("docker"));
    let log = std::fs::File::options().create(true).append(true).open(home.join("log")).unwrap();
    // In a network of its own: a dockerd without a bridge takes away the bridge of any other.
    Command::new("unshare")
        .args(["--net", "dockerd"])
        .args(["--host", &format!("unix://{}", at("docker.sock"))])
        .arg("--data-root")
        .arg(data)
        .args(["--exec-root", &at("exec"), "--pidfile", &at("pid")])
        .args(["--bridge", "none", "--iptables=false", "--log-level", "warn"])
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .kill_on_drop(true)
        .spawn()
        .unwrap_or_else(|error| panic!("dockerd cannot be started: {error}"))
}
