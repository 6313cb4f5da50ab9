//! What a program may use: defaults from the settings, overridden by a language where it must, and
//! by a submission where it asks, up to a ceiling.

use serde::{Deserialize, Serialize};

crate::settings! {
    /// Default limits of an execution; a language or a submission may have its own.
    pub struct LimitSettings {
        /// Wall time of the run step, in milliseconds.
        pub wall_ms: u64 = "LIMIT_WALL_MS", "10000";
        /// User and system CPU time of all processes of the run step, in milliseconds.
        pub cpu_ms: u64 = "LIMIT_CPU_MS", "10000";
        /// Memory of the run step, in bytes: processes and what they write to the work directory.
        pub memory_bytes: u64 = "LIMIT_MEMORY_BYTES", "268435456";
        /// Processes and threads of the run step.
        pub processes: u64 = "LIMIT_PROCESSES", "64";
        /// Open files per process.
        pub open_files: u64 = "LIMIT_OPEN_FILES", "256";
        /// Largest file a program may write, in bytes.
        pub file_bytes: u64 = "LIMIT_FILE_BYTES", "16777216";
        /// Size of the work directory, in bytes.
        pub disk_bytes: u64 = "LIMIT_DISK_BYTES", "67108864";
        /// Kept of stdout and of stderr, each, in bytes.
        pub output_bytes: u64 = "LIMIT_OUTPUT_BYTES", "262144";
        /// Stack of a process, in bytes.
        pub stack_bytes: u64 = "LIMIT_STACK_BYTES", "67108864";
        /// Wall time of the compile step, in milliseconds.
        pub compile_wall_ms: u64 = "COMPILE_LIMIT_WALL_MS", "30000";
        /// CPU time of the compile step, in milliseconds.
        pub compile_cpu_ms: u64 = "COMPILE_LIMIT_CPU_MS", "30000";
        /// Memory of the compile step, in bytes. GCC needs 400 MB for <bits/stdc++.h>, <regex> and
        /// <format> together.
        pub compile_memory_bytes: u64 = "COMPILE_LIMIT_MEMORY_BYTES", "536870912";
        /// Processes and threads of the compile step.
        pub compile_processes: u64 = "COMPILE_LIMIT_PROCESSES", "64";
        /// Largest file the compiler may write, in bytes.
        pub compile_file_bytes: u64 = "COMPILE_LIMIT_FILE_BYTES", "67108864";
        /// Kept of the compiler's stdout and stderr, each, in bytes.
        pub compile_output_bytes: u64 = "COMPILE_LIMIT_OUTPUT_BYTES", "65536";
    }
}

crate::settings! {
    /// Ceilings: the most that a submission may ask for, in either step.
    pub struct CeilingSettings {
        /// Wall time of a step, in milliseconds.
        pub wall_ms: u64 = "MAX_WALL_MS", "60000";
        /// CPU time of a step, in milliseconds.
        pub cpu_ms: u64 = "MAX_CPU_MS", "60000";
        /// Memory of a step, in bytes.
        pub memory_bytes: u64 = "MAX_MEMORY_BYTES", "1073741824";
        /// Processes and threads of a step.
        pub processes: u64 = "MAX_PROCESSES", "256";
        /// Open files per process.
        pub open_files: u64 = "MAX_OPEN_FILES", "1024";
        /// Largest file that may be written, in bytes.
        pub file_bytes: u64 = "MAX_FILE_BYTES", "268435456";
        /// Size of the work directory, in bytes.
        pub disk_bytes: u64 = "MAX_DISK_BYTES", "268435456";
        /// Kept of stdout and of stderr, each, in bytes. At most 2.5 MiB, for a result must fit
        /// into one document of the store.
        pub output_bytes: u64 = "MAX_OUTPUT_BYTES", "1048576";
        /// Stack of a process, in bytes.
        pub stack_bytes: u64 = "MAX_STACK_BYTES", "268435456";
        /// Wall time of a submission's tests together, in milliseconds; what has not run by then
        /// is not run.
        pub total_wall_ms: u64 = "MAX_TOTAL_WALL_MS", "300000";
        /// CPU of a sandbox, in thousandths of one: the most that an organisation or a user can be
        /// given. Without that, SANDBOX_CPUS holds.
        pub cpu_millis: u64 = "MAX_CPU_MILLIS", "4000";
    }
}

