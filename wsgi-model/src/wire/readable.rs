//! Reading one typed value from a node, with every refusal at its place.

mod collections;
mod scalars;

use std::sync::Arc;

use crate::describe::in_words;
use crate::name::shown;
use crate::variable::Type;
use crate::wire::plain::Plain;
use crate::wire::scalar::Scalar;
use crate::wire::yaml::{Node, Value};
use crate::{Invalid, Place, Problem, Severity};

pub(crate) use collections::{Environment, OneOrMany, UpperEnvironment};
pub(crate) use scalars::{IncludePath, KeySource, warn_of_respelling};

/// A type that stands in a vars file.
pub(crate) trait Readable: Sized {
    /// What it takes.
    const TYPE: Type;

    /// The value of `node`; `None` after at least one refusal.
    fn read(node: &Node, at: &mut At<'_>) -> Option<Self>;

    /// The value as it is written; reading that gives the value again.
    fn plain(&self) -> Plain;
}

/// Where reading has got to, and what was found wrong on the way.
pub(crate) struct At<'a> {
    problems: &'a mut Vec<Problem>,
    path: String,
    origin: Origin,
    /// What is called the file, where it is not the vars file itself.
    file: Option<Arc<str>>,
    /// Whether the values that are read must not be shown.
    secret: bool,
    /// The type that is being read.
    wanted: Type,
}

/// Whether a node stands in the file.
#[derive(Clone, Copy, PartialEq)]
enum Origin {
    File,
    Default,
}

impl<'a> At<'a> {
    /// Reads a variable of the file.
    pub(crate) fn variable(problems: &'a mut Vec<Problem>, name: &str) -> Self {
        Self {
            problems,
            path: name.to_owned(),
            origin: Origin::File,
            file: None,
            secret: false,
            wanted: Type::Secret,
        }
    }

    /// Reads the default of a variable: what is said of it has no place.
    pub(crate) fn default_of(problems: &'a mut Vec<Problem>, name: &str) -> Self {
        Self {
            problems,
            path: name.to_owned(),
            origin: Origin::Default,
            file: None,
            secret: false,
            wanted: Type::Secret,
        }
    }

    /// Says of what follows that it stands in another file.
    pub(crate) fn in_file(mut self, file: Option<&Arc<str>>) -> Self {
        self.file = file.cloned();
        self
    }

    /// Shows nothing of what follows when it is secret.
    pub(crate) fn hiding(mut self, secret: bool) -> Self {
        self.secret |= secret;
        self
    }

    /// Whether the value that is being read came from a vault.
    pub(crate) const fn is_secret(&self) -> bool {
        self.secret
    }

    /// Reads a value, of which nothing is shown where it is secret.
    pub(crate) fn read<T: Readable>(&mut self, node: &Node) -> Option<T> {
        let outer = (self.secret, self.wanted);
        (self.secret, self.wanted) = (self.secret || node.secret, T::TYPE);
        let value = T::read(node, self);
        (self.secret, self.wanted) = outer;
        value
    }

    /// The step to a key that the vars file has chosen.
    pub(crate) fn step(&self, key: &str) -> String {
        if self.secret {
            ".…".to_owned()
        } else {
            format!(".{}", shown(key))
        }
    }

    /// Reads something below: `step` is `.key` or `[index]`.
    pub(crate) fn below<R>(&mut self, step: &str, read: impl FnOnce(&mut Self) -> R) -> R {
        let length = self.path.len();
        self.path.push_str(step);
        let result = read(self);
        self.path.truncate(length);
        result
    }

    pub(crate) fn refuse(&mut self, place: Place, code: &'static str, why: &Invalid) {
        self.say(Severity::Error, place, code, why);
    }

    pub(crate) fn warn(&mut self, place: Place, code: &'static str, why: &Invalid) {
        self.say(Severity::Warning, place, code, why);
    }

    pub(crate) fn note(&mut self, place: Place, code: &'static str, why: &Invalid) {
        self.say(Severity::Note, place, code, why);
    }

    fn say(&mut self, severity: Severity, place: Place, code: &'static str, why: &Invalid) {
        let mut problem = Problem::new(severity, code, &self.path, why.reason());
        problem.place = (self.origin == Origin::File).then_some(place);
        problem.help = why.remedy().map(str::to_owned);
        problem.file.clone_from(&self.file);
        if self.secret {
            // Reasons and remedies quote the value.
            problem.help = None;
            if severity == Severity::Error && code != "missing" {
                problem.message =
                    "the value, which comes from a vault and is not shown, is not taken here"
                        .to_owned();
                problem.help = Some(format!("what is taken: {}", in_words(self.wanted, "")));
            }
        }
        self.problems.push(problem);
    }

    /// Adds another place to what was said last.
    pub(crate) fn relate(&mut self, place: Place, what: &str) {
        if let Some(problem) = self.problems.last_mut() {
            problem.related.push((place, what.to_owned()));
        }
    }

    /// `result`, or a refusal at `node`.
    pub(crate) fn accept<T>(&mut self, node: &Node, result: Result<T, Invalid>) -> Option<T> {
        result
            .map_err(|why| self.refuse(node.place, "invalid-value", &why))
            .ok()
    }

    /// The scalar of `node`, which is no template and not encrypted.
    pub(crate) fn scalar<'n>(&mut self, node: &'n Node, wanted: &str) -> Option<&'n Scalar> {
        let found = match &node.value {
            Value::Scalar(scalar) if scalar.is_template() => {
                self.refuse(
                    node.place,
                    "template",
                    &Invalid::new("the value is a Jinja template, and templates are not evaluated yet").help(
                        "write the value itself; a text that only looks like a template is tagged: `!unsafe '…'`",
                    ),
                );
                return None;
            }
            Value::Scalar(scalar) => return Some(scalar),
            Value::Refused => return None,
            Value::Vault(_) => {
                self.refuse(
                    node.place,
                    "vault",
                    &Invalid::new(
                        "the value is encrypted with Ansible Vault, which is not read yet",
                    )
                    .help("decrypt it for now: `ansible-vault decrypt`"),
                );
                return None;
            }
            Value::List(_) => "a list",
            Value::Map(_) => "a mapping",
        };
        self.wrong_type(node, wanted, found);
        None
    }

    pub(crate) fn wrong_type(&mut self, node: &Node, wanted: &str, found: &str) {
        if matches!(node.value, Value::Refused) {
            return;
        }
        self.refuse(
            node.place,
            "wrong-type",
            &Invalid::new(format!("expected {wanted}, found {found}")),
        );
    }
}

/// What stands at a node, for a message.
pub(crate) fn kind_of(node: &Node) -> &'static str {
    match &node.value {
        Value::Scalar(scalar) => scalar.kind.name(),
        Value::List(_) => "a list",
        Value::Map(_) => "a mapping",
        Value::Vault(_) => "an encrypted value",
        Value::Refused => "nothing",
    }
}
