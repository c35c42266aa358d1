//! What the expressions of a run see, and what is noted while one of them is evaluated.
//!
//! An expression does not wait for what it needs. It notes the need and fails; the
//! [resolver](super::resolve) meets the need and evaluates it again. So nothing recurses from
//! expression to expression, however long a chain of references is, and the caller's lookups are
//! asked outside of the engine.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use minijinja::value::{ObjectRepr, Value};
use minijinja::{Error, ErrorKind};

use super::evaluate::value_of;
use super::known;
use super::tree::{Content, Id, Tree};
use super::view::{ListView, MapView, Plain, Root, scalar_value};
use crate::wire::yaml::Node;
use crate::{Invalid, Problem};

/// A template or an encrypted value that was worked out, or failed.
#[derive(Clone, Debug)]
pub(super) enum Outcome {
    Worked {
        /// For expressions.
        value: Value,
        /// For the typed readers.
        node: Arc<Node>,
        /// How much there is to walk in it.
        weight: u64,
    },
    /// Ansible's `omit`: the item or key is left out.
    Omitted,
    Failed(Arc<Failure>),
}

impl Outcome {
    pub(super) fn worked(node: Node) -> Self {
        let value = value_of(&node);
        Self::Worked {
            weight: weight(&value),
            value,
            node: Arc::new(node),
        }
    }
}

/// Why a value could not be worked out.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) problem: Problem,
    pub(super) cause: Cause,
}

/// What a failure means to those who read the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// A name in it is not defined, so it is not defined itself.
    Undefined,
    /// Anything else.
    Error,
}

/// What must be known before an expression can be evaluated.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Need {
    Value(Id),
    Lookup(Query),
}

/// A question for the machine that the operator sits at.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Query {
    Environment(String),
    File(String),
}

/// What a lookup found.
#[derive(Clone, Debug)]
pub(super) enum Answer {
    Text { text: String, secret: bool },
    Nothing,
    Failed(String),
}

