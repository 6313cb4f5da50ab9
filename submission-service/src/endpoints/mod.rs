//! The endpoints, one file each.

pub(crate) mod execute;
pub(crate) mod languages;
pub(crate) mod probes;
pub(crate) mod result;
pub(crate) mod submit;
