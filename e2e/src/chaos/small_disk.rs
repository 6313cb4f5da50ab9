//! A disk that is small enough to be filled.

use std::fs::File;
use std::path::PathBuf;
use std::process::Command;

use nix::fcntl::{FallocateFlags, fallocate};
use nix::mount::{MntFlags, umount2};

/// A file system in a file of its own, mounted. Dropped, it is gone.
#[derive(Debug)]
pub struct SmallDisk {
    home: tempfile::TempDir,
    device: String,
}

impl SmallDisk {
    /// One of so many MiB, or what keeps it from being made: it needs root and a loop device.
    pub fn new(mebibytes: u64) -> Result<Self, String> {
        let home = tempfile::Builder::new().prefix("airlock-disk-").tempdir().unwrap();
        let image = home.path().join("image");
        File::create(&image).unwrap().set_len(mebibytes << 20).unwrap();
        // No blocks are kept for root, whose daemons are to feel it too.
        run(Command::new("mkfs.ext4").args(["-q", "-m", "0"]).arg(&image))?;
        let device = run(Command::new("losetup").args(["--find", "--show"]).arg(&image))?;
        let disk = Self { home, device };
        std::fs::create_dir(disk.path()).unwrap();
        run(Command::new("mount").arg(&disk.device).arg(disk.path()))?;
        Ok(disk)
    }

    /// Where it is mounted.
    pub fn path(&self) -> PathBuf {
        self.home.path().join("mount")
    }

    /// How `docker run --mount` puts it into a container whose user is that of the stores' images. The
    /// engine mounts the device itself: it need not see what we have mounted.
    pub fn mount_for_store(&self, target: &str) -> String {
        std::os::unix::fs::chown(self.path(), Some(999), Some(999)).unwrap();
        format!(
            "type=volume,dst={target},volume-driver=local,volume-opt=type=ext4,volume-opt=device={}",
            self.device
        )
    }

    /// Takes all the space that is left.
    pub fn fill(&self) {
        let filler = File::create(self.filler()).unwrap();
        let mut at = 0;
        for size in [1 << 26, 1 << 20, 1 << 12] {
            while fallocate(&filler, FallocateFlags::empty(), at, size).is_ok() {
                at += size;
            }
        }
    }

    /// Gives it back.
    pub fn free(&self) {
        let _ = std::fs::remove_file(self.filler());
    }

    fn filler(&self) -> PathBuf {
        self.path().join("filler")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = umount2(&self.path(), MntFlags::MNT_DETACH);
        let _ = run(Command::new("losetup").args(["--detach", &self.device]));
    }
}

fn run(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    let printed = if output.status.success() { &output.stdout } else { &output.stderr };
    let printed = String::from_utf8_lossy(printed).trim().to_owned();
    if output.status.success() { Ok(printed) } else { Err(printed) }
}
