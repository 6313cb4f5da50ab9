//! `./dev lint`: formatting, clippy, the scripts, the compose file.

use anyhow::{Result, bail};

use crate::binaries::cargo;
use crate::command::Run;
use crate::compose::Project;
use crate::{compose_plugin, package, progress};

const SCRIPTS: [&str; 2] = ["dev", ".ci/run"];

/// Runs every check, so that one run shows all that is wrong.
pub(crate) fn run() -> Result<()> {
    let clippy =
        ["clippy", "--locked", "--release", "--workspace", "--all-targets", "--", "-D", "warnings"];
    let mut failed = Vec::new();
    let mut check = |name: &'static str, run: Run| {
        progress::step(name);
        if let Err(error) = run.shown() {
            progress::note(&format!("{error:#}"));
            failed.push(name);
        }
    };
    check("cargo fmt", cargo(&["fmt", "--all", "--check"]));
    check("cargo clippy", cargo(&clippy));
    for script in SCRIPTS {
        check(script, Run::new("bash", ["-n", script]));
        if package::found("shellcheck") {
            check(script, Run::new("shellcheck", [script]));
        }
    }
    if package::found("docker") && compose_plugin::present() {
        check("compose.yaml", Project::installed()?.compose(&["config", "--quiet"]));
    }
    if !failed.is_empty() {
        bail!("not clean: {}", failed.join(", "));
    }
    Ok(())
}
