//! What an organisation and a user may use, and what comes of both. Pure.
//!
//! Most of it is *nearest wins*: what the user's policy names holds, else what the organisation's
//! names, else what the settings have; and never more than the settings' ceiling. What is counted over
//! time or many submissions is a *quota*, and holds at each level by itself: the organisation's for all
//! of its users together, the user's for the user.

use serde::{Deserialize, Serialize};

use crate::limits::{
    CeilingSettings, Ceilings, LEAST_CPU_MILLIS, Level, LimitOverrides, OutOfRange,
};
use crate::placement::{OverParallel, PoolName, Priority, UserName};

/// The least that a result is kept, in seconds: whoever waits for it must be able to read it.
const LEAST_RETENTION_SECONDS: u64 = 60;

/// The most that a result is kept, in seconds: a hundred years.
const MOST_RETENTION_SECONDS: u64 = 100 * 365 * 24 * 3600;

/// The most that a count may be: more is a mistake.
const MOST_COUNTED: u64 = 1_000_000_000;

/// The most languages or pools that a policy names.
const MAX_NAMES: usize = 256;

/// What may be used, where it is not as usual. What is not named is as the next level has it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Policy {
    /// Limits of the run step: what a submission gets that asks for nothing, and the most that it
    /// may ask for.
    pub limits: LimitOverrides,
    /// The same of the compile step.
    pub compile_limits: LimitOverrides,
    /// Wall time of a submission's tests together, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_wall_ms: Option<u64>,
    /// CPU of a sandbox, in thousandths of one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_millis: Option<u64>,
    /// Whether programs have a network, where workers have one to give.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network: Option<bool>,
    /// The languages that may be used, by their names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub languages: Option<Vec<String>>,
    /// The pools that may be used; the first is that of a submission that names none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pools: Option<Vec<PoolName>>,
    /// The highest priority that may be asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
    /// Submissions of a user that run at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_parallel: Option<u32>,
    /// What happens to one more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub over_parallel: Option<OverParallel>,
    /// Quota: submissions that wait.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_queued: Option<u64>,
    /// Quota: requests within a minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requests_per_minute: Option<u32>,
    /// Quota: submissions within a day (UTC).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub executions_per_day: Option<u64>,
    /// How long a finished submission is kept, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retention_seconds: Option<u64>,
    /// The container runtime, as the Docker engine knows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runtime: Option<String>,
    /// Whether an earlier result will do for a submission that does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache: Option<bool>,
}

/// What the settings have to say about policies.
#[derive(Debug, Clone)]
pub struct SystemPolicy {
    /// The ceilings.
    pub ceilings: CeilingSettings,
    /// Whether a policy may give programs a network.
    pub network: bool,
    /// How long a finished submission is kept at most, in seconds. `None`: for ever.
    pub retention_seconds: Option<u64>,
    /// The container runtimes that a policy may name.
    pub runtimes: Vec<String>,
    /// Submissions of a user that run at once where no policy says; 0: any number.
    pub max_parallel: u32,
    /// What happens to one more where no policy says.
    pub over_parallel: OverParallel,
}

/// On whose account a submission is executed, and what that allows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Account {
    /// The user; the organisation is the submission's tenant.
    pub user: UserName,
    /// What was allowed when it was taken in.
    #[serde(default)]
    pub allowance: Allowance,
}

/// What a submission may use, as its account had it when it was taken in. It travels with it, so that
/// whoever executes it applies just that.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Allowance {
    /// Limits of the run step: in place of the language's, and the most.
    pub limits: LimitOverrides,
    /// Limits of the compile step.
    pub compile_limits: LimitOverrides,
    /// Wall time of all tests together, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_wall_ms: Option<u64>,
    /// CPU of the sandbox, in thousandths of one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_millis: Option<u64>,
    /// Whether its program has a network.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub network: bool,
    /// How long it is kept once it is finished, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retention_seconds: Option<u64>,
    /// The container runtime.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runtime: Option<String>,
}

/// What comes of the system's, an organisation's and a user's word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effective {
    /// The most that may be asked for, in the run step.
    pub run: Ceilings,
    /// The most that may be asked for, in the compile step.
    pub compile: Ceilings,
    /// What travels with a submission.
    pub allowance: Allowance,
    /// The languages that may be used, if not all.
    languages: Option<(Vec<String>, Level)>,
    /// The pools that may be used, if not all.
    pools: Option<(Vec<PoolName>, Level)>,
    /// The highest priority.
    priority: (Priority, Level),
    /// How many of the user's may run at once (0: any number), and what happens to one more.
    pub parallel: (u32, OverParallel),
    /// Whether an earlier result will do for a submission that does not say.
    pub cache: bool,
}

