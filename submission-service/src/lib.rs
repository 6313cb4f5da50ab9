//! Airlock's API: takes submissions in, and hands results out.
//!
//! A request goes through [`server`] (request id, bounds, log, metrics, error envelope) to one of
//! the [`endpoints`], of which [`submit`](endpoints::submit) and [`result`](endpoints::result) are
//! those that all else is about. Whose request it is tells [`caller`], by a key that
//! [`authentication`] checks where there are accounts ([`quotas`], [`rates`]). What a client sent is
//! parsed ([`request`]) before it is stored and queued ([`acceptance`]); what it gets is shaped in
//! [`presentation`]. This crate knows nothing of containers.

mod acceptance;
mod admin;
mod app;
mod authentication;
mod caller;
mod catalogue;
mod endpoints;
mod entrance;
mod error;
mod extract;
mod idempotency;
mod metrics;
mod parallel;
mod presentation;
mod quotas;
mod rates;
mod reads;
mod request;
mod server;
mod settings;
mod startup;
mod waiting;
mod withdrawal;

pub use server::openapi_json;
pub use settings::{
    AccountSettings, Auth, HttpSettings, InvalidHeaderName, Names, Published, Settings,
    TenantHeader,
};
pub use startup::run;
