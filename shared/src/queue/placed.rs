//! A placement as scripts are told of it, and as they tell of it.

use redis::ScriptInvocation;

use crate::placement::{OverParallel, Parallel, Placement, Priority};

/// Pool, priority, language, tenant; user, how many of theirs at once, what happens to one more; the
/// result's name; the slot. What there is not is empty.
pub(super) type Told = (String, String, String, String, String, String, String, String, String);

/// Tells a script.
pub(super) fn tell(call: &mut ScriptInvocation<'_>, lang: &str, placement: &Placement) {
    let parallel = placement.parallel.as_ref();
    call.arg(placement.pool.as_str())
        .arg(placement.priority.as_str())
        .arg(lang)
        .arg(placement.tenant.as_str())
        .arg(parallel.map_or("", |parallel| &parallel.user))
        .arg(parallel.map(|parallel| parallel.max.to_string()).unwrap_or_default())
        .arg(parallel.map_or("", |parallel| parallel.over.as_str()))
        .arg(placement.result_key.as_deref().unwrap_or_default())
        .arg(placement.slot.as_deref().unwrap_or_default());
}

/// What a script has told: the language, and the placement in it; nothing if no version of Airlock
/// can have said so.
pub(super) fn heard(told: Told) -> Option<(String, Placement)> {
    let (pool, priority, lang, tenant, user, max, over, result_key, slot) = told;
    let parallel = match &*max {
        "" => None,
        max => {
            Some(Parallel { user, max: max.parse().ok()?, over: OverParallel::from_word(&over)? })
        }
    };
    let placement = Placement {
        tenant: tenant.parse().ok()?,
        pool: pool.parse().ok()?,
        priority: Priority::from_word(&priority)?,
        parallel,
        result_key: Some(result_key).filter(|key| !key.is_empty()),
        slot: Some(slot).filter(|slot| !slot.is_empty()),
    };
    Some((lang, placement))
}