/// The most that may be kept of one output stream: four streams, the source and the artifacts fit
/// into one document of 16 MiB.
pub const MAX_OUTPUT_BYTES: u64 = 5 * 512 * 1024;

const MIB: u64 = 1024 * 1024;
const HOUR_MS: u64 = 3_600_000;

/// The least CPU of a sandbox, in thousandths: Docker takes no less than a hundredth.
pub const LEAST_CPU_MILLIS: u64 = 10;

/// Everything one execution may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Size of the work directory, which both steps share, in bytes.
    pub disk_bytes: u64,
    /// The compile step's own limits.
    pub compile: StepLimits,
    /// The run step's own limits; of each test, where there are several.
    pub run: StepLimits,
}

/// What one step may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StepLimits {
    /// Wall time, in milliseconds.
    pub wall_ms: u64,
    /// User and system CPU time of all processes, in milliseconds.
    pub cpu_ms: u64,
    /// Memory of all processes and of the files they write, in bytes.
    pub memory_bytes: u64,
    /// Processes and threads.
    pub processes: u64,
    /// Open files per process.
    pub open_files: u64,
    /// Largest file a process may write, in bytes.
    pub file_bytes: u64,
    /// Kept of stdout and of stderr, each, in bytes.
    pub output_bytes: u64,
    /// Stack of a process, in bytes.
    pub stack_bytes: u64,
}

/// Limits that differ from the usual: in a language.toml, or asked for by a submission.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitOverrides {
    /// Wall time, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wall_ms: Option<u64>,
    /// User and system CPU time of all processes, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_ms: Option<u64>,
    /// Memory, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_bytes: Option<u64>,
    /// Processes and threads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub processes: Option<u64>,
    /// Open files per process.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open_files: Option<u64>,
    /// Largest file, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file_bytes: Option<u64>,
    /// Size of the work directory, in bytes. Of the run step only: both share the directory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disk_bytes: Option<u64>,
    /// Kept of stdout and of stderr, each, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_bytes: Option<u64>,
    /// Stack of a process, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stack_bytes: Option<u64>,
}

/// One limit that cannot be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be between {least} and {most}, which is {whose}")]
pub struct OutOfRange {
    /// The limit, as the API calls it.
    pub limit: &'static str,
    /// The least that is of use.
    pub least: u64,
    /// The ceiling.
    pub most: u64,
    /// Who has set the ceiling.
    pub whose: Level,
}

/// Who has set a limit. The nearest wins, and nobody's is above the system's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// The settings.
    System,
    /// The policy of an organisation.
    Organisation,
    /// The policy of a user.
    User,
}

impl std::fmt::Display for Level {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::System => "the ceiling here",
            Self::Organisation => "the organisation's ceiling",
            Self::User => "the user's ceiling",
        })
    }
}

/// The most that may be asked for of each limit, and whose word that is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ceilings([(u64, Level); 9]);

impl Ceilings {
    /// Those of a user of an organisation.
    pub fn of(
        system: &CeilingSettings,
        organisation: &LimitOverrides,
        user: &LimitOverrides,
    ) -> Self {
        let own = organisation.values().into_iter().zip(user.values());
        let mut ceilings = system.values().map(|most| (most, Level::System));
        for (ceiling, (organisation, user)) in ceilings.iter_mut().zip(own) {
            *ceiling = nearest(ceiling.0, organisation, user);
        }
        Self(ceilings)
    }
}

/// The ceiling that holds where the system's is `system` and these policies may have their own.
fn nearest(system: u64, organisation: Option<u64>, user: Option<u64>) -> (u64, Level) {
    let own = user.map(|own| (own, Level::User));
    match own.or(organisation.map(|own| (own, Level::Organisation))) {
        Some((own, level)) if own < system => (own, level),
        _ => (system, Level::System),
    }
}

