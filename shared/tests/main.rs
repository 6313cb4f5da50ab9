//! What store, queue and wake-ups promise, on real engines, and the model of a submission's way: one
//! program, for each would be linked with all of it.

mod accounts;
mod events;
mod model;
mod queue;
mod queue_fairness;
mod queue_permits;
mod rate;
mod store;
mod store_batches;
mod store_lifecycle;
mod store_seals;
mod store_supersession;
mod store_withdrawals;
mod support;