/// Something that an account does not allow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} is not allowed here: it is not within {whose}")]
pub struct NotAllowed {
    /// What was asked for.
    pub what: String,
    /// Whose word that is.
    pub whose: Level,
}

/// What a user of an organisation may use.
pub fn effective(system: &SystemPolicy, organisation: &Policy, user: &Policy) -> Effective {
    let SystemPolicy { ceilings, network, retention_seconds, runtimes, .. } = system;
    let lowered = |most: u64, own: fn(&Policy) -> Option<u64>| {
        let own = own(user).or(own(organisation));
        own.map(|own| own.min(most))
    };
    let limits =
        |own: fn(&Policy) -> LimitOverrides| own(user).or(&own(organisation)).clamped(ceilings);
    let runtime = user.runtime.clone().or(organisation.runtime.clone());
    let max_parallel = user.max_parallel.or(organisation.max_parallel);
    let over_parallel = user.over_parallel.or(organisation.over_parallel);
    Effective {
        run: Ceilings::of(ceilings, &organisation.limits, &user.limits),
        compile: Ceilings::of(ceilings, &organisation.compile_limits, &user.compile_limits),
        allowance: Allowance {
            limits: limits(|policy| policy.limits),
            compile_limits: limits(|policy| policy.compile_limits),
            total_wall_ms: lowered(ceilings.total_wall_ms, |policy| policy.total_wall_ms),
            cpu_millis: lowered(ceilings.cpu_millis, |policy| policy.cpu_millis),
            network: *network && user.network.or(organisation.network).unwrap_or(false),
            retention_seconds: lowered(retention_seconds.unwrap_or(u64::MAX), |policy| {
                policy.retention_seconds
            }),
            // One that the settings do not name any more is not used any more.
            runtime: runtime.filter(|runtime| runtimes.contains(runtime)),
        },
        languages: named(&organisation.languages, &user.languages),
        pools: named(&organisation.pools, &user.pools),
        priority: priority(organisation.priority, user.priority),
        parallel: (
            max_parallel.unwrap_or(system.max_parallel),
            over_parallel.unwrap_or(system.over_parallel),
        ),
        cache: user.cache.or(organisation.cache).unwrap_or(false),
    }
}

fn named<T: Clone>(
    organisation: &Option<Vec<T>>,
    user: &Option<Vec<T>>,
) -> Option<(Vec<T>, Level)> {
    let user = user.clone().map(|names| (names, Level::User));
    user.or_else(|| organisation.clone().map(|names| (names, Level::Organisation)))
}

/// The highest priority; the system has none that is too high.
fn priority(organisation: Option<Priority>, user: Option<Priority>) -> (Priority, Level) {
    let user = user.map(|highest| (highest, Level::User));
    let organisation = organisation.map(|highest| (highest, Level::Organisation));
    user.or(organisation).unwrap_or((Priority::High, Level::System))
}

impl Effective {
    /// Whether a language may be used.
    pub fn check_language(&self, name: &str) -> Result<(), NotAllowed> {
        match &self.languages {
            Some((names, whose)) if !names.iter().any(|allowed| allowed == name) => {
                Err(NotAllowed { what: format!("the language `{name}`"), whose: *whose })
            }
            _ => Ok(()),
        }
    }

    /// The pool that was asked for, or the account's own.
    pub fn pool(&self, asked: Option<PoolName>) -> Result<PoolName, NotAllowed> {
        match (&self.pools, asked) {
            (None, asked) => Ok(asked.unwrap_or_default()),
            (Some((names, _)), None) => Ok(names.first().cloned().unwrap_or_default()),
            (Some((names, _)), Some(pool)) if names.contains(&pool) => Ok(pool),
            (Some((_, whose)), Some(pool)) => {
                Err(NotAllowed { what: format!("the pool `{pool}`"), whose: *whose })
            }
        }
    }

    /// The priority that was asked for, or the usual one if that may be had.
    pub fn priority(&self, asked: Option<Priority>) -> Result<Priority, NotAllowed> {
        let (highest, whose) = self.priority;
        match asked {
            None => Ok(Priority::default().max(highest)),
            Some(asked) if asked >= highest => Ok(asked),
            Some(asked) => {
                let what = format!("the priority `{}`", asked.as_str());
                Err(NotAllowed { what, whose })
            }
        }
    }
}