/// (name in the API, the least that is of use) of each limit, in the order of [`LimitOverrides`].
const LEAST: [(&str, u64); 9] = [
    ("wallMs", 1),
    ("cpuMs", 1),
    // A shell needs a few MiB, and Docker refuses less than 6.
    ("memoryBytes", 8 * MIB),
    ("processes", 1),
    // The dynamic linker and an interpreter open a few.
    ("openFiles", 16),
    ("fileBytes", 0),
    ("diskBytes", 64 * 1024),
    ("outputBytes", 0),
    ("stackBytes", 64 * 1024),
];

impl LimitOverrides {
    fn values(&self) -> [Option<u64>; 9] {
        [
            self.wall_ms,
            self.cpu_ms,
            self.memory_bytes,
            self.processes,
            self.open_files,
            self.file_bytes,
            self.disk_bytes,
            self.output_bytes,
            self.stack_bytes,
        ]
    }

    /// Every limit that is below what is of use or above its ceiling.
    pub fn out_of_range(&self, ceilings: &Ceilings) -> Vec<OutOfRange> {
        let limits = LEAST.into_iter().zip(self.values()).zip(ceilings.0);
        limits
            .filter_map(|(((limit, least), value), (most, whose))| {
                let out = OutOfRange { limit, least, most, whose };
                (!(least..=most).contains(&value?)).then_some(out)
            })
            .collect()
    }

    /// The same, with nothing above its ceiling.
    #[must_use]
    pub fn clamped(&self, ceilings: &CeilingSettings) -> Self {
        let most = ceilings.values().map(Some);
        self.combined(most, |own, most| own.zip(most).map(|(own, most)| own.min(most)))
    }

    /// The same, with nothing above what `account` names.
    #[must_use]
    pub fn within(&self, account: &Self) -> Self {
        self.combined(account.values(), |own, most| own.map(|own| own.min(most.unwrap_or(own))))
    }

    /// These, and what they do not name as `others` have it.
    #[must_use]
    pub fn or(&self, others: &Self) -> Self {
        self.combined(others.values(), Option::or)
    }

    fn combined(
        &self,
        others: [Option<u64>; 9],
        rule: impl Fn(Option<u64>, Option<u64>) -> Option<u64>,
    ) -> Self {
        let [wall, cpu, memory, processes, open_files, file, disk, output, stack] = others;
        Self {
            wall_ms: rule(self.wall_ms, wall),
            cpu_ms: rule(self.cpu_ms, cpu),
            memory_bytes: rule(self.memory_bytes, memory),
            processes: rule(self.processes, processes),
            open_files: rule(self.open_files, open_files),
            file_bytes: rule(self.file_bytes, file),
            disk_bytes: rule(self.disk_bytes, disk),
            output_bytes: rule(self.output_bytes, output),
            stack_bytes: rule(self.stack_bytes, stack),
        }
    }
}

impl StepLimits {
    #[must_use]
    fn with(self, overrides: &LimitOverrides) -> Self {
        Self {
            wall_ms: overrides.wall_ms.unwrap_or(self.wall_ms),
            cpu_ms: overrides.cpu_ms.unwrap_or(self.cpu_ms),
            memory_bytes: overrides.memory_bytes.unwrap_or(self.memory_bytes),
            processes: overrides.processes.unwrap_or(self.processes),
            open_files: overrides.open_files.unwrap_or(self.open_files),
            file_bytes: overrides.file_bytes.unwrap_or(self.file_bytes),
            output_bytes: overrides.output_bytes.unwrap_or(self.output_bytes),
            stack_bytes: overrides.stack_bytes.unwrap_or(self.stack_bytes),
        }
    }
}

impl Limits {
    /// These limits, with overrides of the run step and of the compile step on top.
    #[must_use]
    pub fn with(self, run: &LimitOverrides, compile: &LimitOverrides) -> Self {
        Self {
            disk_bytes: run.disk_bytes.unwrap_or(self.disk_bytes),
            compile: self.compile.with(compile),
            run: self.run.with(run),
        }
    }
}

