//! One template: evaluated as Ansible 2.19 does, which keeps the type of a lone expression.

use std::num::NonZeroUsize;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use minijinja::value::{Value, ValueKind};
use minijinja::{Environment, Error, ErrorKind};

use super::session::{Session, wait};
use super::view::{Date, Plain, Root, scalar_value};
use super::{backslashes, python, weighed};
use crate::Place;
use crate::wire::scalar::{Kind, Scalar, Style};
use crate::wire::yaml::{Entry, Node, Value as Yaml};

/// The deepest nesting of what an expression makes.
const MAX_DEPTH: usize = 64;
/// The stack of an evaluation that can nest values in a loop.
const STACK: usize = 64 << 20;
/// Its fuel, which bounds how deep it can nest them.
const NESTING_FUEL: u64 = 60_000;
/// How long a template may take that the fuel does not bound.
const DEADLINE: Duration = Duration::from_millis(1500);

/// What a template has made.
pub(super) enum Made {
    /// `None` for Ansible's `omit`.
    Value(Option<Node>),
    Failed(Error),
    /// More was made than may be.
    TooLarge,
}

/// What is left to spend on all templates together.
#[derive(Clone, Copy, Debug)]
pub(super) struct Allowance {
    /// Of the engine's fuel: an instruction, or 64 bytes.
    pub(super) fuel: u64,
    /// Values that are made.
    pub(super) nodes: NonZeroUsize,
    /// Bytes in them.
    pub(super) text: usize,
}

/// Evaluates `template`, which stands at `place`; what it used is taken from the allowance only when
/// it is known.
pub(super) fn evaluate(
    engine: &Environment<'static>,
    session: &Arc<Session>,
    template: &str,
    place: Place,
    allowance: &mut Allowance,
) -> Made {
    if !can_share(template) {
        return evaluate_here(engine, session, template, place, allowance);
    }
    let (engine, own, template) = (engine.clone(), Arc::clone(session), template.to_owned());
    let mut left = *allowance;
    let (sender, receiver) = mpsc::channel();
    let worker = move || {
        let made = evaluate_here(&engine, &own, &template, place, &mut left);
        // Nobody listens any more when it took too long.
        let _ = sender.send((made, left));
    };
    let started = std::thread::Builder::new().stack_size(STACK).spawn(worker);
    if let Ok(Ok((made, left))) = started.map(|_| receiver.recv_timeout(DEADLINE)) {
        *allowance = left;
        return made;
    }
    // One such template is enough. What goes on ends at the next value that it reads, or with its fuel.
    session.exhaust();
    allowance.fuel = 0;
    Made::TooLarge
}

/// Whether a template may need a deep stack, or long: the engine frees lists in lists by recursion, and
/// its fuel hardly counts how often a long text is read. Such a one gets a stack of its own and a
/// deadline, after which nobody waits for it any more; it ends at the next value that it reads, or when
/// its fuel is used up.
fn can_share(template: &str) -> bool {
    template.contains(['*', '%']) || template.len() > 400
}

/// The fuel that a template may use at most.
pub(super) fn most_fuel(template: &str) -> u64 {
    // Only a namespace outlives the rounds of a loop, so that each can put the last one's value into
    // another list.
    if template.contains("namespace") {
        NESTING_FUEL
    } else {
        u64::MAX
    }
}

fn evaluate_here(
    engine: &Environment<'_>,
    session: &Arc<Session>,
    template: &str,
    place: Place,
    allowance: &mut Allowance,
) -> Made {
    let escaped = backslashes::escape(template);
    let source = match weighed::weighed(&escaped) {
        Ok(source) => source,
        Err(why) => return Made::Failed(session.refuse("too-large", why)),
    };
    let rendered = engine
        .template_from_named_str("value", &source)
        .and_then(|compiled| {
            compiled.render_captured(Value::from_object(Root(Arc::clone(session))))
        });
    let rendered = match rendered {
        Ok(rendered) => rendered,
        Err(error) => return Made::Failed(error),
    };
    if let Some((used, _)) = rendered.state().fuel_levels() {
        allowance.fuel = allowance.fuel.saturating_sub(used);
    }
    let value = native(session, template, rendered.output());
    let mut maker = Maker {
        session,
        place,
        allowance,
    };
    match maker.node(&value, 0) {
        Ok(node) => Made::Value(node),
        Err(Refusal::Error(error)) => Made::Failed(error),
        Err(Refusal::TooLarge) => Made::TooLarge,
    }
}

/// The value of a template whose output is one value and nothing else, or the text.
///
/// Jinja drops one line feed at the end, and Ansible puts those that miss back behind a text.
fn native(session: &Session, template: &str, output: &str) -> Value {
    let line_feeds = |text: &str| text.len() - text.trim_end_matches('\n').len();
    let text = || {
        let missing = line_feeds(template).saturating_sub(line_feeds(output));
        Value::from(format!("{output}{}", "\n".repeat(missing)))
    };
    match session.written() {
        (0, _) if output.is_empty() => Value::from(()),
        (1, Some((value, length))) if length == output.len() => {
            if value.kind() == ValueKind::String {
                text()
            } else {
                value
            }
        }
        _ => text(),
    }
}

