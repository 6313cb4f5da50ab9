//! Patterns of paths, matched part by part.
//!
//! A pattern for a whole path would be tried at every place of it for every `*`, which takes time
//! that grows exponentially; a program chooses the paths. Within one part, it does not.

use glob::Pattern;

/// Stands for any number of parts, none included.
const ANY_PARTS: &str = "**";

/// A pattern of the crate `glob` for each part of a path, or `**` for any number of them.
#[derive(Debug)]
pub(crate) struct PathPattern(Vec<Part>);

#[derive(Debug)]
enum Part {
    AnyParts,
    One(Pattern),
}

impl PathPattern {
    /// `None` if a part is no pattern.
    pub(crate) fn new(text: &str) -> Option<Self> {
        let part = |part| match part {
            ANY_PARTS => Some(Part::AnyParts),
            other => Pattern::new(other).ok().map(Part::One),
        };
        text.split('/').map(part).collect::<Option<_>>().map(Self)
    }

    /// Whether the path, as a whole, is of this pattern.
    pub(crate) fn matches(&self, path: &str) -> bool {
        let names: Vec<&str> = path.split('/').collect();
        // `reached[n]`: the parts so far can stand for the first `n` names.
        let mut reached = vec![false; names.len() + 1];
        reached[0] = true;
        for part in &self.0 {
            reached = match part {
                Part::AnyParts => reached
                    .iter()
                    .scan(false, |before, here| {
                        *before |= here;
                        Some(*before)
                    })
                    .collect(),
                Part::One(pattern) => {
                    let next = names.iter().zip(&reached);
                    let next = next.map(|(name, before)| *before && pattern.matches(name));
                    std::iter::once(false).chain(next).collect()
                }
            };
        }
        reached[names.len()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, path: &str) -> bool {
        PathPattern::new(pattern).unwrap().matches(path)
    }

    #[test]
    fn a_pattern_matches_part_by_part() {
        for (pattern, path) in [
            ("*.txt", "a.txt"),
            ("out/*", "out/c.txt"),
            ("**/*.txt", "a.txt"),
            ("**/*.txt", "a/b/c.txt"),
            ("a/**/z", "a/z"),
            ("a/**/b/**/z", "a/1/b/b/2/z"),
            ("**", "a/b"),
            ("[ab]?", "bx"),
            ("*", ".hidden"),
        ] {
            assert!(matches(pattern, path), "{pattern} and {path}");
        }
        for (pattern, path) in [
            ("*.txt", "out/a.txt"),
            ("out/*", "out/deep/d.txt"),
            ("a/**/z", "a/z/y"),
            ("?", "ab"),
            ("*", "a/b"),
        ] {
            assert!(!matches(pattern, path), "{pattern} and {path}");
        }
        assert!(PathPattern::new("a/[").is_none());
    }

    #[test]
    fn no_path_makes_it_slow() {
        // As one pattern for the whole path, this took 87 s.
        let path = format!("{}/c", "a".repeat(100));
        assert!(!matches("*a*a*a*a*a*a*b", &path));
        let deep = vec!["a"; 500].join("/");
        assert!(!matches("**/a/**/a/**/a/**/b", &deep));
    }
}
