//! How large the images of all languages are together, layers that they share counted once.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};

use crate::command::Run;
use crate::languages::ALL_FOLDER;
use crate::{paths, progress};

/// What all of them may take together.
const MOST_BYTES: u64 = 12 << 30;

/// How an image was made, from its first layer on: images share layers as far as they agree in it.
type History = Vec<(String, u64)>;

/// Tells the size of the images that sandboxes start from, the newest of each language.
pub(crate) fn tell() -> Result<()> {
    let mut histories = Vec::new();
    for repository in repositories()? {
        let list = ["image", "ls", "--quiet", "--no-trunc", &repository];
        // The newest comes first.
        let ids = Run::new("docker", list).text()?;
        let id = ids.lines().next().with_context(|| format!("there is no image {repository}"))?;
        histories.push(history(id)?);
    }
    let bytes = together(&histories);
    progress::note(&format!(
        "the images of {} languages take {:.2} GiB, layers that they share counted once",
        histories.len(),
        bytes as f64 / f64::from(1 << 30),
    ));
    if bytes > MOST_BYTES {
        bail!("that is more than {} GiB", MOST_BYTES >> 30);
    }
    Ok(())
}

/// The names of these images.
fn repositories() -> Result<Vec<String>> {
    let mut repositories = Vec::new();
    for entry in std::fs::read_dir(paths::root().join(ALL_FOLDER))? {
        let entry = entry?;
        if entry.path().join("language.toml").is_file() {
            let name = entry.file_name().to_string_lossy().replace('@', "-");
            repositories.push(format!("airlock/sandbox-{name}"));
        }
    }
    Ok(repositories)
}

/// The history of an image. The engine knows the sizes of layers only in this way; a step that
/// changed no file has none.
fn history(image: &str) -> Result<History> {
    const STEP: &str = "{{.Size}} {{.CreatedAt}} {{.CreatedBy}}";
    let arguments = ["history", "--no-trunc", "--human=false", "--format", STEP, image];
    let text = Run::new("docker", arguments).text()?;
    // The newest comes first; a command of several lines is one step's.
    let mut history = History::new();
    for line in text.lines() {
        let size = line.split(' ').next().and_then(|size| size.parse().ok());
        match (size, history.last_mut()) {
            (Some(size), _) => history.push((line.to_owned(), size)),
            (None, Some((step, _))) => step.push_str(line),
            (None, None) => bail!("the history of {image} begins with `{line}`"),
        }
    }
    history.reverse();
    Ok(history)
}

fn together(histories: &[History]) -> u64 {
    let mut layers: BTreeMap<Vec<&str>, u64> = BTreeMap::new();
    for history in histories {
        let mut steps = Vec::new();
        for (step, size) in history {
            steps.push(step.as_str());
            layers.insert(steps.clone(), *size);
        }
    }
    layers.values().sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_images_share_counts_once() {
        let history = |steps: &[(&str, u64)]| -> History {
            steps.iter().map(|(step, size)| ((*step).to_owned(), *size)).collect()
        };
        let base = [("base", 100)];
        let c = [("base", 100), ("gcc", 30)];
        let cpp = [("base", 100), ("gcc", 30), ("g++", 7)];
        // The same step upon another is another layer.
        let other = [("other", 50), ("gcc", 30)];
        let all = [&base[..], &c, &cpp, &other].map(history);
        assert_eq!(together(&all), 100 + 30 + 7 + 50 + 30);
        assert_eq!(together(&[]), 0);
    }
}
