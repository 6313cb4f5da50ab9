//! Logs: JSON where a machine reads them, readable where a person does.
//!
//! A message is constant; what varies goes into fields (`submission.id`, `request.id`, …). Source
//! code, stdin, output and keys are never logged.

use std::io::IsTerminal;
use std::str::FromStr;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

crate::settings! {
    /// Logs.
    pub struct TelemetrySettings {
        /// What is logged: a level (`error`, `warn`, `info`, `debug`, `trace`), or directives such
        /// as `info,execution_service=debug`.
        pub log: LogFilter = "LOG", "info";
        /// `json`, `human`, or `auto`: human on a terminal, else JSON.
        pub log_format: LogFormat = "LOG_FORMAT", "auto";
    }
}

/// Directives that [`EnvFilter`] understands.
#[derive(Debug, Clone)]
pub struct LogFilter(String);

impl FromStr for LogFilter {
    type Err = tracing_subscriber::filter::ParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        EnvFilter::builder().parse(text)?;
        Ok(Self(text.to_owned()))
    }
}

/// How a log line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// Human on a terminal, else JSON.
    Auto,
    /// One JSON object a line.
    Json,
    /// For reading.
    Human,
}

impl FromStr for LogFormat {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "auto" => Ok(Self::Auto),
            "json" => Ok(Self::Json),
            "human" => Ok(Self::Human),
            _ => Err("expected `auto`, `json` or `human`"),
        }
    }
}

/// Starts logging to standard error. To be called once, first thing in `main`.
pub fn init(settings: &TelemetrySettings) {
    let json = match settings.log_format {
        LogFormat::Auto => !std::io::stderr().is_terminal(),
        LogFormat::Json => true,
        LogFormat::Human => false,
    };
    let filter = EnvFilter::new(&settings.log.0);
    let registry = tracing_subscriber::registry().with(filter);
    if json {
        // Nothing is within more than one span, and each is written anew for every line.
        let layer =
            tracing_subscriber::fmt::layer().json().flatten_event(true).with_span_list(false);
        registry.with(layer.with_writer(std::io::stderr)).init();
    } else {
        registry.with(tracing_subscriber::fmt::layer().with_writer(std::io::stderr)).init();
    }
}
