//! Policies as they are sent and shown, and how a part of one is changed.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use shared::accounts::Policy;
use shared::accounts::policy::SystemPolicy;
use shared::placement::{OverParallel, PoolName};
use utoipa::ToSchema;

use crate::error::ApiError;
use crate::request::{LimitsBody, PriorityBody};

/// What may be used. What is left out is as the next level has it: the organisation, or the settings.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct PolicyBody {
    /// Limits of the run step: what a submission gets that asks for nothing, and the most that it may
    /// ask for.
    #[serde(skip_serializing_if = "Option::is_none")]
    limits: Option<LimitsBody>,
    /// The same of the compile step.
    #[serde(skip_serializing_if = "Option::is_none")]
    compile_limits: Option<LimitsBody>,
    /// Wall time of a submission's tests together, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    total_wall_ms: Option<u64>,
    /// CPU of a sandbox, in thousandths of one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 500)]
    cpu_millis: Option<u64>,
    /// Whether programs have a network, where the settings let anybody have one.
    #[serde(skip_serializing_if = "Option::is_none")]
    network: Option<bool>,
    /// The languages that may be used, by their names.
    #[serde(skip_serializing_if = "Option::is_none")]
    languages: Option<Vec<String>>,
    /// The pools that may be used; the first is that of a submission that names none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pools: Option<Vec<String>>,
    /// The highest priority that may be asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    priority: Option<PriorityBody>,
    /// Submissions of a user that run at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 2)]
    max_parallel: Option<u32>,
    /// What happens to one more.
    #[serde(skip_serializing_if = "Option::is_none")]
    over_parallel: Option<OverParallelBody>,
    /// Submissions that wait: of an organisation together, or of a user.
    #[serde(skip_serializing_if = "Option::is_none")]
    max_queued: Option<u64>,
    /// Requests within a minute: of an organisation together, or of a user.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 600)]
    requests_per_minute: Option<u32>,
    /// Submissions within a day (UTC): of an organisation together, or of a user.
    #[serde(skip_serializing_if = "Option::is_none")]
    executions_per_day: Option<u64>,
    /// How long a finished submission is kept, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    retention_seconds: Option<u64>,
    /// The container runtime, one of those that the settings name.
    #[serde(skip_serializing_if = "Option::is_none")]
    runtime: Option<String>,
    /// Whether an earlier result will do for a submission that does not say so itself with `cache`.
    #[serde(skip_serializing_if = "Option::is_none")]
    cache: Option<bool>,
}

/// What happens to a submission whose user has as many running as they may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
enum OverParallelBody {
    /// It waits.
    Queue,
    /// It is refused.
    Reject,
    /// The oldest of them is cancelled for it.
    CancelOldest,
}

impl From<OverParallelBody> for OverParallel {
    fn from(over: OverParallelBody) -> Self {
        match over {
            OverParallelBody::Queue => Self::Queue,
            OverParallelBody::Reject => Self::Reject,
            OverParallelBody::CancelOldest => Self::CancelOldest,
        }
    }
}

impl From<OverParallel> for OverParallelBody {
    fn from(over: OverParallel) -> Self {
        match over {
            OverParallel::Queue => Self::Queue,
            OverParallel::Reject => Self::Reject,
            OverParallel::CancelOldest => Self::CancelOldest,
        }
    }
}

impl From<&Policy> for PolicyBody {
    fn from(policy: &Policy) -> Self {
        Self {
            limits: LimitsBody::asked(&policy.limits),
            compile_limits: LimitsBody::asked(&policy.compile_limits),
            total_wall_ms: policy.total_wall_ms,
            cpu_millis: policy.cpu_millis,
            network: policy.network,
            languages: policy.languages.clone(),
            pools: policy
                .pools
                .as_ref()
                .map(|pools| pools.iter().map(PoolName::to_string).collect()),
            priority: policy.priority.map(PriorityBody::from),
            max_parallel: policy.max_parallel,
            over_parallel: policy.over_parallel.map(OverParallelBody::from),
            max_queued: policy.max_queued,
            requests_per_minute: policy.requests_per_minute,
            executions_per_day: policy.executions_per_day,
            retention_seconds: policy.retention_seconds,
            runtime: policy.runtime.clone(),
            cache: policy.cache,
        }
    }
}

impl PolicyBody {
    /// The policy, if it can be had here.
    pub(crate) fn parse(self, system: &SystemPolicy) -> Result<Policy, ApiError> {
        let pools = self
            .pools
            .map(|pools| pools.into_iter().map(PoolName::try_from).collect::<Result<Vec<_>, _>>());
        let pools = pools
            .transpose()
            .map_err(|error| ApiError::InvalidField(format!("`policy.pools`: {error}")))?;
        let policy = Policy {
            limits: self.limits.unwrap_or_default().into(),
            compile_limits: self.compile_limits.unwrap_or_default().into(),
            total_wall_ms: self.total_wall_ms,
            cpu_millis: self.cpu_millis,
            network: self.network,
            languages: self.languages,
            pools,
            priority: self.priority.map(Into::into),
            max_parallel: self.max_parallel,
            over_parallel: self.over_parallel.map(Into::into),
            max_queued: self.max_queued,
            requests_per_minute: self.requests_per_minute,
            executions_per_day: self.executions_per_day,
            retention_seconds: self.retention_seconds,
            runtime: self.runtime,
            cache: self.cache,
        };
        match &policy.problems(system)[..] {
            [] => Ok(policy),
            problems => {
                Err(ApiError::LimitOutOfRange(format!("`policy`: {}", problems.join("; "))))
            }
        }
    }
}