impl LimitSettings {
    /// The limits of an execution that overrides none.
    pub fn limits(&self) -> Limits {
        Limits {
            disk_bytes: self.disk_bytes,
            run: StepLimits {
                wall_ms: self.wall_ms,
                cpu_ms: self.cpu_ms,
                memory_bytes: self.memory_bytes,
                processes: self.processes,
                open_files: self.open_files,
                file_bytes: self.file_bytes,
                output_bytes: self.output_bytes,
                stack_bytes: self.stack_bytes,
            },
            compile: StepLimits {
                wall_ms: self.compile_wall_ms,
                cpu_ms: self.compile_cpu_ms,
                memory_bytes: self.compile_memory_bytes,
                processes: self.compile_processes,
                open_files: self.open_files,
                file_bytes: self.compile_file_bytes,
                output_bytes: self.compile_output_bytes,
                stack_bytes: self.stack_bytes,
            },
        }
    }

    /// What is wrong with the settings, as (name, problem); empty if they can be used.
    pub fn problems(&self) -> Vec<(&'static str, &'static str)> {
        outside([
            ("LIMIT_WALL_MS", self.wall_ms, 1, HOUR_MS),
            ("LIMIT_CPU_MS", self.cpu_ms, 1, 64 * HOUR_MS),
            ("LIMIT_MEMORY_BYTES", self.memory_bytes, 16 * MIB, 1 << 40),
            ("LIMIT_PROCESSES", self.processes, 4, 65_536),
            ("LIMIT_OPEN_FILES", self.open_files, 16, 65_536),
            ("LIMIT_FILE_BYTES", self.file_bytes, 1, 1 << 40),
            ("LIMIT_DISK_BYTES", self.disk_bytes, MIB, 1 << 40),
            ("LIMIT_OUTPUT_BYTES", self.output_bytes, 1, MAX_OUTPUT_BYTES),
            ("LIMIT_STACK_BYTES", self.stack_bytes, MIB, 1 << 40),
            ("COMPILE_LIMIT_WALL_MS", self.compile_wall_ms, 1, HOUR_MS),
            ("COMPILE_LIMIT_CPU_MS", self.compile_cpu_ms, 1, 64 * HOUR_MS),
            ("COMPILE_LIMIT_MEMORY_BYTES", self.compile_memory_bytes, 16 * MIB, 1 << 40),
            ("COMPILE_LIMIT_PROCESSES", self.compile_processes, 4, 65_536),
            ("COMPILE_LIMIT_FILE_BYTES", self.compile_file_bytes, 1, 1 << 40),
            ("COMPILE_LIMIT_OUTPUT_BYTES", self.compile_output_bytes, 1, MAX_OUTPUT_BYTES),
        ])
    }
}

impl CeilingSettings {
    fn values(&self) -> [u64; 9] {
        [
            self.wall_ms,
            self.cpu_ms,
            self.memory_bytes,
            self.processes,
            self.open_files,
            self.file_bytes,
            self.disk_bytes,
            self.output_bytes,
            self.stack_bytes,
        ]
    }

    /// What is wrong with the settings, as (name, problem); empty if they can be used.
    pub fn problems(&self) -> Vec<(&'static str, &'static str)> {
        outside([
            ("MAX_WALL_MS", self.wall_ms, 1, HOUR_MS),
            ("MAX_CPU_MS", self.cpu_ms, 1, 64 * HOUR_MS),
            ("MAX_MEMORY_BYTES", self.memory_bytes, 16 * MIB, 1 << 40),
            ("MAX_PROCESSES", self.processes, 4, 65_536),
            ("MAX_OPEN_FILES", self.open_files, 16, 65_536),
            ("MAX_FILE_BYTES", self.file_bytes, 1, 1 << 40),
            ("MAX_DISK_BYTES", self.disk_bytes, MIB, 1 << 40),
            ("MAX_OUTPUT_BYTES", self.output_bytes, 1, MAX_OUTPUT_BYTES),
            ("MAX_STACK_BYTES", self.stack_bytes, MIB, 1 << 40),
            ("MAX_TOTAL_WALL_MS", self.total_wall_ms, 1, HOUR_MS),
            ("MAX_CPU_MILLIS", self.cpu_millis, LEAST_CPU_MILLIS, 1_024_000),
        ])
    }
}

