//! Arguments and environment variables: what `execve` can take, and far less than it could.

use std::collections::BTreeMap;

use super::{refuse, shortened};
use crate::error::ApiError;

/// The most arguments of one step.
const MAX_ARGS: usize = 256;

/// The most environment variables.
const MAX_VARIABLES: usize = 128;

/// The longest name of a variable, in bytes.
const MAX_NAME_BYTES: usize = 128;

/// The most that the arguments of one step have together, and the environment too. Linux takes
/// 128 KiB for one argument, and 2 MiB for all.
const MAX_TOTAL_BYTES: usize = 64 * 1024;

/// The arguments of one step.
pub(super) fn parse(field: &str, args: Vec<String>) -> Result<Vec<String>, ApiError> {
    if args.len() > MAX_ARGS {
        return refuse(format!("`{field}` has more than {MAX_ARGS} entries"));
    }
    if let Some(index) = args.iter().position(|arg| arg.contains('\0')) {
        return refuse(format!("`{field}[{index}]` has a NUL character"));
    }
    if args.iter().map(String::len).sum::<usize>() > MAX_TOTAL_BYTES {
        return refuse(format!("`{field}` has more than {MAX_TOTAL_BYTES} bytes together"));
    }
    Ok(args)
}

/// The program's environment.
pub(super) fn parse_env(
    env: BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, ApiError> {
    if env.len() > MAX_VARIABLES {
        return refuse(format!("`env` has more than {MAX_VARIABLES} entries"));
    }
    for (name, value) in &env {
        if !is_variable_name(name) {
            return refuse(format!(
                "`env`: `{}` cannot be a name: letters, digits and `_`, no digit first, \
                 at most {MAX_NAME_BYTES}",
                shortened(name)
            ));
        }
        if value.contains('\0') {
            return refuse(format!("`env.{name}` has a NUL character"));
        }
    }
    let bytes = |(name, value): (&String, &String)| name.len() + value.len();
    if env.iter().map(bytes).sum::<usize>() > MAX_TOTAL_BYTES {
        return refuse(format!("`env` has more than {MAX_TOTAL_BYTES} bytes together"));
    }
    Ok(env)
}

fn is_variable_name(name: &str) -> bool {
    name.len() <= MAX_NAME_BYTES
        && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