/// A policy after a change (JSON Merge Patch, RFC 7396): what is null is as the next level has it from
/// now on, and what is left out stays.
pub(crate) fn patched(
    policy: &Policy,
    patch: Value,
    system: &SystemPolicy,
) -> Result<Policy, ApiError> {
    if !patch.is_object() {
        return Err(ApiError::InvalidField("`policy` must be an object".to_owned()));
    }
    let mut value =
        serde_json::to_value(PolicyBody::from(policy)).map_err(|_| ApiError::Internal)?;
    merge(&mut value, patch);
    let body: PolicyBody = serde_json::from_value(value)
        .map_err(|error| ApiError::InvalidField(format!("`policy`: {error}")))?;
    body.parse(system)
}

fn merge(target: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Default::default());
    }
    let Some(target) = target.as_object_mut() else { return };
    for (name, change) in patch {
        match change {
            Value::Null => {
                target.remove(&name);
            }
            change => merge(target.entry(name).or_insert(Value::Null), change),
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;
    use shared::settings::{Settings, Source};

    use super::*;

    fn system() -> SystemPolicy {
        SystemPolicy {
            ceilings: Settings::read(&mut Source::new(None, Default::default()).unwrap()).unwrap(),
            network: false,
            retention_seconds: None,
            runtimes: vec!["runsc".to_owned()],
            max_parallel: 2,
            over_parallel: OverParallel::Queue,
        }
    }

    fn change(before: Value, patch: Value) -> Result<Value, String> {
        let before: PolicyBody = serde_json::from_value(before).unwrap();
        let before = before.parse(&system()).unwrap();
        let after = patched(&before, patch, &system()).map_err(|error| error.to_string())?;
        Ok(serde_json::to_value(PolicyBody::from(&after)).unwrap())
    }

    #[rstest]
    #[case::nothing(json!({"cpuMillis": 1000}), json!({}), json!({"cpuMillis": 1000}))]
    #[case::one(json!({"cpuMillis": 1000}), json!({"cpuMillis": 500}), json!({"cpuMillis": 500}))]
    #[case::no_more(json!({"cpuMillis": 1000}), json!({"cpuMillis": null}), json!({}))]
    #[case::a_part_of_a_part(
        json!({"limits": {"wallMs": 5, "cpuMs": 6}}),
        json!({"limits": {"wallMs": null, "processes": 7}}),
        json!({"limits": {"cpuMs": 6, "processes": 7}})
    )]
    #[case::a_list_as_a_whole(
        json!({"languages": ["c", "python"]}), json!({"languages": ["c"]}), json!({"languages": ["c"]})
    )]
    #[case::all(
        json!({}),
        json!({
            "limits": {"memoryBytes": 64 << 20}, "compileLimits": {"wallMs": 1}, "totalWallMs": 1,
            "cpuMillis": 10, "languages": ["c"], "pools": ["a"], "priority": "low",
            "maxParallel": 1, "overParallel": "cancelOldest", "maxQueued": 1,
            "requestsPerMinute": 1, "executionsPerDay": 1, "retentionSeconds": 60,
            "runtime": "runsc", "cache": true,
        }),
        json!({
            "limits": {"memoryBytes": 64 << 20}, "compileLimits": {"wallMs": 1}, "totalWallMs": 1,
            "cpuMillis": 10, "languages": ["c"], "pools": ["a"], "priority": "low",
            "maxParallel": 1, "overParallel": "cancelOldest", "maxQueued": 1,
            "requestsPerMinute": 1, "executionsPerDay": 1, "retentionSeconds": 60,
            "runtime": "runsc", "cache": true,
        })
    )]
    fn only_what_is_named_changes(
        #[case] before: Value,
        #[case] patch: Value,
        #[case] after: Value,
    ) {
        assert_eq!(change(before, patch), Ok(after));
    }

    #[rstest]
    #[case::unknown(json!({"memory": 1}), "unknown field `memory`")]
    #[case::not_a_policy(json!(5), "`policy` must be an object")]
    #[case::above(json!({"limits": {"memoryBytes": 2_u64 << 30}}), "`limits.memoryBytes` must be")]
    #[case::no_pool(json!({"pools": ["a b"]}), "`policy.pools`: a name is")]
    #[case::no_priority(json!({"priority": "urgent"}), "unknown variant `urgent`")]
    fn what_cannot_be_is_refused(#[case] patch: Value, #[case] says: &str) {
        let problem = change(json!({}), patch).unwrap_err();
        assert!(problem.contains(says), "{problem}");
    }
}
