//! The bounds on what a file, and the aliases in it, may expand to.

use super::super::{MAX_DEPTH, MAX_NODES, MAX_TEXT, YamlProblem};
use super::{Composer, Stop};
use crate::place::Place;

/// What a subtree costs with its aliases expanded.
#[derive(Clone, Copy, Default)]
pub(super) struct Weight {
    pub(super) nodes: usize,
    pub(super) bytes: usize,
    pub(super) depth: u32,
}

impl Composer<'_> {
    pub(super) fn spend(&mut self, weight: Weight, place: Place) -> Result<(), Stop> {
        self.spent.nodes += weight.nodes;
        self.spent.bytes += weight.bytes;
        let what = if self.spent.nodes > MAX_NODES {
            format!("the file holds more than {MAX_NODES} values, aliases expanded")
        } else if self.spent.bytes > MAX_TEXT {
            format!(
                "the file holds more than {} MiB of text, aliases expanded",
                MAX_TEXT >> 20
            )
        } else {
            return Ok(());
        };
        self.stop(YamlProblem::new(place, "too-large", what))
    }
}

pub(super) fn too_deep(place: Place) -> YamlProblem {
    YamlProblem::new(
        place,
        "too-deep",
        format!("lists and mappings are nested deeper than {MAX_DEPTH}, aliases expanded"),
    )
}