/// A name without a value that an expression has read.
#[derive(Clone, Debug)]
pub(super) enum Missing {
    /// A variable that is not there.
    Variable(String),
    /// A key that a mapping does not have.
    Key { key: String, of: Id },
    /// Something that has no value for a reason of its own.
    Refused(&'static str, Invalid),
    /// A variable that is there, but is worked out from one that is not.
    Because(Arc<Failure>),
}

/// What is noted while one template is evaluated.
#[derive(Debug, Default)]
pub(super) struct Frame {
    pub(super) needs: Vec<Need>,
    pub(super) missing: Vec<Missing>,
    pub(super) failed: Option<Arc<Failure>>,
    pub(super) refusal: Option<(&'static str, Invalid)>,
    /// Whether a secret was read.
    pub(super) secret: bool,
    /// How many values were written out, and the first of them with its length.
    pub(super) written: usize,
    pub(super) first: Option<(Value, usize)>,
}

/// What all expressions of a run may make and read, in [weights](weight). The engine's fuel pays for
/// items when they are made, and not for comparing or hashing the same ones again and again.
const MAX_WEIGHT: u64 = 1_000_000;

#[derive(Debug, Default)]
struct State {
    outcomes: HashMap<Id, Outcome>,
    answers: HashMap<Query, Answer>,
    frame: Frame,
    /// The weight of what was read.
    read: u64,
    /// Whether something is being weighed.
    weighs: bool,
}

impl State {
    /// Counts what is read. When it is too much, nothing can be read any more.
    fn reads(&mut self, weight: u64) -> Result<(), Error> {
        self.read = self.read.saturating_add(weight);
        if self.read > MAX_WEIGHT {
            return Err(wait());
        }
        Ok(())
    }
}

/// The variables of a run and what has been worked out of them.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) tree: Tree,
    state: Mutex<State>,
}

impl Session {
    pub(super) fn new(tree: Tree) -> Arc<Self> {
        Arc::new(Self {
            tree,
            state: Mutex::default(),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a template, and gives what was noted before.
    pub(super) fn begin(&self) -> Frame {
        std::mem::take(&mut self.state().frame)
    }

    pub(super) fn outcome(&self, id: Id) -> Option<Outcome> {
        self.state().outcomes.get(&id).cloned()
    }

    pub(super) fn conclude(&self, id: Id, outcome: Outcome) {
        self.state().outcomes.insert(id, outcome);
    }

    pub(super) fn answer(&self, query: Query, answer: Answer) {
        self.state().answers.insert(query, answer);
    }

    /// The answer to a query; without one, the need of it is noted.
    pub(super) fn ask(&self, query: Query) -> Result<Answer, Error> {
        let mut state = self.state();
        if let Some(answer) = state.answers.get(&query).cloned() {
            state.frame.secret |= matches!(answer, Answer::Text { secret: true, .. });
            return Ok(answer);
        }
        state.frame.needs.push(Need::Lookup(query));
        Err(wait())
    }

    /// Counts what an expression has made, before anything is done with it.
    pub(super) fn weigh(&self, value: &Value) -> Result<(), Error> {
        // What is only weighed is not needed: two lists of the vars file that were added make a list
        // whose items are read from there.
        self.state().weighs = true;
        let weight = weight(value);
        let mut state = self.state();
        state.weighs = false;
        state.reads(weight)
    }

    /// Ends the evaluation that may still go on, at the next value that it reads.
    pub(super) fn exhaust(&self) {
        let _ = self.state().reads(MAX_WEIGHT + 1);
    }

    /// Whether more was read than may be.
    pub(super) fn is_exhausted(&self) -> bool {
        self.state().read > MAX_WEIGHT
    }

    /// A value as an expression sees it. What it needs, what is secret and what is missing is noted.
    pub(super) fn value(self: &Arc<Self>, id: Id) -> Value {
        let item = self.tree.item(id);
        if self.state().weighs {
            return Value::from(());
        }
        match &item.content {
            Content::List(items) => Value::from_object(ListView::new(self, id, items.len())),
            Content::Map(_) => Value::from_object(MapView::new(self, id)),
            Content::Scalar(scalar) => {
                let mut state = self.state();
                state.frame.secret |= item.origin.secret;
                let value = scalar_value(scalar);
                match state.reads(weight(&value)) {
                    Ok(()) => value,
                    Err(error) => Value::from(error),
                }
            }
            Content::Template(_) | Content::Vault(_) => {
                let mut state = self.state();
                match state.outcomes.get(&id).cloned() {
                    Some(Outcome::Worked {
                        value,
                        node,
                        weight,
                    }) => {
                        state.frame.secret |= node.secret;
                        // Most that is read is looked into, and not walked.
                        match state.reads(1 + weight / 16) {
                            Ok(()) => value,
                            Err(error) => Value::from(error),
                        }
                    }
                    Some(Outcome::Omitted) => Value::from_object(Plain::Omit),
                    Some(Outcome::Failed(failure)) if failure.cause == Cause::Undefined => {
                        state.frame.missing.push(Missing::Because(failure));
                        Value::UNDEFINED
                    }
                    Some(Outcome::Failed(failure)) => {
                        state.frame.failed.get_or_insert(failure);
                        Value::from(wait())
                    }
                    None => {
                        state.frame.needs.push(Need::Value(id));
                        Value::from(wait())
                    }
                }
            }
        }
    }

    /// Notes the need of everything that must be worked out right below a value.
    pub(super) fn need_items(&self, id: Id) {
        let mut state = self.state();
        if state.weighs {
            return;
        }
        let mut need = |id: Id| {
            let waits = matches!(
                self.tree.item(id).content,
                Content::Template(_) | Content::Vault(_)
            );
            if waits && !state.outcomes.contains_key(&id) {
                state.frame.needs.push(Need::Value(id));
            }
        };
        match &self.tree.item(id).content {
            Content::List(items) => items.iter().copied().for_each(&mut need),
            Content::Map(pairs) => pairs.iter().map(|pair| pair.value).for_each(&mut need),
            _ => {}
        }
    }

    pub(super) fn miss(&self, missing: Missing) {
        self.state().frame.missing.push(missing);
    }

    /// Forgives the last missing name: something like `default` has taken care of it. A fact stays
    /// missing, for Ansible would have it, and another value than the default.
    pub(super) fn forgive(&self) {
        let missing = &mut self.state().frame.missing;
        let is_fact =
            |missing: &Missing| matches!(missing, Missing::Variable(name) if known::is_fact(name));
        if let Some(at) = missing.iter().rposition(|missing| !is_fact(missing)) {
            missing.remove(at);
        }
    }

    /// Whether a name without a value was read and nothing took care of it.
    pub(super) fn misses(&self) -> bool {
        !self.state().frame.missing.is_empty()
    }

    /// Notes that a value was written out.
    pub(super) fn wrote(&self, value: &Value, length: usize) {
        let frame = &mut self.state().frame;
        frame.written += 1;
        if frame.written == 1 {
            frame.first = Some((value.clone(), length));
        }
    }

    /// How many values were written out, and the first of them with the length of its text.
    pub(super) fn written(&self) -> (usize, Option<(Value, usize)>) {
        let frame = &self.state().frame;
        (frame.written, frame.first.clone())
    }

    /// An error with a message for people, which the engine passes on.
    pub(super) fn refuse(&self, code: &'static str, why: Invalid) -> Error {
        self.state().frame.refusal.get_or_insert((code, why));
        Error::new(ErrorKind::InvalidOperation, "refused")
    }
}

/// How much there is to walk in a value: its items, as often as they are in it, and its bytes by 64. No
/// more than [`MAX_WEIGHT`] is counted.
fn weight(value: &Value) -> u64 {
    let of_text = |value: &Value| 1 + value.as_str().map_or(0, |text| text.len() as u64 / 64);
    let mut sum = of_text(value);
    let mut open: Vec<_> = items(value).into_iter().collect();
    while let Some(next) = open.last_mut().map(Iterator::next) {
        let Some(item) = next else {
            open.pop();
            continue;
        };
        sum += of_text(&item);
        if sum > MAX_WEIGHT {
            return MAX_WEIGHT + 1;
        }
        open.extend(items(&item));
    }
    sum
}

/// Everything right below a value, but what is counted when it is read.
fn items(value: &Value) -> Option<Box<dyn Iterator<Item = Value> + Send + Sync>> {
    let object = value.as_object()?;
    if object.is::<ListView>() || object.is::<MapView>() || object.is::<Root>() {
        return None;
    }
    match object.repr() {
        ObjectRepr::Seq | ObjectRepr::Iterable => object.try_iter(),
        ObjectRepr::Map => {
            let pairs = object.try_iter_pairs()?;
            Some(Box::new(pairs.flat_map(|(key, item)| [key, item])))
        }
        _ => None,
    }
}

/// Ends an evaluation that will begin anew, or has failed for a reason that is noted.
pub(super) fn wait() -> Error {
    Error::new(ErrorKind::InvalidOperation, "not known yet")
}
