//! Airlock's API: takes submissions in, and hands results out.
//!
//! A request goes through [`server`] (request id, bounds, log, metrics, error envelope) to one of
//! the endpoints: [`submit`](endpoints::submit), [`result`](endpoints::result),
//! [`execute`](endpoints::execute), [`languages`](endpoints::languages). What a client sent is
//! parsed into a program ([`request`]) before it is stored and queued ([`acceptance`]); what it
//! gets is shaped in [`presentation`]. This crate knows nothing of containers.

mod acceptance;
mod app;
mod catalogue;
mod endpoints;
mod error;
mod extract;
mod metrics;
mod presentation;
mod reads;
mod request;
mod server;
mod settings;
mod waiting;

pub use app::App;
pub use server::{openapi_json, serve};
pub use settings::{HttpSettings, Settings};
