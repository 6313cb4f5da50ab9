//! The worker's process: settings, logs, then what the command line asks for.

use std::process::ExitCode;

use execution_service::Settings;
use shared::settings::Source;
use shared::shutdown::Stop;

#[tokio::main]
async fn main() -> ExitCode {
    let settings = match Source::from_process().and_then(Settings::load) {
        Ok(settings) => settings,
        Err(error) => return fail(&error.into()),
    };
    let mut arguments = std::env::args().skip(1);
    let command = arguments.next();
    if command.as_deref() == Some("healthcheck") {
        return match shared::health::check(settings.worker.listen) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => fail(&anyhow::Error::from(error).context("not healthy")),
        };
    }
    shared::telemetry::init(&settings.telemetry);
    let result = match command.as_deref() {
        None => serve(settings).await,
        Some("images") => {
            let names: Vec<String> = arguments.collect();
            execution_service::build_images(&settings, &names, tell).await
        }
        Some(other) => Err(anyhow::anyhow!("unknown command `{other}`: images or healthcheck")),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), "stopped");
            ExitCode::FAILURE
        }
    }
}

/// A line of progress for whoever has typed the command.
#[expect(clippy::print_stdout, reason = "it is the command's output")]
fn tell(line: String) {
    println!("{line}");
}

async fn serve(settings: Settings) -> anyhow::Result<()> {
    let stop = Stop::default();
    shared::shutdown::on_signals(stop.clone())?;
    execution_service::run(settings, stop).await
}

/// For what is wrong before there are logs.
#[expect(clippy::print_stderr, reason = "logs are not set up yet")]
fn fail(error: &anyhow::Error) -> ExitCode {
    eprintln!("execution-service: {error:#}");
    ExitCode::FAILURE
}