/// Of (name, value, least, most), those whose value is outside.
fn outside<const N: usize>(
    checks: [(&'static str, u64, u64, u64); N],
) -> Vec<(&'static str, &'static str)> {
    let problem = |(name, value, least, most)| {
        if value < least {
            Some((name, "too small to be of use"))
        } else if value > most {
            Some((name, "larger than Airlock supports"))
        } else {
            None
        }
    };
    checks.into_iter().filter_map(problem).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::settings::{Settings, Source};

    fn read<S: Settings>(variables: &[(&str, &str)]) -> S {
        let variables: HashMap<_, _> =
            variables.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        let mut source = Source::new(None, variables).unwrap();
        S::read(&mut source).unwrap()
    }

    #[test]
    fn the_defaults_can_be_used() {
        assert_eq!(read::<LimitSettings>(&[]).problems(), []);
        assert_eq!(read::<CeilingSettings>(&[]).problems(), []);
    }

    #[test]
    fn unusable_limits_are_named() {
        let settings: LimitSettings = read(&[
            ("AIRLOCK_LIMIT_MEMORY_BYTES", "4096"),
            ("AIRLOCK_LIMIT_OUTPUT_BYTES", "16777216"),
        ]);
        let names: Vec<_> = settings.problems().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["LIMIT_MEMORY_BYTES", "LIMIT_OUTPUT_BYTES"]);
    }

    #[test]
    fn what_is_not_overridden_stays() {
        let run = toml::from_str("memory_bytes = 5\nopen_files = 7\ndisk_bytes = 3").unwrap();
        let compile = toml::from_str("wall_ms = 9").unwrap();
        let settings: LimitSettings = read(&[("AIRLOCK_LIMIT_WALL_MS", "11")]);
        let limits = settings.limits().with(&run, &compile);
        assert_eq!((limits.run.memory_bytes, limits.compile.memory_bytes), (5, 536_870_912));
        assert_eq!((limits.run.wall_ms, limits.compile.wall_ms), (11, 9));
        assert_eq!((limits.run.open_files, limits.compile.open_files), (7, 256));
        assert_eq!(limits.disk_bytes, 3);
        let twice = limits.with(&toml::from_str("open_files = 8").unwrap(), &Default::default());
        assert_eq!((twice.run.open_files, twice.run.memory_bytes), (8, 5));
    }

    #[test]
    fn a_limit_that_does_not_exist_is_refused() {
        assert!(toml::from_str::<LimitOverrides>("memory = 5").is_err());
    }

    #[test]
    fn what_is_out_of_range_is_named_with_its_range_and_can_be_clamped() {
        let ceilings: CeilingSettings = read(&[("AIRLOCK_MAX_WALL_MS", "100")]);
        let asked: LimitOverrides =
            toml::from_str("wall_ms = 101\ncpu_ms = 60000\nmemory_bytes = 4096").unwrap();
        let none = LimitOverrides::default();
        let own = LimitOverrides { memory_bytes: Some(64 * MIB), ..none };
        let (least, most) = (8 * MIB, 64 * MIB);
        let expected = [
            OutOfRange { limit: "wallMs", least: 1, most: 100, whose: Level::System },
            OutOfRange { limit: "memoryBytes", least, most, whose: Level::User },
        ];
        assert_eq!(asked.out_of_range(&Ceilings::of(&ceilings, &none, &own)), expected);
        assert_eq!(asked.clamped(&ceilings), LimitOverrides { wall_ms: Some(100), ..asked });
        assert_eq!(none.out_of_range(&Ceilings::of(&ceilings, &none, &none)), []);
    }

    #[test]
    fn an_account_s_limits_bound_what_is_asked_for_and_stand_in_for_what_is_not() {
        let account: LimitOverrides = toml::from_str("wall_ms = 5\ncpu_ms = 7").unwrap();
        let asked: LimitOverrides =
            toml::from_str("wall_ms = 9\ncpu_ms = 6\nprocesses = 1").unwrap();
        let expected: LimitOverrides =
            toml::from_str("wall_ms = 5\ncpu_ms = 6\nprocesses = 1").unwrap();
        assert_eq!(asked.within(&account), expected);
        let asked: LimitOverrides = toml::from_str("cpu_ms = 1").unwrap();
        let expected: LimitOverrides = toml::from_str("wall_ms = 5\ncpu_ms = 1").unwrap();
        assert_eq!(asked.or(&account), expected);
    }
}
