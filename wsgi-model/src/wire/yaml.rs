//! A vars file as nodes that keep their place and spelling.
//!
//! Hostile input is expected: no recursion, and bounds on the size, the depth and on what aliases make.

mod compose;
mod decode;
mod explain;
mod text;

use std::fmt;

use saphyr_parser::Parser;

use crate::place::Place;
use crate::wire::scalar::{Kind, Scalar, Style, resolve};
use compose::Composer;
use text::Text;

/// The largest file that is read, in bytes.
pub(crate) const MAX_BYTES: usize = 4 << 20;
/// The deepest nesting of lists and mappings, aliases expanded.
pub(crate) const MAX_DEPTH: u32 = 64;
/// The most values in a file, aliases expanded.
pub(crate) const MAX_NODES: usize = 100_000;
/// The most text in all values and names together, aliases expanded, in bytes.
pub(crate) const MAX_TEXT: usize = 8 << 20;
/// The most punctuation in a file: the parser queues a token for each while it looks for the `:` of a
/// key, so that this bounds its memory.
pub(crate) const MAX_MARKS: usize = 150_000;
/// The most characters of a name that a message shows.
const MAX_SHOWN: usize = 60;
/// After as many problems reading stops.
pub(crate) const MAX_PROBLEMS: usize = 100;

/// A value with its place.
#[derive(Clone, PartialEq)]
pub(crate) struct Node {
    /// Where the value begins, at its tag or anchor if it has one. An alias stands where it is used,
    /// what is inside of it where it was written. A value left empty stands at its name or dash.
    pub(crate) place: Place,
    pub(crate) value: Value,
    /// Whether it, with all below it, came from a vault.
    pub(crate) secret: bool,
}

/// What stands at a node.
#[derive(Clone, PartialEq)]
pub(crate) enum Value {
    Scalar(Scalar),
    List(Vec<Node>),
    /// In Ansible's order: what a merge key brought comes first.
    Map(Vec<Entry>),
    /// The ciphertext of a `!vault` scalar.
    Vault(String),
    /// Nothing: what is wrong with it was said already.
    #[cfg_attr(
        not(feature = "ansible"),
        expect(dead_code, reason = "nothing is worked out")
    )]
    Refused,
}

/// A name and its value. Names are unique within their mapping.
#[derive(Clone, PartialEq)]
pub(crate) struct Entry {
    pub(crate) key: Scalar,
    pub(crate) key_place: Place,
    pub(crate) node: Node,
}

/// A reason why a vars file cannot be read.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct YamlProblem {
    /// `None` when it is about the file as a whole.
    pub(crate) place: Option<Place>,
    /// A stable word in lower case.
    pub(crate) code: &'static str,
    /// Lower case, no full stop, no text of a value.
    pub(crate) message: String,
    pub(crate) help: Option<String>,
    pub(crate) related: Vec<(Place, String)>,
}

impl YamlProblem {
    fn new(
        place: impl Into<Option<Place>>,
        code: &'static str,
        message: impl Into<String>,
    ) -> Self {
        let message = message.into();
        Self {
            place: place.into(),
            code,
            message,
            help: None,
            related: Vec::new(),
        }
    }

    fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    fn related(mut self, place: Place, note: impl Into<String>) -> Self {
        self.related.push((place, note.into()));
        self
    }
}

/// A name for a message: short and on one line.
fn shown(name: &str) -> String {
    let mut shown: String = name
        .chars()
        .take(MAX_SHOWN)
        .flat_map(char::escape_debug)
        .collect();
    if name.chars().nth(MAX_SHOWN).is_some() {
        shown.push('…');
    }
    shown
}

/// Reads a vars file as Ansible would, except that it refuses what Ansible only warns about.
///
/// An empty file is an empty mapping.
///
/// # Errors
///
/// Everything that is wrong with the file, in its order. After an error of syntax nothing more is read.
pub(crate) fn read(bytes: &[u8]) -> Result<Node, Vec<YamlProblem>> {
    let decoded = decode::decode(bytes).map_err(|problem| vec![problem])?;
    let text = Text::new(&decoded);
    let mut composer = Composer::new(&text);
    for event in Parser::new_from_str(&decoded) {
        let outcome = match event {
            Ok((event, span)) => composer.event(event, span),
            Err(error) => {
                let problem = explain::explain(&error, &composer, &text);
                composer.refuse(problem);
                break;
            }
        };
        if outcome.is_err() {
            break;
        }
    }
    composer.finish()
}

impl Node {
    /// A value that came from no vault.
    pub(crate) const fn new(place: Place, value: Value) -> Self {
        Self {
            place,
            value,
            secret: false,
        }
    }

    /// Whether it is null, written or left out.
    pub(crate) fn is_nothing(&self) -> bool {
        matches!(&self.value, Value::Scalar(scalar) if scalar.kind == Kind::Null)
    }

    /// The node of a default in the table of variables: a scalar, `[]` or `{}`.
    pub(crate) fn of_default(text: &str) -> Self {
        let value = match text {
            "[]" => Value::List(Vec::new()),
            "{}" => Value::Map(Vec::new()),
            _ => Value::Scalar(Scalar {
                written: text.to_owned(),
                style: Style::Plain,
                kind: resolve(text).unwrap_or(Kind::Str),
                unsafe_: true,
            }),
        };
        Self::new(Place::START, value)
    }

    /// A mapping of names to texts that stands in no file.
    pub(crate) fn of_texts(entries: &[(&str, &str)]) -> Self {
        let text = |text: &str| Scalar {
            written: text.to_owned(),
            style: Style::SingleQuoted,
            kind: Kind::Str,
            unsafe_: true,
        };
        let entry = |(key, value): &(&str, &str)| Entry {
            key: text(key),
            key_place: Place::START,
            node: Self::new(Place::START, Value::Scalar(text(value))),
        };
        Self::new(
            Place::START,
            Value::Map(entries.iter().map(entry).collect()),
        )
    }
}

// Values may be secrets: `{:?}` shows where and what kind, never the text.
impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?}", self.place, self.value)
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scalar(scalar) => scalar.fmt(f),
            Self::List(items) => f.debug_list().entries(items).finish(),
            Self::Map(entries) => f.debug_list().entries(entries).finish(),
            Self::Vault(_) => f.write_str("Vault(..)"),
            Self::Refused => f.write_str("Refused"),
        }
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} => {:?}", self.key_place, self.node)
    }
}

impl fmt::Debug for YamlProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("YamlProblem")
            .field("place", &self.place.map(|place| place.to_string()))
            .field("code", &self.code)
            .field("message", &self.message)
            .field("help", &self.help)
            .field("related", &self.related)
            .finish()
    }
}

#[cfg(test)]
mod tests;
