//! A call of a filter or test, with arguments as Python binds them.

use std::sync::Arc;

use minijinja::value::{Kwargs, Value, ValueKind};
use minijinja::{Error, ErrorKind, State};

use super::engine::too_long;
use super::session::{Missing, Session, wait};
use super::{explain, python};
use crate::Invalid;

/// A call of a filter or test.
pub(super) struct Call<'c, 't, 'e> {
    pub(super) session: &'c Arc<Session>,
    pub(super) state: &'c mut State<'t, 'e>,
    /// What is called.
    pub(super) name: &'static str,
    /// What stands before the `|` or `is`.
    pub(super) value: Value,
    pub(super) args: Vec<Value>,
    pub(super) kwargs: Vec<(String, Value)>,
}

impl<'c, 't, 'e> Call<'c, 't, 'e> {
    pub(super) fn new(
        session: &'c Arc<Session>,
        state: &'c mut State<'t, 'e>,
        name: &'static str,
        value: Value,
        args: &[Value],
        kwargs: &Kwargs,
    ) -> Result<Self, Error> {
        let names: Vec<String> = kwargs.args().map(str::to_owned).collect();
        let kwargs = names
            .into_iter()
            .map(|name| Ok((name.clone(), kwargs.get::<Value>(&name)?)))
            .collect::<Result<_, Error>>()?;
        Ok(Self {
            session,
            state,
            name,
            value,
            args: args.to_vec(),
            kwargs,
        })
    }

    /// Whether something that was given has no value. All that is missing counts as one then, so that
    /// one `default` further on takes care of it.
    pub(super) fn takes_undefined(&self) -> bool {
        let given = self.args.iter().chain(self.kwargs.iter().map(|(_, v)| v));
        let undefined = std::iter::once(&self.value)
            .chain(given)
            .filter(|value| value.is_undefined())
            .count();
        for _ in 1..undefined {
            self.session.forgive();
        }
        if undefined > 0 && !self.session.misses() {
            let why = Invalid::new(format!("`{}`: what it is given has no value", self.name));
            self.session.miss(Missing::Refused("undefined", why));
        }
        undefined > 0
    }

    /// Refuses names without a value among what was given.
    pub(super) fn all_defined(&self) -> Result<(), Error> {
        let given = self.args.iter().chain(self.kwargs.iter().map(|(_, v)| v));
        for value in std::iter::once(&self.value).chain(given) {
            self.defined(value)?;
        }
        Ok(())
    }

    fn defined(&self, value: &Value) -> Result<(), Error> {
        if !value.is_undefined() {
            return Ok(());
        }
        Err(if self.session.misses() {
            wait()
        } else {
            self.refuse("undefined", "what it is given has no value")
        })
    }

    /// The arguments by Python's rules: in order, or by name.
    pub(super) fn bind<const N: usize>(
        &mut self,
        names: [&str; N],
    ) -> Result<[Option<Value>; N], Error> {
        if self.args.len() > N {
            return Err(self.wrong(&format!("it takes at most {N} arguments")));
        }
        let mut bound = [const { None }; N];
        for (slot, value) in bound.iter_mut().zip(self.args.drain(..)) {
            *slot = Some(value);
        }
        for (name, value) in std::mem::take(&mut self.kwargs) {
            match names.iter().position(|known| *known == name) {
                Some(i) if bound[i].is_none() => bound[i] = Some(value),
                _ => {
                    return Err(
                        self.wrong(&format!("it takes no argument `{name}`, or has it already"))
                    );
                }
            }
        }
        Ok(bound)
    }

    /// Gives something without a value, for a reason, so that a `default` may take care of it.
    pub(super) fn nothing(&self, reason: &str) -> Value {
        let why = Invalid::new(format!("`{}`: {reason}", self.name));
        self.session.miss(Missing::Refused("undefined", why));
        Value::UNDEFINED
    }

    /// Refuses arguments that nothing has taken.
    pub(super) fn all_taken(&self) -> Result<(), Error> {
        if self.args.is_empty() && self.kwargs.is_empty() {
            return Ok(());
        }
        Err(self.wrong("it takes no arguments"))
    }

