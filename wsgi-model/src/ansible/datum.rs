//! Values as Ansible's Python has them.

use crate::wire::scalar::{Kind, Scalar};
use crate::wire::yaml::{Node, Value};

/// A value as Ansible's Python has it. It may be secret, so `Debug` shows its type only.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub enum Datum {
    /// `None`
    Null,
    /// `True` or `False`
    Bool(bool),
    /// An integer of any size, in decimal digits after a `-` if it is negative.
    Int(String),
    /// A float.
    Float(f64),
    /// A date or a date with a time, as Python prints it.
    Date(String),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Datum>),
    /// A mapping, in its order.
    Map(Vec<(Datum, Datum)>),
}

impl Datum {
    /// `None` where a value was refused.
    pub(super) fn of(node: &Node) -> Option<Self> {
        Some(match &node.value {
            Value::Scalar(scalar) => Self::of_scalar(scalar),
            Value::List(nodes) => Self::List(nodes.iter().map(Self::of).collect::<Option<_>>()?),
            Value::Map(entries) => {
                let pair = |entry: &crate::wire::yaml::Entry| {
                    Some((Self::of_scalar(&entry.key), Self::of(&entry.node)?))
                };
                Self::Map(entries.iter().map(pair).collect::<Option<_>>()?)
            }
            Value::Vault(_) | Value::Refused => return None,
        })
    }

    fn of_scalar(scalar: &Scalar) -> Self {
        match &scalar.kind {
            Kind::Null => Self::Null,
            Kind::Bool(value) => Self::Bool(*value),
            Kind::Int(digits) => Self::Int(digits.clone()),
            Kind::Float(number) => Self::Float(*number),
            Kind::Date(text) => Self::Date(text.clone()),
            Kind::Str => Self::Text(scalar.written.clone()),
        }
    }
}

impl std::fmt::Debug for Datum {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Null => f.write_str("Null"),
            Self::Bool(_) => f.write_str("Bool(..)"),
            Self::Int(_) => f.write_str("Int(..)"),
            Self::Float(_) => f.write_str("Float(..)"),
            Self::Date(_) => f.write_str("Date(..)"),
            Self::Text(_) => f.write_str("Text(..)"),
            Self::List(items) => f.debug_list().entries(items).finish(),
            Self::Map(pairs) => f
                .debug_list()
                .entries(pairs.iter().map(|(_, v)| v))
                .finish(),
        }
    }
}
