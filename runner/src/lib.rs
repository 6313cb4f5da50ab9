//! The library half of the runner: what a worker and the runner say to each other.
//!
//! The binary half (`main.rs`) is PID 1 of every container that Airlock starts.

pub mod protocol;
