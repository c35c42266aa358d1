//! Variables as an expression sees them: each value is worked out when it is read, not before.

use std::fmt;
use std::sync::Arc;

use minijinja::value::{Enumerator, Object, ObjectRepr, Value};
use minijinja::{Error, ErrorKind, State};

use super::session::{Missing, Session};
use super::tree::{Content, Id};
use super::{known, methods};
use crate::wire::scalar::{Kind, Scalar};

/// The value of a scalar that is no template.
pub(super) fn scalar_value(scalar: &Scalar) -> Value {
    match &scalar.kind {
        Kind::Null => Value::from(()),
        Kind::Bool(value) => Value::from(*value),
        Kind::Int(digits) => match (digits.parse::<i128>(), digits.parse::<u128>()) {
            (Ok(number), _) => Value::from(number),
            (_, Ok(number)) => Value::from(number),
            _ => Value::from(Error::new(
                ErrorKind::InvalidOperation,
                "an integer of more than 128 bits cannot be used in an expression",
            )),
        },
        Kind::Float(number) => Value::from(*number),
        Kind::Date(text) => Value::from_object(Plain::Date(Date(text.clone()))),
        Kind::Str => Value::from(scalar.written.as_str()),
    }
}

/// A list of these items.
pub(super) fn list(items: impl IntoIterator<Item = Value>) -> Value {
    items.into_iter().collect()
}

/// What stands under a key, without a word where there is no such key.
pub(super) fn look_up(value: &Value, key: &Value) -> Value {
    let found = match value.as_object() {
        Some(object) if object.repr() == ObjectRepr::Map => object.get_value(key),
        _ => value.get_item(key).ok(),
    };
    found.unwrap_or_default()
}

/// All variables, as the context of a template.
pub(super) struct Root(pub(super) Arc<Session>);

impl fmt::Debug for Root {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Root(..)")
    }
}

impl Object for Root {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, name: &str) -> Option<Value> {
        if let Some(id) = self.0.tree.variable(name) {
            return Some(self.0.value(id));
        }
        match name {
            "vars" => Some(Value::from_object(Root(Arc::clone(&self.0)))),
            "omit" => Some(Value::from_object(Plain::Omit)),
            _ => {
                if !known::GLOBALS.contains(&name) {
                    self.0.miss(Missing::Variable(name.to_owned()));
                }
                None
            }
        }
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{...}")
    }
}

/// A list of the vars file.
pub(super) struct ListView {
    session: Arc<Session>,
    id: Id,
    length: usize,
}

impl ListView {
    pub(super) fn new(session: &Arc<Session>, id: Id, length: usize) -> Self {
        Self {
            session: Arc::clone(session),
            id,
            length,
        }
    }
}

impl fmt::Debug for ListView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ListView(..)")
    }
}

impl Object for ListView {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match &self.session.tree.item(self.id).content {
            Content::List(items) => items.get(key.as_usize()?).map(|id| self.session.value(*id)),
            _ => None,
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        self.session.need_items(self.id);
        Enumerator::Seq(self.length)
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        Some(self.length)
    }
}

/// A mapping of the vars file.
pub(super) struct MapView {
    session: Arc<Session>,
    id: Id,
}

impl MapView {
    pub(super) fn new(session: &Arc<Session>, id: Id) -> Self {
        Self {
            session: Arc::clone(session),
            id,
        }
    }

    fn find(&self, is_key: impl Fn(&Scalar) -> bool) -> Option<Value> {
        match &self.session.tree.item(self.id).content {
            Content::Map(pairs) => pairs
                .iter()
                .find(|pair| is_key(&pair.key))
                .map(|pair| self.session.value(pair.value)),
            _ => None,
        }
    }
}

impl fmt::Debug for MapView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MapView(..)")
    }
}

impl Object for MapView {
    /// Also asked by `in`, so that a key that is not there is no mistake here.
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match key.as_str() {
            Some(name) => self.find(|key| key.kind == Kind::Str && key.written == name),
            None => self.find(|own| scalar_value(own) == *key),
        }
    }

    fn get_value_by_str(self: &Arc<Self>, name: &str) -> Option<Value> {
        let found = self.find(|key| key.kind == Kind::Str && key.written == name);
        if found.is_none() {
            self.session.miss(Missing::Key {
                key: name.to_owned(),
                of: self.id,
            });
        }
        found
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        match &self.session.tree.item(self.id).content {
            Content::Map(pairs) => {
                Enumerator::Values(pairs.iter().map(|pair| scalar_value(&pair.key)).collect())
            }
            _ => Enumerator::Empty,
        }
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        match &self.session.tree.item(self.id).content {
            Content::Map(pairs) => Some(pairs.len()),
            _ => None,
        }
    }

    /// The engine's own would look for the method among the keys.
    fn call_method(
        self: &Arc<Self>,
        state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        self.session.need_items(self.id);
        let own = Value::from_dyn_object(Arc::clone(self));
        methods::call(&self.session, state, &own, method, args)
    }
}

/// A value that is neither text nor number nor a collection.
#[derive(Debug)]
pub(super) enum Plain {
    Date(Date),
    /// Ansible's `omit`: leaves the item or key out that it would be the value of.
    Omit,
}

/// A date, as Python prints it.
#[derive(Debug)]
pub(super) struct Date(pub(super) String);

impl Object for Plain {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value_by_str(self: &Arc<Self>, name: &str) -> Option<Value> {
        let Self::Date(Date(text)) = &**self else {
            return None;
        };
        let range = match name {
            "year" => 0..4,
            "month" => 5..7,
            "day" => 8..10,
            _ => return None,
        };
        text.get(range)?.parse::<u32>().ok().map(Value::from)
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn custom_cmp(
        self: &Arc<Self>,
        other: &minijinja::value::DynObject,
    ) -> Option<std::cmp::Ordering> {
        match (&**self, other.downcast_ref::<Self>()?) {
            (Self::Date(Date(a)), Self::Date(Date(b))) => Some(a.cmp(b)),
            (Self::Omit, Self::Omit) => Some(std::cmp::Ordering::Equal),
            (Self::Date(_), Self::Omit) => Some(std::cmp::Ordering::Less),
            (Self::Omit, Self::Date(_)) => Some(std::cmp::Ordering::Greater),
        }
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &**self {
            Self::Date(Date(text)) => f.write_str(text),
            Self::Omit => f.write_str("<< Omit >>"),
        }
    }
}
