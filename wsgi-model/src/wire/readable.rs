//! Reading one typed value from a node, with every refusal at its place.

mod collections;
mod scalars;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use crate::describe::in_words;
use crate::name::shown;
use crate::variable::{Fallback, Type};
use crate::wire::plain::Plain;
use crate::wire::scalar::Scalar;
use crate::wire::yaml::{Entry, Node, Value};
use crate::{Definition, Invalid, Place, Problem, Severity};

pub(crate) use collections::{Environment, OneOrMany, UpperEnvironment};
pub(crate) use scalars::{DirectoryPath, IncludePath, KeySource, warn_of_respelling};

/// A type that stands in a vars file.
pub(crate) trait Readable: Sized {
    /// What it takes.
    const TYPE: Type;

    /// Whether `no` and an empty text in place of the value mean that there is none.
    const HAS_OFF: bool = true;

    /// The value of `node`. After a refusal, `None`, or what is left of it with stand-ins for the rest.
    fn read(node: &Node, at: &mut At<'_>) -> Option<Self>;

    /// The value as it is written; reading that gives the value again.
    fn plain(&self) -> Plain;
}

/// What was found wrong, and what stands in for it.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) problems: Vec<Problem>,
    /// Paths of variables whose values are stand-ins, or hold some. A set, since a hostile file may
    /// have tens of thousands of them.
    stand_ins: BTreeSet<String>,
}

impl Found {
    pub(crate) fn stand_in_for(&mut self, path: impl Into<String>) {
        self.stand_ins.insert(path.into());
    }

    /// Whether the value at a path, something in it or something around it is a stand-in.
    pub(crate) fn is_stand_in(&self, path: &str) -> bool {
        let around = path.match_indices(['.', '[']).map(|(end, _)| &path[..end]);
        if around
            .chain([path])
            .any(|outer| self.stand_ins.contains(outer))
        {
            return true;
        }
        [".", "["].iter().any(|separator| {
            let below = format!("{path}{separator}");
            let next = self.stand_ins.range(below.clone()..).next();
            next.is_some_and(|next| next.starts_with(&below))
        })
    }
}

/// A legal value in place of one that was refused, its placeholders filled in by `expand`.
pub(crate) fn stand_in<T: Readable>(
    definition: &Definition,
    expand: impl FnOnce(&str) -> String,
) -> T {
    let text = match definition.fallback {
        Fallback::Text(text) => expand(text),
        Fallback::Nothing(_) => "~".to_owned(),
        Fallback::Required => definition.example.to_owned(),
    };
    let mut found = Found::default();
    // Every default and every example is a constant of this crate; a test reads them all.
    T::read(
        &Node::of_default(&text),
        &mut At::default_of(&mut found, definition.name),
    )
    .unwrap_or_else(|| unreachable!("a default was refused: {found:?}"))
}

/// The step of a path to a key, in quotes where it would not end by itself.
pub(crate) fn step(key: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    if !key.is_empty() && key.chars().all(plain) {
        format!(".{}", shown(key))
    } else {
        format!(".'{}'", shown(key))
    }
}

/// What is shown of the name of an entry. One that is no plain name and has no value may be both:
/// `{password:s3cret}`, without the space after the colon. Then only its beginning is shown.
pub(crate) fn shown_key(entry: &Entry) -> Cow<'_, str> {
    let key = entry.key.python_text();
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    match key.find(|c| !plain(c)) {
        Some(end) if entry.node.is_nothing() => Cow::Owned(format!("{}…", &key[..end])),
        _ => key,
    }
}

/// Where reading has got to, and what was found wrong on the way.
pub(crate) struct At<'a> {
    found: &'a mut Found,
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
    pub(crate) fn variable(found: &'a mut Found, name: &str) -> Self {
        Self {
            found,
            path: name.to_owned(),
            origin: Origin::File,
            file: None,
            secret: false,
            wanted: Type::Secret,
        }
    }

    /// Reads the default of a variable: what is said of it has no place.
    pub(crate) fn default_of(found: &'a mut Found, name: &str) -> Self {
        Self {
            found,
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

    /// Whether what is being read was given with `-e`, and in no file.
    pub(crate) fn is_on_command_line(&self) -> bool {
        self.origin == Origin::Default && self.file.is_some()
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
            step(key)
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
                problem.message = String::from(
                    "the value, which comes from a vault and is not shown, is not taken here",
                );
                problem.help = Some(format!("what is taken: {}", in_words(self.wanted, "")));
            }
        }
        if severity == Severity::Error {
            self.found.stand_in_for(self.path.clone());
        }
        self.found.problems.push(problem);
    }

    /// Where reading has got to, as messages name it.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// Says that what stands at a step below is not what was meant.
    pub(crate) fn stand_in_below(&mut self, step: &str) {
        self.found.stand_in_for(format!("{}{step}", self.path));
    }

    /// Adds another place to what was said last.
    pub(crate) fn relate(&mut self, place: Place, what: &str) {
        if let Some(problem) = self.found.problems.last_mut() {
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
            Value::Refused => {
                self.found.stand_in_for(self.path.clone());
                return None;
            }
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

    /// Says that nothing stands where a value should.
    pub(crate) fn no_value(&mut self, node: &Node) {
        let help = if self.path.ends_with(']') {
            "take the item out"
        } else {
            "leave the line out to get the default"
        };
        let why = Invalid::new("there is no value").help(help);
        self.refuse(node.place, "no-value", &why);
    }

    pub(crate) fn wrong_type(&mut self, node: &Node, wanted: &str, found: &str) {
        if matches!(node.value, Value::Refused) {
            self.found.stand_in_for(self.path.clone());
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
