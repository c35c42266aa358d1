//! What Ansible reads beyond plain YAML, without Ansible: expressions, lookups, Vault, extra vars.

mod backslashes;
mod call;
mod datum;
mod engine;
mod evaluate;
mod explain;
mod extra;
mod filters;
mod inputs;
mod known;
mod lookups;
mod methods;
mod parse;
mod predicates;
mod python;
mod resolve;
mod session;
mod texts;
mod tree;
pub mod vault;
mod view;
mod weighed;

pub use datum::Datum;
pub use extra::ExtraVars;
pub use inputs::{Evaluated, Inputs, evaluate, load};
