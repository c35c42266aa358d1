//! Where the path of a variable leads in a vars file.

use super::yaml::{Entry, Node, Value};
use crate::{Definition, Place, VARIABLES};

/// Where the variable is set, under any of its names.
pub(super) fn entry<'n>(root: &'n Node, definition: &Definition) -> Option<&'n Entry> {
    let Value::Map(entries) = &root.value else {
        return None;
    };
    let names = |key: &str| key == definition.name || definition.aliases.contains(&key);
    entries.iter().find(|e| names(&e.key.python_text()))
}

/// What a problem of a variable is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spot {
    /// Its value.
    Value,
    /// Its name.
    Name,
}

/// Where a variable's path leads, or the nearest thing above it that stands in the file.
pub(super) fn place_of(root: &Node, path: &str, spot: Spot) -> Option<Place> {
    let mut steps = steps(path);
    let first = steps.next()?;
    let definition = VARIABLES.iter().find(|d| d.name == first)?;
    let set = entry(root, definition)?;
    let (mut name, mut node) = (set.key_place, &set.node);
    for step in steps {
        match &node.value {
            Value::List(items) => match step.parse::<usize>().ok().and_then(|i| items.get(i)) {
                Some(item) => (name, node) = (item.place, item),
                None => break,
            },
            // A mapping in place of a list of one.
            Value::Map(_) if step == "0" => {}
            Value::Map(entries) => {
                let named = |e: &&Entry| e.key.python_text().eq_ignore_ascii_case(step);
                match entries.iter().find(named) {
                    Some(entry) => (name, node) = (entry.key_place, &entry.node),
                    None => break,
                }
            }
            _ => break,
        }
    }
    Some(match spot {
        Spot::Value => node.place,
        Spot::Name => name,
    })
}

fn steps(path: &str) -> impl Iterator<Item = &str> {
    path.split(['.', '['])
        .map(|step| step.trim_end_matches(']'))
}
