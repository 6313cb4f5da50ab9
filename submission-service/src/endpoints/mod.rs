//! The endpoints, one file each.

pub(crate) mod batch;
pub(crate) mod cancel;
pub(crate) mod dead_letters;
pub(crate) mod execute;
pub(crate) mod languages;
pub(crate) mod probes;
pub(crate) mod result;
pub(crate) mod results;
pub(crate) mod submit;
