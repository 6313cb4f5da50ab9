//! Deciding when a step has had enough.

use std::time::Duration;

use runner::protocol::{StepLimits, StopReason};

/// Refusals after which a step is taken for a bomb.
///
/// A program that is short of processes gives up, or waits and tries again, after a handful. Only
/// one that forks as fast as it can is refused a thousand times.
const PROCESS_LIMIT_HITS: u64 = 1000;

/// The shortest time between two looks at the usage: less would cost the program CPU time.
const SHORTEST_LOOK: Duration = Duration::from_millis(5);

/// The longest: memory kills and fork bombs are noticed by looking, too.
const LONGEST_LOOK: Duration = Duration::from_millis(100);

/// What a step has used so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Usage {
    pub(crate) wall: Duration,
    pub(crate) cpu: Duration,
    pub(crate) memory_bytes: u64,
    pub(crate) oom_kills: u64,
    pub(crate) process_limit_hits: u64,
    /// Either stream went past its limit.
    pub(crate) output_passed: bool,
}

/// The limit that this usage passes. Of several, the one that best explains the others.
pub(crate) fn passed(usage: &Usage, limits: &StepLimits) -> Option<StopReason> {
    if usage.oom_kills > 0 {
        Some(StopReason::Memory)
    } else if usage.process_limit_hits >= PROCESS_LIMIT_HITS {
        Some(StopReason::Processes)
    } else if usage.output_passed {
        Some(StopReason::Output)
    } else if usage.wall >= Duration::from_millis(limits.wall_ms) {
        Some(StopReason::WallTime)
    } else if usage.cpu >= Duration::from_millis(limits.cpu_ms) {
        Some(StopReason::CpuTime)
    } else {
        None
    }
}

/// How long the step may go on unwatched. `cpus`: how many the step can burn at once.
pub(crate) fn next_look(usage: &Usage, limits: &StepLimits, cpus: u32) -> Duration {
    let wall_left = Duration::from_millis(limits.wall_ms).saturating_sub(usage.wall);
    let cpu_left = Duration::from_millis(limits.cpu_ms).saturating_sub(usage.cpu);
    let cpu_lasts = (cpu_left / cpus.max(1)).clamp(SHORTEST_LOOK, LONGEST_LOOK);
    cpu_lasts.min(wall_left)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: StepLimits = StepLimits {
        wall_ms: 1000,
        cpu_ms: 500,
        output_bytes: 0,
        open_files: 0,
        file_bytes: 0,
        stack_bytes: 0,
    };
    const NONE: Usage = Usage {
        wall: Duration::ZERO,
        cpu: Duration::ZERO,
        memory_bytes: 0,
        oom_kills: 0,
        process_limit_hits: 0,
        output_passed: false,
    };

    #[test]
    fn every_limit_is_named_by_what_passed_it() {
        let ms = Duration::from_millis;
        let cases = [
            (NONE, None),
            (Usage { wall: ms(999), cpu: ms(499), process_limit_hits: 999, ..NONE }, None),
            (Usage { wall: ms(1000), ..NONE }, Some(StopReason::WallTime)),
            (Usage { cpu: ms(500), ..NONE }, Some(StopReason::CpuTime)),
            (Usage { wall: ms(1000), cpu: ms(500), ..NONE }, Some(StopReason::WallTime)),
            (Usage { output_passed: true, ..NONE }, Some(StopReason::Output)),
            (Usage { process_limit_hits: 1000, ..NONE }, Some(StopReason::Processes)),
            (Usage { oom_kills: 1, wall: ms(1000), ..NONE }, Some(StopReason::Memory)),
        ];
        for (usage, expected) in cases {
            assert_eq!(passed(&usage, &LIMITS), expected, "{usage:?}");
        }
    }

    #[test]
    fn looks_come_closer_together_as_a_limit_comes_near() {
        let ms = Duration::from_millis;
        let look =
            |wall, cpu| next_look(&Usage { wall: ms(wall), cpu: ms(cpu), ..NONE }, &LIMITS, 4);
        assert_eq!(look(0, 0), LONGEST_LOOK);
        assert_eq!(look(0, 420), ms(20));
        assert_eq!(look(0, 499), SHORTEST_LOOK);
        assert_eq!(look(998, 499), ms(2));
        assert_eq!(look(1000, 0), Duration::ZERO);
    }
}
