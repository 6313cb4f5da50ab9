//! A wrong clock for one process: a library that is preloaded answers in the kernel's place.

use std::path::PathBuf;
use std::process::Command;
use std::sync::LazyLock;

const SOURCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/chaos/skewed_clock.c");

/// The library; made once by each run, for the C compiler that links Rust programs is there.
static LIBRARY: LazyLock<(tempfile::TempDir, PathBuf)> = LazyLock::new(|| {
    let home = tempfile::Builder::new().prefix("airlock-clock-").tempdir().unwrap();
    let library = home.path().join("skewed_clock.so");
    let options = ["-shared", "-fPIC", "-O2", "-o"];
    let made = Command::new("cc").args(options).arg(&library).arg(SOURCE).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    (home, library)
});

/// What a process must be started with to have a clock that is wrong by so many seconds.
pub(super) fn settings(seconds: i64) -> Vec<(String, String)> {
    let library = LIBRARY.1.to_string_lossy().into_owned();
    vec![
        ("LD_PRELOAD".to_owned(), library),
        ("CHAOS_CLOCK_SKEW_SECONDS".to_owned(), seconds.to_string()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_is_started_so_has_a_wrong_clock() {
        let asked = Command::new("date").arg("+%s").envs(settings(-600)).output().unwrap();
        let told: u64 = String::from_utf8(asked.stdout).unwrap().trim().parse().unwrap();
        let now = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs();
        assert!((598..=602).contains(&(now - told)), "{told} at {now}");
    }
}
