//! The API's process: settings, logs, connections, serve, drain.

use std::process::ExitCode;

use anyhow::Context;
use shared::settings::Source;
use submission_service::{App, Settings, serve};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

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

async fn run(settings: Settings) -> anyhow::Result<()> {
    let shutdown = CancellationToken::new();
    shared::shutdown::on_signal(shutdown.clone())?;
    if settings.accounts.is_open_beyond_loopback(&settings.http) {
        tracing::warn!("EVERYBODY WHO REACHES THIS API MAY RUN PROGRAMS HERE: there are no keys");
    }
    let listen = settings.http.listen;
    let listener =
        TcpListener::bind(listen).await.with_context(|| format!("cannot listen on {listen}"))?;
    let Some(app) = shutdown.run_until_cancelled(App::connect(settings, shutdown.clone())).await
    else {
        return Ok(());
    };
    let app = app?;
    tracing::info!(address = %listener.local_addr()?, "listening");
    let served = serve(listener, app.clone()).await;
    app.close().await;
    Ok(served?)
}

/// For what is wrong before there are logs.
#[expect(clippy::print_stderr, reason = "logs are not set up yet")]
fn fail(error: &anyhow::Error) -> ExitCode {
    eprintln!("submission-service: {error:#}");
    ExitCode::FAILURE
}
