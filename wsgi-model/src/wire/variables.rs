//! The variables of one app as they were read, each with where it came from.

use std::collections::HashMap;
use std::sync::Arc;

use super::load::Origin;
use super::readable::At;
use super::yaml::{Entry, Node, Value};
use crate::variable::Type;
use crate::{Definition, Place, Problem, SecretVariables, VARIABLES};

/// Where a variable stands that is not in the vars file.
#[cfg_attr(
    not(feature = "ansible"),
    expect(dead_code, reason = "there is only the file")
)]
#[derive(Clone, Debug)]
pub(crate) enum Layer {
    CommandLine,
    ExtraFile(Arc<str>),
    Shared(Arc<str>),
}

impl Layer {
    /// What a message calls it.
    pub(crate) fn name(&self) -> Arc<str> {
        match self {
            Self::CommandLine => Arc::from("-e"),
            Self::ExtraFile(name) | Self::Shared(name) => Arc::clone(name),
        }
    }
}

/// The variables of one app.
#[derive(Clone, Debug)]
pub(crate) struct Variables {
    /// A mapping.
    pub(crate) root: Node,
    /// By name; what is not here stands in the vars file.
    pub(crate) layers: HashMap<String, Layer>,
}

impl Variables {
    /// Those of a file alone.
    pub(crate) fn of_file(root: Node) -> Self {
        Self {
            root,
            layers: HashMap::new(),
        }
    }

    pub(crate) fn entries(&self) -> &[Entry] {
        match &self.root.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    /// Where a variable is set, under any of its names.
    pub(super) fn entry(&self, definition: &Definition) -> Option<&Entry> {
        let names = |key: &str| key == definition.name || definition.aliases.contains(&key);
        self.entries().iter().find(|e| names(&e.key.python_text()))
    }

    pub(super) fn origin(&self, entry: &Entry) -> Origin {
        let place = entry.node.place;
        match self.layers.get(entry.key.python_text().as_ref()) {
            None => Origin::File(place),
            Some(Layer::CommandLine) => Origin::CommandLine,
            Some(Layer::ExtraFile(name)) => Origin::ExtraFile(Arc::clone(name), place),
            Some(Layer::Shared(name)) => Origin::Shared(Arc::clone(name), place),
        }
    }

    /// Begins to read a variable.
    pub(super) fn at<'p>(&self, problems: &'p mut Vec<Problem>, name: &str) -> At<'p> {
        match self.layers.get(name) {
            None => At::variable(problems, name),
            // What stands on the command line has no line and column.
            Some(layer @ Layer::CommandLine) => {
                At::default_of(problems, name).in_file(Some(&layer.name()))
            }
            Some(layer) => At::variable(problems, name).in_file(Some(&layer.name())),
        }
    }

    /// Says which file a problem of a variable is in.
    pub(super) fn attribute(&self, problem: &mut Problem) {
        let variable = problem
            .variable
            .split(['.', '['])
            .next()
            .unwrap_or_default();
        if let Some(layer) = self.layers.get(variable) {
            problem.file = Some(layer.name());
            if matches!(layer, Layer::CommandLine) {
                problem.place = None;
            }
        }
    }

    /// Gives a problem its file, and its place or that of the nearest thing above it.
    pub(super) fn locate(&self, problem: &mut Problem) {
        problem.place = self.place_of(&problem.variable);
        let name = problem
            .variable
            .split(['.', '['])
            .next()
            .unwrap_or_default();
        let entry = VARIABLES
            .iter()
            .find(|d| d.name == name)
            .and_then(|d| self.entry(d));
        let layer = entry.and_then(|e| self.layers.get(e.key.python_text().as_ref()));
        problem.file = layer.map(Layer::name);
        if matches!(layer, Some(Layer::CommandLine)) {
            problem.place = None;
        }
    }

    fn place_of(&self, path: &str) -> Option<Place> {
        let mut steps = path
            .split(['.', '['])
            .map(|step| step.trim_end_matches(']'));
        let first = steps.next()?;
        let definition = VARIABLES.iter().find(|d| d.name == first)?;
        let mut node = &self.entry(definition)?.node;
        for step in steps {
            let next = match &node.value {
                Value::List(items) => step.parse::<usize>().ok().and_then(|i| items.get(i)),
                // A mapping in place of a list of one.
                Value::Map(_) if step == "0" => Some(node),
                Value::Map(entries) => entries
                    .iter()
                    .find(|e| e.key.python_text().eq_ignore_ascii_case(step))
                    .map(|e| &e.node),
                _ => None,
            };
            match next {
                Some(next) => node = next,
                None => break,
            }
        }
        Some(node.place)
    }

    /// The paths of what came from a vault.
    pub(super) fn secrets(&self) -> SecretVariables {
        let mut secrets = SecretVariables::default();
        for definition in VARIABLES {
            if let Some(entry) = self.entry(definition) {
                let mut path = definition.name.to_owned();
                // A mapping in place of a list of one.
                if matches!(
                    (definition.takes, &entry.node.value),
                    (Type::OneOrList(_), Value::Map(_))
                ) && !entry.node.secret
                {
                    path.push_str("[0]");
                }
                collect(&entry.node, &mut path, &mut secrets);
            }
        }
        secrets
    }
}

/// Adds the outermost secrets at and below `node`.
fn collect(node: &Node, path: &mut String, secrets: &mut SecretVariables) {
    if node.secret {
        secrets.insert(path.as_str());
        return;
    }
    let length = path.len();
    let mut below = |step: &str, node: &Node| {
        path.push_str(step);
        collect(node, path, secrets);
        path.truncate(length);
    };
    match &node.value {
        Value::List(items) => {
            for (i, item) in items.iter().enumerate() {
                below(&format!("[{i}]"), item);
            }
        }
        Value::Map(entries) => {
            for entry in entries {
                below(&format!(".{}", entry.key.python_text()), &entry.node);
            }
        }
        _ => {}
    }
}
