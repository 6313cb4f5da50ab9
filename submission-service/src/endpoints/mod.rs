//! The endpoints, one file each.

mod account;
pub(crate) mod audit;
pub(crate) mod batch;
pub(crate) mod cancel;
pub(crate) mod dead_letters;
pub(crate) mod execute;
pub(crate) mod keys;
pub(crate) mod languages;
pub(crate) mod organisations;
mod policy;
pub(crate) mod probes;
mod removal;
pub(crate) mod result;
pub(crate) mod results;
pub(crate) mod submit;
pub(crate) mod usage;
pub(crate) mod users;
