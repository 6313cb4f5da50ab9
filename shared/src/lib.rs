//! What both services of Airlock say: the submission and its life, the store that keeps it, the
//! queue that carries it, and the settings and telemetry that every process needs.
//!
//! This crate knows neither Docker nor HTTP.

pub mod accounts;
pub mod batcher;
pub mod events;
pub mod health;
pub mod language;
pub mod lifecycle;
pub mod limits;
pub mod metrics;
pub mod outcome;
pub mod placement;
pub mod program;
pub mod queue;
pub mod rate;
pub mod result_key;
pub mod settings;
pub mod shutdown;
pub mod store;
pub mod submission;
pub mod telemetry;
pub mod workers;
