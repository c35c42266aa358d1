//! The variables of one app as they were read, each with where it came from.

use std::collections::HashMap;
use std::sync::Arc;

use super::load::Origin;
use super::locate::{self, Spot, place_of};
use super::readable::{At, Found, step};
use super::yaml::{Entry, Node, Value};
use crate::variable::{Fallback, Type};
use crate::variables as v;
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
        locate::entry(&self.root, definition)
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
    pub(super) fn at<'p>(&self, found: &'p mut Found, name: &str) -> At<'p> {
        let variable = name.split(['.', '[']).next().unwrap_or_default();
        match self.layers.get(variable) {
            None => At::variable(found, name),
            // What stands on the command line has no line and column.
            Some(layer @ Layer::CommandLine) => {
                At::default_of(found, name).in_file(Some(&layer.name()))
            }
            Some(layer) => At::variable(found, name).in_file(Some(&layer.name())),
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
    pub(super) fn locate(&self, problem: &mut Problem, spot: Spot) {
        let path = problem.variable.clone();
        self.locate_as(problem, &path, spot);
    }

    /// Gives a problem the file and the place of another path.
    pub(super) fn locate_as(&self, problem: &mut Problem, path: &str, spot: Spot) {
        let layer = self.layer(path);
        problem.file = layer.map(Layer::name);
        problem.place = match layer {
            Some(Layer::CommandLine) => None,
            _ => place_of(&self.root, path, spot),
        };
    }

    /// The place of a path, when it is in this file.
    pub(super) fn place_in(
        &self,
        path: &str,
        spot: Spot,
        file: Option<&Arc<str>>,
    ) -> Option<Place> {
        let layer = self.layer(path).map(Layer::name);
        if layer.as_ref() == file {
            place_of(&self.root, path, spot)
        } else {
            None
        }
    }

    fn layer(&self, path: &str) -> Option<&Layer> {
        let name = path.split(['.', '[']).next().unwrap_or_default();
        let definition = VARIABLES.iter().find(|d| d.name == name)?;
        let entry = self.entry(definition)?;
        self.layers.get(entry.key.python_text().as_ref())
    }

    /// The paths of what came from a vault.
    pub(super) fn secrets(&self) -> SecretVariables {
        let mut secrets = SecretVariables::default();
        for definition in VARIABLES {
            // The name is in every path, and in what every command says: where the whole file is
            // encrypted it comes from a vault, and is none the less no secret.
            if definition.name == v::NAME.definition.name {
                continue;
            }
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
        self.add_defaults(&mut secrets);
        secrets
    }

    /// Adds the variables that are not set, and whose default holds the value of a secret one.
    fn add_defaults(&self, secrets: &mut SecretVariables) {
        let parts = [
            ("{path}", v::HOME.definition.name),
            ("{storage}", v::STORAGE.definition.name),
            ("{venv}", v::VIRTUALENV.definition.name),
            ("{log}", v::LOGS.definition.name),
        ];
        let holds = |definition: &Definition, secrets: &SecretVariables| {
            // A group is called as its user.
            definition.name == v::GROUP.definition.name && secrets.touch(v::USER.definition.name)
                || matches!(definition.fallback, Fallback::Text(text) if parts
                    .iter()
                    .any(|(part, name)| text.contains(part) && secrets.touch(name)))
        };
        // A default may hold another one.
        for _ in 0..parts.len() {
            for definition in VARIABLES {
                if self.entry(definition).is_none() && holds(definition, secrets) {
                    secrets.insert(definition.name);
                }
            }
        }
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
                below(&step(&entry.key.python_text()), &entry.node);
            }
        }
        _ => {}
    }
}
