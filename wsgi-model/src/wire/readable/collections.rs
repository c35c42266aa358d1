//! Types that hold other types.

use std::collections::HashMap;

use super::scalars::switch_word;
use super::{At, Readable, kind_of, shown_key};
use crate::name::shown;
use crate::variable::Type;
use crate::wire::plain::Plain;
use crate::wire::scalar::Kind;
use crate::wire::yaml::{Node, Value};
use crate::{EnvName, EnvValue, EnvVar, Invalid, Place};

impl<T: Readable> Readable for Option<T> {
    const TYPE: Type = Type::Optional(&T::TYPE);

    /// Null means "none", and where nothing else is meant by it `no` and an empty text do.
    fn read(node: &Node, at: &mut At<'_>) -> Option<Self> {
        if let Value::Scalar(scalar) = &node.value {
            match &scalar.kind {
                Kind::Null => return Some(None),
                Kind::Bool(false) if T::HAS_OFF => return Some(None),
                Kind::Str if T::HAS_OFF && scalar.written.is_empty() => return Some(None),
                // In quotes, `no` is no path either.
                Kind::Str if T::TYPE == Type::Directory && is_no(&scalar.written) => {
                    return Some(None);
                }
                _ => {}
            }
        }
        at.read(node).map(Some)
    }

    fn plain(&self) -> Plain {
        self.as_ref().map_or(Plain::Null, T::plain)
    }
}

fn is_no(text: &str) -> bool {
    switch_word(text) == Some(false)
}

/// The items of a list, every one of which is read, so that all refusals come at once.
fn items<T: Readable>(nodes: &[Node], at: &mut At<'_>) -> Option<Vec<T>> {
    let read: Vec<Option<T>> = nodes
        .iter()
        .enumerate()
        .map(|(i, node)| at.below(&format!("[{i}]"), |at| at.read(node)))
        .collect();
    read.into_iter().collect()
}

impl<T: Readable> Readable for Vec<T> {
    const TYPE: Type = Type::List(&T::TYPE);

    fn read(node: &Node, at: &mut At<'_>) -> Option<Self> {
        match &node.value {
            Value::List(nodes) => items(nodes, at),
            Value::Scalar(scalar) if scalar.kind == Kind::Null => {
                let why = Invalid::new("expected a list, found no value")
                    .help("leave the line out, or write `[]`");
                at.refuse(node.place, "no-value", &why);
                None
            }
            // Also says what it has to say of templates and encrypted values.
            Value::Scalar(_) | Value::Vault(_) | Value::Refused => {
                let scalar = at.scalar(node, "a list")?;
                let why = format!("expected a list, found {}", scalar.kind.name());
                let why = Invalid::new(why).help(if at.is_on_command_line() {
                    "`-e name=value` gives a text whatever it looks like: write `-e '{\"name\": [\"item\"]}'`"
                } else {
                    "put each item on a line of its own, behind `- `, or write `[item, item]`"
                });
                at.refuse(node.place, "wrong-type", &why);
                None
            }
            Value::Map(_) => {
                let why = Invalid::new("expected a list, found a mapping")
                    .help("put `- ` before its first line, and indent the others to match");
                at.refuse(node.place, "wrong-type", &why);
                None
            }
        }
    }

    fn plain(&self) -> Plain {
        Plain::List(self.iter().map(T::plain).collect())
    }
}

/// A list, or one item in place of a list of one.
#[derive(Clone)]
pub(crate) struct OneOrMany<T>(pub(crate) Vec<T>);

impl<T: Readable> Readable for OneOrMany<T> {
    const TYPE: Type = Type::OneOrList(&T::TYPE);