impl Policy {
    /// What of it cannot be had here, one text each; empty if all can.
    pub fn problems(&self, system: &SystemPolicy) -> Vec<String> {
        let ceilings =
            Ceilings::of(&system.ceilings, &LimitOverrides::default(), &LimitOverrides::default());
        let within = |field: &'static str, limits: &LimitOverrides| {
            let out = limits.out_of_range(&ceilings).into_iter();
            out.map(move |problem| format!("`{field}.{}` {problem}", problem.limit))
        };
        let kept = system.retention_seconds.unwrap_or(u64::MAX).min(MOST_RETENTION_SECONDS);
        let numbers = [
            ("totalWallMs", self.total_wall_ms, 1, system.ceilings.total_wall_ms),
            ("cpuMillis", self.cpu_millis, LEAST_CPU_MILLIS, system.ceilings.cpu_millis),
            ("maxParallel", self.max_parallel.map(u64::from), 1, MOST_COUNTED),
            ("maxQueued", self.max_queued, 1, MOST_COUNTED),
            ("requestsPerMinute", self.requests_per_minute.map(u64::from), 1, MOST_COUNTED),
            ("executionsPerDay", self.executions_per_day, 1, MOST_COUNTED),
            ("retentionSeconds", self.retention_seconds, LEAST_RETENTION_SECONDS.min(kept), kept),
        ];
        let numbers = numbers.into_iter().filter_map(|(limit, value, least, most)| {
            let out = OutOfRange { limit, least, most, whose: Level::System };
            (!(least..=most).contains(&value?)).then(|| format!("`{limit}` {out}"))
        });
        let mut problems: Vec<String> = within("limits", &self.limits)
            .chain(within("compileLimits", &self.compile_limits))
            .chain(numbers)
            .collect();
        if self.compile_limits.disk_bytes.is_some() {
            problems.push("`compileLimits.diskBytes`: use `limits.diskBytes`".to_owned());
        }
        for (field, names) in [
            ("languages", self.languages.as_ref().map(Vec::len)),
            ("pools", self.pools.as_ref().map(Vec::len)),
        ] {
            if names.is_some_and(|names| !(1..=MAX_NAMES).contains(&names)) {
                problems.push(format!("`{field}` must have 1 to {MAX_NAMES} entries"));
            }
        }
        if self.network == Some(true) && !system.network {
            problems.push("`network`: the settings let nobody have one".to_owned());
        }
        if self.runtime.as_ref().is_some_and(|runtime| !system.runtimes.contains(runtime)) {
            problems.push("`runtime` is none of those that the settings name".to_owned());
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use rstest::rstest;
    use serde_json::{Value, json};

    use super::*;
    use crate::settings::{Settings, Source};

    const MIB: u64 = 1 << 20;

    fn system() -> SystemPolicy {
        let ceilings =
            CeilingSettings::read(&mut Source::new(None, HashMap::new()).unwrap()).unwrap();
        SystemPolicy {
            ceilings,
            network: true,
            retention_seconds: Some(3600),
            runtimes: vec!["runsc".to_owned()],
            max_parallel: 2,
            over_parallel: OverParallel::Queue,
        }
    }

    fn policy(fields: Value) -> Policy {
        serde_json::from_value(fields).unwrap()
    }

    fn memory(mebibytes: Option<u64>) -> Policy {
        let memory_bytes = mebibytes.map(|mebibytes| mebibytes * MIB);
        let limits = LimitOverrides { memory_bytes, ..LimitOverrides::default() };
        Policy { limits, compile_limits: limits, ..Policy::default() }
    }

    /// System ceiling (1024 MiB) × organisation × user × request: what a submission gets that asks
    /// for nothing, and whose ceiling a request is told that asks for too much.
    #[rstest]
    #[case::nobody_says(None, None, 1024, None, None)]
    #[case::too_much_for_the_system(None, None, 1025, None, Some(Level::System))]
    #[case::the_organisation_says(Some(128), None, 128, Some(128), None)]
    #[case::too_much_for_it(Some(128), None, 129, Some(128), Some(Level::Organisation))]
    #[case::the_user_s_is_nearer(Some(128), Some(64), 64, Some(64), None)]
    #[case::too_much_for_the_user(Some(128), Some(64), 65, Some(64), Some(Level::User))]
    #[case::nearer_and_more(Some(128), Some(256), 256, Some(256), None)]
    #[case::more_than_that(Some(128), Some(256), 257, Some(256), Some(Level::User))]
    #[case::the_user_alone(None, Some(64), 65, Some(64), Some(Level::User))]
    #[case::nobody_is_above_the_system(None, Some(2048), 1025, Some(1024), Some(Level::System))]
    #[case::nor_the_organisation(Some(2048), None, 1024, Some(1024), None)]
    #[case::the_user_s_hides_the_organisation_s(Some(1), Some(2048), 1024, Some(1024), None)]
    fn the_nearest_wins_and_none_is_above_the_system(
        #[case] organisation: Option<u64>,
        #[case] user: Option<u64>,
        #[case] asked: u64,
        #[case] given: Option<u64>,
        #[case] refused_by: Option<Level>,
    ) {
        let effective = effective(&system(), &memory(organisation), &memory(user));
        let given = given.map(|mebibytes| mebibytes * MIB);
        assert_eq!(effective.allowance.limits.memory_bytes, given);
        assert_eq!(effective.allowance.compile_limits.memory_bytes, given);
        for ceilings in [effective.run, effective.compile] {
            let refused = memory(Some(asked)).limits.out_of_range(&ceilings);
            assert_eq!(refused.first().map(|problem| problem.whose), refused_by);
        }
    }

    type Read = fn(&Effective) -> Value;

    /// The same of everything else: (organisation, user) → what holds.
    #[rstest]
    #[case(json!({}), json!({}), |e: &Effective| json!(e.allowance), json!({"limits": {}, "compileLimits": {}}))]
    #[case(json!({"cpuMillis": 1000}), json!({}), |e: &Effective| json!(e.allowance.cpu_millis), json!(1000))]
    #[case(
        json!({"cpuMillis": 1000}), json!({"cpuMillis": 500}),
        |e: &Effective| json!(e.allowance.cpu_millis), json!(500)
    )]
    #[case(json!({}), json!({"cpuMillis": 9000}), |e: &Effective| json!(e.allowance.cpu_millis), json!(4000))]
    #[case(
        json!({"totalWallMs": 5}), json!({"totalWallMs": 7}),
        |e: &Effective| json!(e.allowance.total_wall_ms), json!(7)
    )]
    #[case(
        json!({"retentionSeconds": 60}), json!({}),
        |e: &Effective| json!(e.allowance.retention_seconds), json!(60)
    )]
    #[case(
        json!({"retentionSeconds": 9999}), json!({}),
        |e: &Effective| json!(e.allowance.retention_seconds), json!(3600)
    )]
    #[case(json!({"runtime": "runsc"}), json!({}), |e: &Effective| json!(e.allowance.runtime), json!("runsc"))]
    #[case(json!({"runtime": "gone"}), json!({}), |e: &Effective| json!(e.allowance.runtime), json!(null))]
    #[case(json!({}), json!({}), |e: &Effective| json!(e.allowance.network), json!(false))]
    #[case(
        json!({"network": true}), json!({}),
        |e: &Effective| json!(e.allowance.network), json!(true)
    )]
    #[case(
        json!({"network": true}), json!({"network": false}),
        |e: &Effective| json!(e.allowance.network), json!(false)
    )]
    #[case(json!({}), json!({}), |e: &Effective| json!(e.parallel), json!([2, "queue"]))]
    #[case(
        json!({"maxParallel": 5, "overParallel": "reject"}), json!({"maxParallel": 1}),
        |e: &Effective| json!(e.parallel), json!([1, "reject"])
    )]
    #[case(
        json!({}), json!({"overParallel": "cancelOldest"}),
        |e: &Effective| json!(e.parallel), json!([2, "cancelOldest"])
    )]
    #[case(json!({}), json!({}), |e: &Effective| json!(e.cache), json!(false))]
    #[case(json!({"cache": true}), json!({}), |e: &Effective| json!(e.cache), json!(true))]
    #[case(json!({"cache": true}), json!({"cache": false}), |e: &Effective| json!(e.cache), json!(false))]
    #[case(json!({}), json!({}), |e: &Effective| json!(e.pool(None).ok()), json!("default"))]
    #[case(json!({"pools": ["a", "b"]}), json!({}), |e: &Effective| json!(e.pool(None).ok()), json!("a"))]
    #[case(
        json!({"pools": ["a"]}), json!({"pools": ["b"]}),
        |e: &Effective| json!(e.pool(Some("a".parse().unwrap())).ok()), json!(null)
    )]
    #[case(json!({}), json!({}), |e: &Effective| json!(e.priority(None).ok()), json!("normal"))]
    #[case(json!({"priority": "low"}), json!({}), |e: &Effective| json!(e.priority(None).ok()), json!("low"))]
    #[case(
        json!({"priority": "low"}), json!({"priority": "high"}),
        |e: &Effective| json!(e.priority(None).ok()), json!("normal")
    )]
    #[case(
        json!({"priority": "normal"}), json!({}),
        |e: &Effective| json!(e.priority(Some(Priority::High)).ok()), json!(null)
    )]
    #[case(
        json!({"priority": "normal"}), json!({}),
        |e: &Effective| json!(e.priority(Some(Priority::Low)).ok()), json!("low")
    )]
    #[case(json!({"languages": ["c"]}), json!({}), |e: &Effective| json!(e.check_language("c").is_ok()), json!(true))]
    #[case(
        json!({"languages": ["c"]}), json!({"languages": ["python"]}),
        |e: &Effective| json!(e.check_language("c").is_ok()), json!(false)
    )]
    fn what_is_nearest_holds(
        #[case] organisation: Value,
        #[case] user: Value,
        #[case] read: Read,
        #[case] expected: Value,
    ) {
        let effective = effective(&system(), &policy(organisation), &policy(user));
        assert_eq!(read(&effective), expected);
    }

    #[test]
    fn nobody_has_a_network_where_the_settings_let_nobody() {
        let system = SystemPolicy { network: false, ..system() };
        let wanted = policy(json!({"network": true}));
        assert!(!effective(&system, &wanted, &wanted).allowance.network);
        assert_eq!(wanted.problems(&system).len(), 1);
        assert_eq!(policy(json!({"network": false})).problems(&system), Vec::<String>::new());
    }

    #[test]
    fn whoever_is_refused_is_told_by_whom() {
        let organisation = policy(json!({"languages": ["c"], "pools": ["a"], "priority": "low"}));
        let effective = effective(&system(), &organisation, &policy(json!({"pools": ["b"]})));
        let language = effective.check_language("python").unwrap_err().to_string();
        assert!(language.contains("`python`") && language.contains("organisation's"), "{language}");
        let pool = effective.pool(Some("a".parse().unwrap())).unwrap_err().to_string();
        assert!(pool.contains("the pool `a`") && pool.contains("user's"), "{pool}");
        assert!(effective.priority(Some(Priority::High)).is_err());
    }

    #[rstest]
    #[case::nothing(json!({}), None)]
    #[case::all(
        json!({
            "limits": {"memory_bytes": 64 << 20}, "compileLimits": {"wall_ms": 1},
            "totalWallMs": 1, "cpuMillis": 10, "network": true, "languages": ["c"], "pools": ["a"],
            "priority": "low", "maxParallel": 1, "overParallel": "cancelOldest", "maxQueued": 1,
            "requestsPerMinute": 1, "executionsPerDay": 1, "retentionSeconds": 60,
            "runtime": "runsc", "cache": true,
        }),
        None
    )]
    #[case(json!({"limits": {"memory_bytes": 2_u64 << 30}}), Some("`limits.memoryBytes` must be"))]
    #[case(json!({"compileLimits": {"wall_ms": 0}}), Some("`compileLimits.wallMs` must be"))]
    #[case(json!({"compileLimits": {"disk_bytes": 1 << 20}}), Some("`compileLimits.diskBytes`: use"))]
    #[case(json!({"cpuMillis": 4001}), Some("`cpuMillis` must be between 10 and 4000, which is the"))]
    #[case(json!({"cpuMillis": 9}), Some("`cpuMillis` must be between 10 and 4000"))]
    #[case(json!({"maxParallel": 0}), Some("`maxParallel` must be"))]
    #[case(json!({"retentionSeconds": 59}), Some("`retentionSeconds` must be between 60 and 3600"))]
    #[case(json!({"languages": []}), Some("`languages` must have"))]
    #[case(json!({"pools": []}), Some("`pools` must have"))]
    #[case(json!({"runtime": "runc"}), Some("`runtime` is none"))]
    fn what_cannot_be_had_is_named(#[case] fields: Value, #[case] says: Option<&str>) {
        let problems = policy(fields).problems(&system());
        match says {
            None => assert_eq!(problems, Vec::<String>::new()),
            Some(says) => assert!(problems.join("; ").contains(says), "{problems:?}"),
        }
    }
}
