//! `<<: *defaults`: entries of other mappings below those of this one.

use std::collections::HashMap;

use super::super::{Entry, Node, Value, YamlProblem};
use crate::place::Place;

/// The mappings that a merge key names.
pub(super) struct Merged {
    key_place: Place,
    maps: Vec<Vec<Entry>>,
}

impl Merged {
    pub(super) fn new(key_place: Place, node: Node) -> Result<Self, YamlProblem> {
        let items = match node.value {
            Value::List(items) => items,
            _ => vec![node],
        };
        let maps = items.into_iter().map(|item| match item.value {
            Value::Map(entries) => Ok(entries),
            _ => Err(YamlProblem::new(
                item.place,
                "merge",
                "`<<` merges mappings, but this is none",
            )
            .help("name a mapping, or a list of mappings: `<<: [*first, *second]`")),
        });
        Ok(Self {
            key_place,
            maps: maps.collect::<Result<_, _>>()?,
        })
    }

    pub(super) fn key_place(&self) -> Place {
        self.key_place
    }

    /// YAML 1.1: a mapping's own entries win, then the earlier of the merged ones. The order is that of
    /// Ansible's loader: the last merged mapping comes first, each name where it first appeared.
    pub(super) fn under(self, own: Vec<Entry>) -> Vec<Entry> {
        let mut merged: Vec<Entry> = Vec::new();
        let mut by_name: HashMap<String, usize> = HashMap::new();
        for entry in self.maps.into_iter().rev().flatten().chain(own) {
            let name = entry.key.python_text().into_owned();
            if let Some(index) = by_name.get(&name) {
                merged[*index] = entry;
            } else {
                by_name.insert(name, merged.len());
                merged.push(entry);
            }
        }
        merged
    }
}
