//! The template engine, set up as Ansible sets up Jinja2.

use std::sync::Arc;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Kwargs, Rest, Value, ValueKind, ValueOrKwargs, from_args};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, State, UndefinedBehavior};

use super::call::Call;
use super::session::{Session, wait};
use super::{filters, lookups, methods, predicates, python, weighed};
use crate::Invalid;

/// The deepest nesting of calls and macros.
const RECURSION: usize = 50;

/// An engine that sees nothing but `session`: no loader, no files, no clock.
pub(super) fn engine(session: &Arc<Session>) -> Environment<'static> {
    let mut engine = Environment::empty();
    engine.set_auto_escape_callback(|_| AutoEscape::None);
    // What is missing is counted by the session, so that `a.b.c | default(…)` works as in Ansible.
    engine.set_undefined_behavior(UndefinedBehavior::Chainable);
    engine.set_recursion_limit(RECURSION);
    if let Ok(syntax) = SyntaxConfig::builder().trim_blocks(true).build() {
        engine.set_syntax(syntax);
    }
    let own = Arc::clone(session);
    engine.set_formatter(move |out, _, value| {
        let text = match value.kind() {
            ValueKind::Undefined => {
                there(&own, value)?;
                String::new()
            }
            ValueKind::None => String::new(),
            _ => python::output(value).map_err(|_| too_long(&own))?,
        };
        own.wrote(value, text.len());
        out.write_str(&text)
            .map_err(|_| Error::from(ErrorKind::WriteFailure))
    });
    let own = Arc::clone(session);
    engine.set_unknown_method_callback(move |state, value, method, args| {
        methods::call(&own, state, value, method, args)
    });
    let own = Arc::clone(session);
    engine.add_filter(weighed::WEIGHED, move |value: Value| {
        own.weigh(&value)?;
        Ok::<_, Error>(value)
    });
    let own = Arc::clone(session);
    engine.add_filter(weighed::THERE, move |value: Value| {
        there(&own, &value)?;
        own.weigh(&value)?;
        Ok::<_, Error>(value)
    });
    for filter in filters::all() {
        let own = Arc::clone(session);
        engine.add_filter(
            filter.name,
            move |state: &mut State<'_, '_>, value: Value, rest: Rest<ValueOrKwargs>| {
                let rest = rest.into_values();
                let (args, kwargs) = from_args::<(&[Value], Kwargs)>(&rest)?;
                let mut call = Call::new(&own, state, filter.name, value, args, &kwargs)?;
                let made = (filter.run)(&mut call)?;
                own.weigh(&made)?;
                Ok::<_, Error>(made)
            },
        );
    }
    for test in predicates::all() {
        let own = Arc::clone(session);
        engine.add_test(
            test.name,
            move |state: &mut State<'_, '_>, value: Value, rest: Rest<ValueOrKwargs>| {
                let rest = rest.into_values();
                let (args, kwargs) = from_args::<(&[Value], Kwargs)>(&rest)?;
                let mut call = Call::new(&own, state, test.name, value, args, &kwargs)?;
                (test.holds)(&mut call)
            },
        );
    }
    engine.add_function("range", minijinja::functions::range);
    engine.add_function("namespace", minijinja::functions::namespace);
    lookups::add(&mut engine, session);
    engine
}

/// Refuses what has no value, but for what `'x' if false` gives, which is nothing in Jinja2, too.
fn there(session: &Session, value: &Value) -> Result<(), Error> {
    if !value.is_undefined() {
        return Ok(());
    }
    if session.misses() {
        return Err(wait());
    }
    // The engine alone can tell them apart, and does so when it is strict.
    let mut strict = Environment::empty();
    strict.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    let context = Value::from_pairs([("value", value.clone())]);
    if strict.render_str("{{ value }}", context).is_ok() {
        return Ok(());
    }
    let why = Invalid::new("something in the expression has no value").help(
        "a list has no such item, a mapping no such key, or a value no such attribute; `default('…')` gives another",
    );
    Err(session.refuse("undefined", why))
}

pub(super) fn too_long(session: &Session) -> Error {
    session.refuse(
        "too-large",
        Invalid::new("the expression makes a text of more than 1 MiB"),
    )
}
