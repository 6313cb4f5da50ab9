//! The API's process: settings, logs, connections, serve, drain.

use std::process::ExitCode;

use shared::settings::Source;
use submission_service::{Settings, run};

#[tokio::main]
async fn main() -> ExitCode {
    let settings = match Source::from_process().and_then(Settings::load) {
        Ok(settings) => settings,
        Err(error) => return fail(&error.into()),
    };
    if std::env::args().nth(1).as_deref() == Some("healthcheck") {
        return match shared::health::check(settings.http.listen) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => fail(&anyhow::Error::from(error).context("not healthy")),
        };
    }
    shared::telemetry::init(&settings.telemetry);
    match run(settings).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), "stopped");
            ExitCode::FAILURE
        }
    }
}

/// For what is wrong before there are logs.
#[expect(clippy::print_stderr, reason = "logs are not set up yet")]
fn fail(error: &anyhow::Error) -> ExitCode {
    eprintln!("submission-service: {error:#}");
    ExitCode::FAILURE
}
