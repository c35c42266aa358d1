use std::fs;
use std::path::{Component, Path, PathBuf};

use crate::ssh::wildcard::matches;

/// The files that an `Include` names, in the order of their names. What is not there is left out.
///
/// Only `*` and `?` are special. As in a shell, they do not stand for a dot at the beginning.
pub(super) fn files(pattern: &Path) -> Vec<PathBuf> {
    let mut found = vec![PathBuf::new()];
    for component in pattern.components() {
        let special = match component {
            Component::Normal(name) => name.to_str().filter(|name| name.contains(['*', '?'])),
            _ => None,
        };
        let Some(special) = special else {
            for path in &mut found {
                path.push(component);
            }
            continue;
        };
        found = found
            .iter()
            .flat_map(|directory| children(directory, special))
            .collect();
    }
    found.retain(|path| path.is_file());
    found
}

fn children(directory: &Path, pattern: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let mut children: Vec<_> = entries
        .filter(|entry| {
            entry.file_name().to_str().is_some_and(|name| {
                (!name.starts_with('.') || pattern.starts_with('.')) && matches(pattern, name)
            })
        })
        .map(|entry| entry.path())
        .collect();
    children.sort();
    children
}
