//! One scalar of a vars file: how it was written and what Ansible takes it for.

mod python;
mod resolve;

use std::borrow::Cow;
use std::fmt;

#[cfg(feature = "ansible")]
pub(crate) use python::float_text;
pub(crate) use resolve::{Unreadable, resolve, resolve_as};

/// How a scalar was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    Plain,
    SingleQuoted,
    DoubleQuoted,
    /// `|`
    Literal,
    /// `>`
    Folded,
}

/// What Ansible's loader (YAML 1.1) makes of a scalar.
#[derive(Clone, PartialEq)]
pub(crate) enum Kind {
    Null,
    Bool(bool),
    /// Decimal digits without leading zeros, after a `-` if it is negative: Python's integers have no bound.
    Int(String),
    Float(f64),
    /// A date or a date with a time, as Python prints it.
    Date(String),
    Str,
}

impl Kind {
    /// The name to use in a message.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Bool(_) => "a boolean",
            Self::Int(_) => "a whole number",
            Self::Float(_) => "a number",
            Self::Date(_) => "a date",
            Self::Str => "a text",
        }
    }
}

/// A scalar with its spelling.
#[derive(Clone, PartialEq)]
pub(crate) struct Scalar {
    /// The text after YAML's own unescaping and folding.
    pub(crate) written: String,
    pub(crate) style: Style,
    pub(crate) kind: Kind,
    /// Whether it, or a collection around it, is tagged `!unsafe`: never a template.
    pub(crate) unsafe_: bool,
}

impl Scalar {
    /// What Python, and so Jinja, prints for it: `True`, `8`, `1.1`, `None`, `45045`, `2024-01-01`.
    pub(crate) fn python_text(&self) -> Cow<'_, str> {
        match &self.kind {
            Kind::Null => Cow::Borrowed("None"),
            Kind::Bool(true) => Cow::Borrowed("True"),
            Kind::Bool(false) => Cow::Borrowed("False"),
            Kind::Int(text) | Kind::Date(text) => Cow::Borrowed(text),
            Kind::Float(number) => Cow::Owned(python::float_text(*number)),
            Kind::Str => Cow::Borrowed(&self.written),
        }
    }

    /// Whether Ansible would hand it to Jinja: a string, not `!unsafe`, with `{{`, `{%` or `{#` in it.
    pub(crate) fn is_template(&self) -> bool {
        !self.unsafe_
            && self.kind == Kind::Str
            && ["{{", "{%", "{#"]
                .iter()
                .any(|mark| self.written.contains(mark))
    }
}

// The text may be a secret, so neither `Kind` nor `Scalar` shows it.
impl fmt::Debug for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Debug for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Scalar({:?}, {:?})", self.style, self.kind)
    }
}

#[cfg(test)]
mod tests;
