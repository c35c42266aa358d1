//! All variables of a run, flat, so that each value has a name of its own.

use std::sync::Arc;

use crate::Place;
use crate::name::shown;
use crate::wire::scalar::Scalar;
use crate::wire::yaml::{Node, Value};

/// A value of the [`Tree`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Id(usize);

/// What stands at a value.
#[derive(Debug)]
pub(super) enum Content {
    /// A scalar that is what it says.
    Scalar(Scalar),
    /// A text for Jinja.
    Template(String),
    /// A ciphertext of Ansible Vault.
    Vault(String),
    List(Vec<Id>),
    Map(Vec<Pair>),
}

/// A name and its value.
#[derive(Debug)]
pub(super) struct Pair {
    pub(super) key: Scalar,
    pub(super) key_place: Place,
    pub(super) value: Id,
}

/// The file that values came from, as far as messages and secrecy go.
#[derive(Debug)]
pub(super) struct Origin {
    /// What it is called where it is not the vars file itself.
    pub(super) name: Option<Arc<str>>,
    /// Whether the whole file was encrypted.
    pub(super) secret: bool,
    /// Whether its lines and columns mean something to the reader of a message.
    pub(super) has_places: bool,
}

/// A value with what is known of it.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) content: Content,
    pub(super) place: Place,
    pub(super) origin: Arc<Origin>,
    /// What it is called below its parent; a variable has no parent.
    step: String,
    parent: Option<Id>,
}

/// The variables by name, and all values in them.
#[derive(Debug, Default)]
pub(super) struct Tree {
    items: Vec<Item>,
    variables: std::collections::HashMap<String, Id>,
}

impl Tree {
    /// Adds a variable; an earlier one of this name is no longer to be found.
    pub(super) fn set(&mut self, name: &str, node: &Node, origin: &Arc<Origin>) -> Id {
        let id = self.add(node, origin, name.to_owned(), None);
        self.variables.insert(name.to_owned(), id);
        id
    }

    /// Makes a variable known by another name, too.
    pub(super) fn alias(&mut self, name: &str, id: Id) {
        self.variables.entry(name.to_owned()).or_insert(id);
    }

    /// Bounded by the depth that the YAML reader allows.
    fn add(&mut self, node: &Node, origin: &Arc<Origin>, step: String, parent: Option<Id>) -> Id {
        let id = Id(self.items.len());
        self.items.push(Item {
            content: Content::List(Vec::new()),
            place: node.place,
            origin: Arc::clone(origin),
            step,
            parent,
        });
        let content = match &node.value {
            Value::Scalar(scalar) if scalar.is_template() => {
                Content::Template(scalar.written.clone())
            }
            Value::Scalar(scalar) => Content::Scalar(scalar.clone()),
            Value::Vault(text) => Content::Vault(text.clone()),
            Value::Refused => unreachable!("nothing was read yet"),
            Value::List(nodes) => Content::List(
                nodes
                    .iter()
                    .enumerate()
                    .map(|(i, node)| self.add(node, origin, format!("[{i}]"), Some(id)))
                    .collect(),
            ),
            Value::Map(entries) => Content::Map(
                entries
                    .iter()
                    .map(|entry| {
                        let step = format!(".{}", shown(&entry.key.python_text()));
                        Pair {
                            key: entry.key.clone(),
                            key_place: entry.key_place,
                            value: self.add(&entry.node, origin, step, Some(id)),
                        }
                    })
                    .collect(),
            ),
        };
        self.items[id.0].content = content;
        id
    }

    pub(super) fn item(&self, id: Id) -> &Item {
        &self.items[id.0]
    }

    pub(super) fn variable(&self, name: &str) -> Option<Id> {
        self.variables.get(name).copied()
    }

    /// The variable that a value is in.
    pub(super) fn root_of(&self, id: Id) -> Id {
        let mut root = id;
        while let Some(parent) = self.item(root).parent {
            root = parent;
        }
        root
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.variables.keys().map(String::as_str)
    }

    /// The keys of a mapping that are texts.
    pub(super) fn keys(&self, id: Id) -> impl Iterator<Item = &str> {
        let pairs = match &self.item(id).content {
            Content::Map(pairs) => pairs.as_slice(),
            _ => &[],
        };
        pairs.iter().map(|pair| pair.key.written.as_str())
    }

    /// What a message calls a value: `wsgi_databases[0].password`.
    pub(super) fn path(&self, id: Id) -> String {
        let mut steps = Vec::new();
        let mut next = Some(id);
        while let Some(id) = next {
            steps.push(self.item(id).step.as_str());
            next = self.item(id).parent;
        }
        steps.reverse();
        steps.concat()
    }
}