    fn read(node: &Node, at: &mut At<'_>) -> Option<Self> {
        match &node.value {
            Value::List(nodes) => items(nodes, at).map(Self),
            Value::Map(_) if matches!(T::TYPE, Type::Record(_)) => {
                let why = Invalid::new("one mapping stands here in place of a list")
                    .help("it is taken as a list of one; put `- ` before it");
                at.note(node.place, "old-spelling", &why);
                at.read(node).map(|item| Self(vec![item]))
            }
            _ => at.read(node).map(|item| Self(vec![item])),
        }
    }

    fn plain(&self) -> Plain {
        Plain::List(self.0.iter().map(T::plain).collect())
    }
}

/// Environment variables with their names as written.
#[derive(Clone)]
pub(crate) struct Environment(pub(crate) Vec<EnvVar>);

/// Environment variables whose names are put in upper case.
#[derive(Clone)]
pub(crate) struct UpperEnvironment(pub(crate) Vec<EnvVar>);

impl Readable for Environment {
    const TYPE: Type = Type::Environment;

    fn read(node: &Node, at: &mut At<'_>) -> Option<Self> {
        variables(node, at, EnvName::parse).map(Self)
    }

    fn plain(&self) -> Plain {
        named(&self.0)
    }
}

impl Readable for UpperEnvironment {
    const TYPE: Type = Type::Environment;

    fn read(node: &Node, at: &mut At<'_>) -> Option<Self> {
        variables(node, at, EnvName::upper).map(Self)
    }

    fn plain(&self) -> Plain {
        named(&self.0)
    }
}

fn named(variables: &[EnvVar]) -> Plain {
    Plain::Named(
        variables
            .iter()
            .map(|v| (v.name.to_string(), v.value.plain()))
            .collect(),
    )
}

fn variables(
    node: &Node,
    at: &mut At<'_>,
    name: fn(&str) -> Result<EnvName, Invalid>,
) -> Option<Vec<EnvVar>> {
    let Value::Map(entries) = &node.value else {
        let help = match &node.value {
            Value::Scalar(_) | Value::Vault(_) | Value::Refused => {
                let scalar = at.scalar(node, "a mapping of names to values")?;
                match scalar.kind {
                    Kind::Null => "leave the line out, or write `{}`",
                    _ => "write `name: value`, each on a line of its own below it",
                }
            }
            _ => "write `name: value`, each on a line of its own, without `- ` before it",
        };
        let found = kind_of(node);
        let why = Invalid::new(format!(
            "expected a mapping of names to values, found {found}"
        ));
        at.refuse(node.place, "wrong-type", &why.help(help));
        return None;
    };
    let mut variables: Vec<EnvVar> = Vec::with_capacity(entries.len());
    let mut places: HashMap<EnvName, Place> = HashMap::with_capacity(entries.len());
    for entry in entries {
        let key = entry.key.python_text();
        let shown_key = shown_key(entry);
        let step = at.step(&shown_key);
        at.below(&step, |at| {
            if shown_key != key {
                let why = Invalid::new("there is no value")
                    .help("write `name: value`, with a space after the colon");
                at.refuse(entry.key_place, "no-value", &why);
                return;
            }
            let value: Option<EnvValue> = at.read(&entry.node);
            let name = match name(&key) {
                Ok(name) => Some(name),
                Err(why) => {
                    at.refuse(entry.key_place, "invalid-name", &why);
                    None
                }
            };
            let (Some(name), Some(value)) = (name, value) else {
                return;
            };
            if key != entry.key.written {
                let written = shown(&entry.key.written);
                let why = Invalid::new(format!("YAML reads the name `{written}` as `{key}`"))
                    .help("put the name in quotes to keep it as it is written");
                at.warn(entry.key_place, "respelled", &why);
            }
            if let Some(first) = places.insert(name.clone(), entry.key_place) {
                let why = Invalid::new(format!("`{name}` is set twice")).help(
                    "names are put in upper case, which makes these two one; rename one of them",
                );
                at.refuse(entry.key_place, "duplicate-name", &why);
                at.relate(first, "set here first");
                return;
            }
            variables.push(EnvVar { name, value });
        });
    }
    Some(variables)
}
