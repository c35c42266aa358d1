//! Filters that choose: they alone are given names without a value.

use minijinja::Error;
use minijinja::value::{Value, ValueKind};

use super::Filter;
use crate::Invalid;
use crate::ansible::call::Call;

pub(super) const FILTERS: &[Filter] = &[
    Filter {
        name: "default",
        run: default,
    },
    Filter {
        name: "d",
        run: default,
    },
    Filter {
        name: "mandatory",
        run: mandatory,
    },
    Filter {
        name: "ternary",
        run: ternary,
    },
];

/// `default(default_value='', boolean=false)`
fn default(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let value = call.value.clone();
    let [otherwise, boolean] = call.bind(["default_value", "boolean"])?;
    let otherwise = otherwise.unwrap_or_else(|| Value::from(""));
    let empty_too = boolean.is_some_and(|flag| flag.is_true());
    if value.is_undefined() || (empty_too && !value.is_true()) {
        if value.is_undefined() {
            call.session.forgive();
        }
        return Ok(otherwise);
    }
    if otherwise.is_undefined() {
        call.session.forgive();
    }
    Ok(value)
}

/// `mandatory(msg=none)`
fn mandatory(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let value = call.value.clone();
    let [message] = call.bind(["msg"])?;
    if !value.is_undefined() {
        return Ok(value);
    }
    let Some(message) = message.filter(|m| m.kind() == ValueKind::String) else {
        return Err(super::super::session::wait());
    };
    call.session.forgive();
    let message = call.text_of(&message)?;
    Err(call.session.refuse("mandatory", Invalid::new(message)))
}

/// `ternary(true_val, false_val, none_val=none)`
fn ternary(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let value = call.value.clone();
    if value.is_undefined() {
        call.takes_undefined();
        return Ok(value);
    }
    let [yes, no, none] = call.bind(["true_val", "false_val", "none_val"])?;
    let (Some(yes), Some(no)) = (yes, no) else {
        return Err(call.wrong("it wants two values"));
    };
    let none = none.filter(|none| value.is_none() && !none.is_none());
    let (chosen, left) = match none {
        Some(none) => (none, [yes, no]),
        None if value.is_true() => (yes, [no, Value::from(())]),
        None => (no, [yes, Value::from(())]),
    };
    // What is not chosen need not be there.
    for _ in left.iter().filter(|value| value.is_undefined()) {
        call.session.forgive();
    }
    Ok(chosen)
}
