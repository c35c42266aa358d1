//! What stands in a vars file, before it has a meaning.

pub(crate) mod scalar;
pub(crate) mod yaml;
