//! Settings of `./dev` itself, from the environment or from `.env`, as compose reads them.

use crate::paths;

/// The value of a setting that is set and not empty; the environment goes before `.env`.
pub(crate) fn get(name: &str) -> Option<String> {
    let value = std::env::var(name).ok().or_else(|| {
        let file = std::fs::read_to_string(paths::root().join(".env")).ok()?;
        in_file(&file, name)
    });
    value.filter(|value| !value.is_empty())
}

/// The value of a setting, or its default.
pub(crate) fn get_or(name: &str, default: &str) -> String {
    get(name).unwrap_or_else(|| default.to_owned())
}

fn in_file(file: &str, name: &str) -> Option<String> {
    file.lines()
        .map(str::trim)
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('='))
        .filter(|(key, _)| key.trim() == name)
        .map(|(_, value)| value.trim().trim_matches(['"', '\'']).to_owned())
        .next_back()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_file_is_a_setting_unless_it_is_a_comment() {
        let file = "# AIRLOCK_PORT=1\nAIRLOCK_PORT=2\nAIRLOCK_PORT = \"4005\"\nOTHER=x";
        assert_eq!(in_file(file, "AIRLOCK_PORT").as_deref(), Some("4005"));
        assert_eq!(in_file(file, "AIRLOCK_BIND"), None);
    }
}
