//! A wrong clock for one process: a library that is preloaded answers in the kernel's place.

use std::process::Command;

const SOURCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/chaos/skewed_clock.c");

const LIBRARY: &str = "skewed_clock.so";

/// The library. It must be there for as long as processes are started with it.
#[derive(Debug)]
pub struct SkewedClock(tempfile::TempDir);

impl SkewedClock {
    /// Makes it, with the C compiler that links Rust programs.
    pub fn new() -> Self {
        let home = tempfile::Builder::new().prefix("airlock-clock-").tempdir().unwrap();
        let options = ["-shared", "-fPIC", "-O2", "-o"];
        let library = home.path().join(LIBRARY);
        let made = Command::new("cc").args(options).arg(library).arg(SOURCE).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        Self(home)
    }

    /// What a process must be started with to have a clock that is wrong by so many seconds.
    pub fn settings(&self, seconds: i64) -> Vec<(String, String)> {
        let library = self.0.path().join(LIBRARY).to_string_lossy().into_owned();
        vec![
            ("LD_PRELOAD".to_owned(), library),
            ("CHAOS_CLOCK_SKEW_SECONDS".to_owned(), seconds.to_string()),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_is_started_so_has_a_wrong_clock() {
        let clock = SkewedClock::new();
        let settings = clock.settings(-600);
        let asked = Command::new("date").arg("+%s").envs(settings).output().unwrap();
        let told: u64 = String::from_utf8(asked.stdout).unwrap().trim().parse().unwrap();
        let now = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs();
        assert!((598..=602).contains(&(now - told)), "{told} at {now}");
    }
}
