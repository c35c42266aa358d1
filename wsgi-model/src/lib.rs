//! Typed, validated model of a WSGI app container: its variables, artifacts and actions.

pub mod place;
#[allow(dead_code, reason = "the loader that reads it is being written")]
mod wire;
