//! What a program may use: defaults from the settings, overridden by a language where it must.

use serde::Deserialize;

crate::settings! {
    /// Default limits of an execution; a language may override them in its language.toml.
    pub struct LimitSettings {
        /// Wall time of the run step, in milliseconds.
        pub wall_ms: u64 = "LIMIT_WALL_MS", "10000";
        /// User and system CPU time of all processes of the run step, in milliseconds.
        pub cpu_ms: u64 = "LIMIT_CPU_MS", "10000";
        /// Memory of the container, in bytes: processes and what they write to the work directory.
        pub memory_bytes: u64 = "LIMIT_MEMORY_BYTES", "268435456";
        /// Processes and threads in the container.
        pub processes: u64 = "LIMIT_PROCESSES", "64";
        /// Open files per process.
        pub open_files: u64 = "LIMIT_OPEN_FILES", "256";
        /// Largest file a program may write, in bytes.
        pub file_bytes: u64 = "LIMIT_FILE_BYTES", "16777216";
        /// Size of the work directory, in bytes.
        pub disk_bytes: u64 = "LIMIT_DISK_BYTES", "67108864";
        /// Kept of stdout and of stderr, each, in bytes. At most 3 MiB, for a result must fit into
        /// one document of the store.
        pub output_bytes: u64 = "LIMIT_OUTPUT_BYTES", "262144";
        /// Stack of a process, in bytes.
        pub stack_bytes: u64 = "LIMIT_STACK_BYTES", "67108864";
        /// Wall time of the compile step, in milliseconds.
        pub compile_wall_ms: u64 = "COMPILE_LIMIT_WALL_MS", "30000";
        /// CPU time of the compile step, in milliseconds.
        pub compile_cpu_ms: u64 = "COMPILE_LIMIT_CPU_MS", "30000";
        /// Largest file the compiler may write, in bytes.
        pub compile_file_bytes: u64 = "COMPILE_LIMIT_FILE_BYTES", "67108864";
        /// Kept of the compiler's stdout and stderr, each, in bytes. At most 3 MiB.
        pub compile_output_bytes: u64 = "COMPILE_LIMIT_OUTPUT_BYTES", "65536";
    }
}

/// The most that may be kept of one output stream: four streams and the source fit into one
/// document of 16 MB.
pub const MAX_OUTPUT_BYTES: u64 = 3 * 1024 * 1024;

/// Everything one execution may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Memory of the container, in bytes.
    pub memory_bytes: u64,
    /// Processes and threads in the container.
    pub processes: u64,
    /// Size of the work directory, in bytes.
    pub disk_bytes: u64,
    /// The compile step's own limits.
    pub compile: StepLimits,
    /// The run step's own limits.
    pub run: StepLimits,
}

/// What one step may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StepLimits {
    /// Wall time, in milliseconds.
    pub wall_ms: u64,
    /// User and system CPU time of all processes, in milliseconds.
    pub cpu_ms: u64,
    /// Open files per process.
    pub open_files: u64,
    /// Largest file a process may write, in bytes.
    pub file_bytes: u64,
    /// Kept of stdout and of stderr, each, in bytes.
    pub output_bytes: u64,
    /// Stack of a process, in bytes.
    pub stack_bytes: u64,
}

/// What a language.toml may override under `[limits]`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContainerOverrides {
    memory_bytes: Option<u64>,
    processes: Option<u64>,
    disk_bytes: Option<u64>,
    wall_ms: Option<u64>,
    cpu_ms: Option<u64>,
    open_files: Option<u64>,
    file_bytes: Option<u64>,
    output_bytes: Option<u64>,
    stack_bytes: Option<u64>,
}

/// What a language.toml may override under `[compile_limits]`. Memory, processes and disk are the
/// container's and so the same for both steps.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepOverrides {
    wall_ms: Option<u64>,
    cpu_ms: Option<u64>,
    open_files: Option<u64>,
    file_bytes: Option<u64>,
    output_bytes: Option<u64>,
    stack_bytes: Option<u64>,
}

