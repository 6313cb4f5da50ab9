//! The tests of the whole system: one program, for each would be linked with all of it.

mod accounts;
mod bad_requests;
mod batch;
mod cancel;
mod dead_letters;
mod engine;
mod env_example;
mod expiry;
mod failover;
mod history;
mod idempotency;
mod languages;
mod limits;
mod outages;
mod parallel;
mod pool;
mod rates;
mod rebuilding;
mod result_cache;
mod slots;
mod smoke;
mod submissions;
mod verdicts;
mod waiting;
mod warm;
mod workers;
