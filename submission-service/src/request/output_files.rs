//! Patterns of the files that a client wants back.

use glob::Pattern;

use super::refuse;
use crate::error::ApiError;

/// The most patterns.
const MAX_PATTERNS: usize = 32;

/// The longest pattern, in bytes: as long as the longest path.
const MAX_PATTERN_BYTES: usize = 512;

/// The patterns, each of which could match a file of the work directory.
pub(super) fn parse(patterns: Vec<String>) -> Result<Vec<String>, ApiError> {
    if patterns.len() > MAX_PATTERNS {
        return refuse(format!("`outputFiles` has more than {MAX_PATTERNS} entries"));
    }
    for (index, pattern) in patterns.iter().enumerate() {
        if let Err(why) = check(pattern) {
            return refuse(format!("`outputFiles[{index}]` cannot be used: {why}"));
        }
    }
    Ok(patterns)
}

/// Each part must be a pattern of its own, so that paths can be matched part by part.
fn check(pattern: &str) -> Result<(), &'static str> {
    if pattern.is_empty() {
        return Err("it is empty");
    }
    if pattern.len() > MAX_PATTERN_BYTES {
        return Err("it is longer than 512 bytes");
    }
    if pattern.contains('\0') {
        return Err("it has a NUL character");
    }
    if pattern.starts_with('/') {
        return Err("it is absolute");
    }
    for part in pattern.split('/') {
        match part {
            "" => return Err("it has an empty part"),
            "." | ".." => return Err("it has a part `.` or `..`"),
            part => Pattern::new(part).map_err(|error| error.msg)?,
        };
    }
    Ok(())
}