impl LimitSettings {
    /// What is wrong with the settings, as (name, problem); empty if they can be used.
    pub fn problems(&self) -> Vec<(&'static str, &'static str)> {
        const MIB: u64 = 1024 * 1024;
        const HOUR_MS: u64 = 3_600_000;
        let checks = [
            ("LIMIT_WALL_MS", self.wall_ms, 1, HOUR_MS),
            ("LIMIT_CPU_MS", self.cpu_ms, 1, 64 * HOUR_MS),
            // Docker refuses less than 6 MiB; the runner and a shell need a few of them.
            ("LIMIT_MEMORY_BYTES", self.memory_bytes, 16 * MIB, 1 << 40),
            ("LIMIT_PROCESSES", self.processes, 4, 65_536),
            ("LIMIT_OPEN_FILES", self.open_files, 16, 65_536),
            ("LIMIT_FILE_BYTES", self.file_bytes, 1, 1 << 40),
            ("LIMIT_DISK_BYTES", self.disk_bytes, MIB, 1 << 40),
            ("LIMIT_OUTPUT_BYTES", self.output_bytes, 1, MAX_OUTPUT_BYTES),
            ("LIMIT_STACK_BYTES", self.stack_bytes, MIB, 1 << 40),
            ("COMPILE_LIMIT_WALL_MS", self.compile_wall_ms, 1, HOUR_MS),
            ("COMPILE_LIMIT_CPU_MS", self.compile_cpu_ms, 1, 64 * HOUR_MS),
            ("COMPILE_LIMIT_FILE_BYTES", self.compile_file_bytes, 1, 1 << 40),
            ("COMPILE_LIMIT_OUTPUT_BYTES", self.compile_output_bytes, 1, MAX_OUTPUT_BYTES),
        ];
        checks
            .into_iter()
            .filter_map(|(name, value, least, most)| {
                if value < least {
                    Some((name, "too small to be of use"))
                } else if value > most {
                    Some((name, "larger than Airlock supports"))
                } else {
                    None
                }
            })
            .collect()
    }

    /// The limits of a language: these, with its overrides on top.
    pub fn with(&self, container: &ContainerOverrides, compile: &StepOverrides) -> Limits {
        let open_files = container.open_files.unwrap_or(self.open_files);
        let stack_bytes = container.stack_bytes.unwrap_or(self.stack_bytes);
        Limits {
            memory_bytes: container.memory_bytes.unwrap_or(self.memory_bytes),
            processes: container.processes.unwrap_or(self.processes),
            disk_bytes: container.disk_bytes.unwrap_or(self.disk_bytes),
            run: StepLimits {
                wall_ms: container.wall_ms.unwrap_or(self.wall_ms),
                cpu_ms: container.cpu_ms.unwrap_or(self.cpu_ms),
                open_files,
                file_bytes: container.file_bytes.unwrap_or(self.file_bytes),
                output_bytes: container.output_bytes.unwrap_or(self.output_bytes),
                stack_bytes,
            },
            compile: StepLimits {
                wall_ms: compile.wall_ms.unwrap_or(self.compile_wall_ms),
                cpu_ms: compile.cpu_ms.unwrap_or(self.compile_cpu_ms),
                open_files: compile.open_files.unwrap_or(open_files),
                file_bytes: compile.file_bytes.unwrap_or(self.compile_file_bytes),
                output_bytes: compile.output_bytes.unwrap_or(self.compile_output_bytes),
                stack_bytes: compile.stack_bytes.unwrap_or(stack_bytes),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::settings::{Settings, Source};

    fn settings(variables: &[(&str, &str)]) -> LimitSettings {
        let variables: HashMap<_, _> =
            variables.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        let mut source = Source::new(None, variables).unwrap();
        LimitSettings::read(&mut source).unwrap()
    }

    #[test]
    fn the_defaults_can_be_used() {
        assert_eq!(settings(&[]).problems(), []);
    }

    #[test]
    fn unusable_limits_are_named() {
        let settings = settings(&[
            ("AIRLOCK_LIMIT_MEMORY_BYTES", "4096"),
            ("AIRLOCK_LIMIT_OUTPUT_BYTES", "16777216"),
        ]);
        let names: Vec<_> = settings.problems().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["LIMIT_MEMORY_BYTES", "LIMIT_OUTPUT_BYTES"]);
    }

    #[test]
    fn a_language_overrides_only_what_it_names() {
        let container = toml::from_str("memory_bytes = 5\nopen_files = 7").unwrap();
        let compile = toml::from_str("wall_ms = 9").unwrap();
        let limits = settings(&[("AIRLOCK_LIMIT_WALL_MS", "11")]).with(&container, &compile);
        assert_eq!((limits.memory_bytes, limits.processes), (5, 64));
        assert_eq!((limits.run.wall_ms, limits.compile.wall_ms), (11, 9));
        assert_eq!((limits.run.open_files, limits.compile.open_files), (7, 7));
    }

    #[test]
    fn a_limit_that_does_not_exist_is_refused() {
        assert!(toml::from_str::<ContainerOverrides>("memory = 5").is_err());
        assert!(toml::from_str::<StepOverrides>("memory_bytes = 5").is_err());
    }
}