    /// An error in what was given.
    pub(super) fn wrong(&self, reason: &str) -> Error {
        self.refuse("expression", reason)
    }

    fn refuse(&self, code: &'static str, reason: &str) -> Error {
        self.session
            .refuse(code, Invalid::new(format!("`{}`: {reason}", self.name)))
    }

    /// `str()` of what stands before the `|`.
    pub(super) fn text(&self) -> Result<String, Error> {
        self.text_of(&self.value)
    }

    /// `str()` of a value.
    pub(super) fn text_of(&self, value: &Value) -> Result<String, Error> {
        self.defined(value)?;
        python::text(value).map_err(|_| too_long(self.session))
    }

    /// What stands before the `|`, which must be a text already.
    pub(super) fn only_text(&self) -> Result<String, Error> {
        let text = self.value.as_str().map(str::to_owned);
        text.ok_or_else(|| self.wrong("it wants a text"))
    }

    /// The text of an argument, or `otherwise`.
    pub(super) fn text_or(&self, value: Option<&Value>, otherwise: &str) -> Result<String, Error> {
        value.map_or_else(|| Ok(otherwise.to_owned()), |value| self.text_of(value))
    }

    /// A text that this call makes of as many bytes.
    pub(super) fn room(&self, bytes: usize) -> Result<(), Error> {
        if bytes > python::MAX_TEXT {
            return Err(too_long(self.session));
        }
        Ok(())
    }

    /// The items of what stands before the `|`.
    pub(super) fn items(&mut self) -> Result<Vec<Value>, Error> {
        let value = self.value.clone();
        self.items_of(&value)
    }

    /// The items of a value: of a text its letters, of a mapping its keys.
    pub(super) fn items_of(&mut self, value: &Value) -> Result<Vec<Value>, Error> {
        self.defined(value)?;
        if value.is_none() {
            return Err(self.wrong("it wants a list"));
        }
        if let Some(text) = value.as_str() {
            let items: Vec<Value> = text.chars().map(|c| Value::from(c.to_string())).collect();
            self.work(items.len())?;
            return Ok(items);
        }
        let Ok(items) = value.try_iter() else {
            return Err(self.wrong("it wants a list"));
        };
        let items: Vec<Value> = items.collect();
        self.work(items.len())?;
        if items.iter().any(|item| item.kind() == ValueKind::Invalid) {
            return Err(wait());
        }
        Ok(items)
    }

    /// The keys and values of a mapping.
    pub(super) fn entries_of(&mut self, value: &Value) -> Result<Vec<(Value, Value)>, Error> {
        self.defined(value)?;
        if value.kind() != ValueKind::Map {
            return Err(self.wrong("it wants a mapping"));
        }
        let keys: Vec<Value> = value.try_iter()?.collect();
        self.work(keys.len())?;
        // Every value is read before the first that must wait ends it.
        let entries: Vec<(Value, Result<Value, Error>)> = keys
            .into_iter()
            .map(|key| {
                let value = value.get_item(&key);
                (key, value)
            })
            .collect();
        entries
            .into_iter()
            .map(|(key, value)| match value {
                Ok(value) if value.kind() != ValueKind::Invalid => Ok((key, value)),
                _ => Err(wait()),
            })
            .collect()
    }

    /// The refusal of a filter or test that is named as a text.
    pub(super) fn unknown(&self, error: Error, what: &'static str, name: &str) -> Error {
        match error.kind() {
            ErrorKind::UnknownFilter | ErrorKind::UnknownTest => self
                .session
                .refuse("unknown-name", explain::unknown(what, name)),
            _ => error,
        }
    }

    /// Pays for a text that another filter or test is given: the engine counts only its own calls.
    pub(super) fn pay_for(&mut self, value: &Value) -> Result<(), Error> {
        self.work(value.as_str().map_or(0, |text| text.len() / 64))
    }

    /// Pays for a number of steps.
    pub(super) fn work(&mut self, steps: usize) -> Result<(), Error> {
        self.state.consume_fuel(1 + steps as u64)
    }
}
