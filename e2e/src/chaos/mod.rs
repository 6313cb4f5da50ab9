//! Breaking a whole Airlock in every way there is, again and again by seed, and holding it to its
//! promises.
//!
//! A [`Plan`] is what a seed stands for. A [`Stage`] is the system, with a MongoDB of three members
//! and a Redis of its own; [`faults`] breaks it while the [`Clients`] use it. All that happens goes
//! into a [`History`], and [`check`](check::check) judges that and nothing else.

pub mod chance;
pub mod check;
pub mod containers;
mod engines;
pub mod faults;
mod history;
mod load;
mod plan;
pub mod queue_server;
pub mod replica_set;
pub mod report;
pub mod rest;
pub mod run;
mod skewed_clock;
mod small_disk;
mod stage;

pub use history::{Entry, Event, History, Shown, lines};
pub use load::Clients;
pub use plan::{Fault, Plan};
pub use small_disk::SmallDisk;
pub use stage::Stage;
