//! Airlock's worker: takes submissions from the queue and runs each in a container of its own.
//!
//! The way of a job reads along the modules: [`worker`] takes a place and then one delivery,
//! [`execution`] claims it in the store, [`lowering`] turns it into a plan, [`pool`] has a
//! [`sandbox`] ready, [`carrying_out`] does in it what was planned, [`verdict`] judges the facts, and
//! the outcome is written under the claim's epoch. Meanwhile [`leases`] holds on to the delivery.
//! [`reconciler`] and [`janitor`] put right what crashes leave behind, and [`bookkeeper`] writes down what
//! was used, one worker at a time ([`leadership`]).
//!
//! [`images`] makes the images that sandboxes start from. [`discovery`] finds the languages that
//! have one, and [`self_test`] holds that their sandboxes hold before they are [`serving`].

mod bookkeeper;
mod cancellation;
mod carrying_out;
mod comparison;
mod discovery;
mod execution;
mod images;
mod janitor;
mod leadership;
mod leases;
mod lowering;
mod metrics;
mod periodic;
mod pool;
mod probes;
mod reconciler;
mod sandbox;
mod self_test;
mod serving;
mod settings;
mod startup;
mod verdict;
mod worker;

pub use images::build_all as build_images;
pub use settings::{PoolSettings, SandboxSettings, Settings, WorkerSettings};
pub use startup::run;
