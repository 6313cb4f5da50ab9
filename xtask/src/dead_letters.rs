//! `./dev dead-letters`: the submissions that no worker survived, listed or queued again.

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::compose::Project;
use crate::http::{self, Reply};
use crate::settings;

const PATH: &str = "/api/admin/dead-letters";
const TOKEN: &str = "AIRLOCK_ADMIN_TOKEN";

/// Lists them, or queues one of them again, in the installed system.
pub(crate) fn run(requeue: Option<&str>) -> Result<()> {
    let Some(token) = settings::get(TOKEN) else {
        bail!("{TOKEN} is not set: set it in .env, and run ./dev up again");
    };
    let port = Project::installed()?.port();
    match requeue {
        Some(id) => queue_again(port, &token, id),
        None => list(port, &token),
    }
}

fn list(port: u16, token: &str) -> Result<()> {
    let mut path = PATH.to_owned();
    let mut listed = 0;
    loop {
        let answer = ask(port, "GET", &path, token)?;
        let letters = answer["deadLetters"].as_array().context("not a list of dead letters")?;
        for letter in letters {
            println!("{}", line(letter));
        }
        listed += letters.len();
        match answer["next"].as_str() {
            Some(next) => path = format!("{PATH}?after={next}"),
            None => break,
        }
    }
    if listed == 0 {
        println!("There are none.");
    }
    Ok(())
}

fn queue_again(port: u16, token: &str, id: &str) -> Result<()> {
    let is_id = id.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    ensure!(is_id, "`{id}` is not a submission's id");
    let answer = ask(port, "POST", &format!("{PATH}/{id}/requeue"), token)?;
    let new = answer["codeSubmissionId"].as_str().context("no id in the answer")?;
    println!("Queued again, as {new}.");
    Ok(())
}

fn ask(port: u16, method: &str, path: &str, token: &str) -> Result<Value> {
    let reply = http::as_operator(port, method, path, token)
        .with_context(|| format!("the API does not answer on port {port}"))?;
    understood(&reply)
}

fn understood(reply: &Reply) -> Result<Value> {
    let body = reply.json()?;
    if reply.status >= 400 {
        let message = body["error"]["message"].as_str().unwrap_or(&reply.body);
        bail!("the API answers {}: {message}", reply.status);
    }
    Ok(body)
}

/// One letter, as a line.
fn line(letter: &Value) -> String {
    let field = |name: &str| letter[name].as_str().unwrap_or("?");
    format!(
        "{}  {}  {} of {} in {}, {}: {}",
        field("at"),
        field("codeSubmissionId"),
        field("lang"),
        field("tenant"),
        field("pool"),
        field("priority"),
        field("reason"),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_letter_is_a_line() {
        let letter = json!({
            "codeSubmissionId": "42", "lang": "c", "tenant": "acme", "pool": "default",
            "priority": "low", "reason": "started 3 times", "at": "2026-01-01T00:00:00Z",
        });
        assert_eq!(
            line(&letter),
            "2026-01-01T00:00:00Z  42  c of acme in default, low: started 3 times"
        );
    }

    #[test]
    fn a_refusal_is_told_in_the_api_s_words() {
        let body = r#"{"error":{"code":"unauthorized","message":"no"}}"#.to_owned();
        let error = understood(&Reply { status: 401, body }).unwrap_err();
        assert_eq!(error.to_string(), "the API answers 401: no");
        assert!(understood(&Reply { status: 201, body: "{}".into() }).is_ok());
    }
}
