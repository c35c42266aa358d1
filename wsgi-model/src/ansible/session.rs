//! What the expressions of a run see, and what is noted while one of them is evaluated.
//!
//! An expression does not wait for what it needs. It notes the need and fails; the
//! [resolver](super::resolve) meets the need and evaluates it again. So nothing recurses from
//! expression to expression, however long a chain of references is, and the caller's lookups are
//! asked outside of the engine.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use minijinja::value::Value;
use minijinja::{Error, ErrorKind};

use super::known;
use super::tree::{Content, Id, Tree};
use super::view::{ListView, MapView, Plain, scalar_value};
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
    },
    /// Ansible's `omit`: the item or key is left out.
    Omitted,
    Failed(Arc<Failure>),
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

#[derive(Debug, Default)]
struct State {
    outcomes: HashMap<Id, Outcome>,
    answers: HashMap<Query, Answer>,
    frame: Frame,
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

    /// A value as an expression sees it. What it needs, what is secret and what is missing is noted.
    pub(super) fn value(self: &Arc<Self>, id: Id) -> Value {
        let item = self.tree.item(id);
        match &item.content {
            Content::List(items) => Value::from_object(ListView::new(self, id, items.len())),
            Content::Map(_) => Value::from_object(MapView::new(self, id)),
            Content::Scalar(scalar) => {
                self.state().frame.secret |= item.origin.secret;
                scalar_value(scalar)
            }
            Content::Template(_) | Content::Vault(_) => {
                let mut state = self.state();
                match state.outcomes.get(&id).cloned() {
                    Some(Outcome::Worked { value, node }) => {
                        state.frame.secret |= node.secret;
                        value
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

/// Ends an evaluation that will begin anew, or has failed for a reason that is noted.
pub(super) fn wait() -> Error {
    Error::new(ErrorKind::InvalidOperation, "not known yet")
}