/// Makes nodes of values.
struct Maker<'a> {
    session: &'a Arc<Session>,
    place: Place,
    allowance: &'a mut Allowance,
}

enum Refusal {
    Error(Error),
    TooLarge,
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl Maker<'_> {
    /// `None` for Ansible's `omit`.
    fn node(&mut self, value: &Value, depth: usize) -> Result<Option<Node>, Refusal> {
        if depth > MAX_DEPTH {
            return Err(Refusal::TooLarge);
        }
        self.allowance.nodes =
            NonZeroUsize::new(self.allowance.nodes.get() - 1).ok_or(Refusal::TooLarge)?;
        let made = match value.kind() {
            ValueKind::Undefined => {
                return Err(Error::from(ErrorKind::UndefinedError).into());
            }
            ValueKind::Seq | ValueKind::Iterable => {
                let items: Vec<Value> = value.try_iter()?.collect();
                let mut nodes = Vec::with_capacity(items.len());
                let mut waits = None;
                for item in items {
                    // What all of them need is noted before the first ends it.
                    match self.node(&item, depth + 1) {
                        Ok(node) => nodes.extend(node),
                        Err(Refusal::TooLarge) => return Err(Refusal::TooLarge),
                        Err(Refusal::Error(error)) => _ = waits.get_or_insert(error),
                    }
                }
                if let Some(error) = waits {
                    return Err(error.into());
                }
                Yaml::List(nodes)
            }
            ValueKind::Map => {
                let keys: Vec<Value> = value.try_iter()?.collect();
                let mut entries = Vec::with_capacity(keys.len());
                let mut waits = None;
                for key in keys {
                    let item = value.get_item(&key)?;
                    match self.node(&item, depth + 1) {
                        Ok(Some(node)) => entries.push(Entry {
                            key: self.scalar(&key)?,
                            key_place: self.place,
                            node,
                        }),
                        Ok(None) => {}
                        Err(Refusal::TooLarge) => return Err(Refusal::TooLarge),
                        Err(Refusal::Error(error)) => _ = waits.get_or_insert(error),
                    }
                }
                if let Some(error) = waits {
                    return Err(error.into());
                }
                Yaml::Map(entries)
            }
            ValueKind::Invalid => return Err(wait().into()),
            ValueKind::Plain => match value.downcast_object_ref::<Plain>() {
                Some(Plain::Omit) => return Ok(None),
                _ => Yaml::Scalar(self.scalar(value)?),
            },
            _ => Yaml::Scalar(self.scalar(value)?),
        };
        Ok(Some(Node::new(self.place, made)))
    }

    fn scalar(&mut self, value: &Value) -> Result<Scalar, Refusal> {
        let (written, kind) = match value.kind() {
            ValueKind::None => (String::new(), Kind::Null),
            ValueKind::Bool => {
                let word = if value.is_true() { "True" } else { "False" };
                (word.to_owned(), Kind::Bool(value.is_true()))
            }
            ValueKind::Number => {
                let text = python::number(value);
                let kind = match f64::try_from(value.clone()) {
                    _ if value.is_integer() => Kind::Int(text.clone()),
                    Ok(number) => Kind::Float(number),
                    Err(error) => return Err(error.into()),
                };
                (text, kind)
            }
            ValueKind::String => (value.as_str().unwrap_or_default().to_owned(), Kind::Str),
            ValueKind::Plain => match value.downcast_object_ref::<Plain>() {
                Some(Plain::Date(Date(text))) => (text.clone(), Kind::Date(text.clone())),
                _ => return Err(self.no_value()),
            },
            _ => return Err(self.no_value()),
        };
        self.allowance.text = self
            .allowance
            .text
            .checked_sub(written.len())
            .ok_or(Refusal::TooLarge)?;
        Ok(Scalar {
            written,
            style: Style::SingleQuoted,
            kind,
            unsafe_: true,
        })
    }

    fn no_value(&self) -> Refusal {
        let why = crate::Invalid::new("the expression makes something that no variable can hold");
        self.session.refuse("expression", why).into()
    }
}

/// What an expression sees of something that another one has made. Bounded by [`MAX_DEPTH`].
pub(super) fn value_of(node: &Node) -> Value {
    match &node.value {
        Yaml::Scalar(scalar) => scalar_value(scalar),
        Yaml::List(nodes) => nodes.iter().map(value_of).collect(),
        Yaml::Map(entries) => {
            let pairs = entries
                .iter()
                .map(|entry| (scalar_value(&entry.key), value_of(&entry.node)));
            Value::from_pairs(pairs)
        }
        Yaml::Vault(_) | Yaml::Refused => Value::UNDEFINED,
    }
}
