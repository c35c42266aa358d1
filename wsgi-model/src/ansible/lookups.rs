//! The functions of an expression: `lookup`, `query`, and those that are refused.

use std::sync::Arc;

use indexmap::IndexMap;
use minijinja::value::{Kwargs, Rest, Value, ValueKind, ValueOrKwargs, from_args};
use minijinja::{Environment, Error, State};

use super::call::Call;
use super::explain;
use super::session::{Answer, Query, Session, wait};
use super::weighed::short;
use crate::Invalid;

/// The lookups that there are.
pub(super) const LOOKUPS: &[&str] = &["env", "file", "vars"];

/// Lookups of Ansible that are refused, and why.
pub(super) const REFUSED: &[(&str, &str)] = &[
    ("config", "there is no configuration of Ansible here"),
    (
        "csvfile",
        "it is not available here; put the value in the vars file",
    ),
    (
        "dict",
        "it is not available here; use the filter `dict2items`",
    ),
    (
        "fileglob",
        "it lists files of your machine, and a vars file must mean the same everywhere",
    ),
    (
        "first_found",
        "which file is found depends on your machine, and a vars file must mean the same everywhere",
    ),
    ("indexed_items", "it is made for the loops of a playbook"),
    (
        "ini",
        "it is not available here; put the value in the vars file",
    ),
    ("inventory_hostnames", "there is no inventory here"),
    ("items", "it is made for the loops of a playbook"),
    (
        "lines",
        "it runs a program, and reading a vars file must not run anything",
    ),
    ("list", "it is made for the loops of a playbook"),
    (
        "nested",
        "it is made for the loops of a playbook; use the filter `product`",
    ),
    (
        "password",
        "it makes a password up and writes it to a file on your machine, so that another machine \
        would get another one; make the password once and put it in the vars file, encrypted with \
        `ansible-vault encrypt_string`",
    ),
    (
        "pipe",
        "it runs a program, and reading a vars file must not run anything; put what the program prints \
        in a file and use `lookup('file', …)`, or give it with `-e`",
    ),
    (
        "random_choice",
        "it gives another value on every run, so that nothing would ever be up to date",
    ),
    ("sequence", "it is not available here; use `range(…)`"),
    ("subelements", "it is made for the loops of a playbook"),
    (
        "template",
        "it is not available here; put the expression in the vars file",
    ),
    (
        "together",
        "it is made for the loops of a playbook; use the filter `zip`",
    ),
    ("unvault", "`lookup('file', …)` decrypts files, too"),
    (
        "url",
        "it asks a server, and a vars file must mean the same everywhere",
    ),
    ("varnames", "it is not available here; name the variables"),
];

/// Whether a list is wanted.
#[derive(Clone, Copy, PartialEq)]
enum Wanted {
    /// The one value, or texts joined by commas.
    Value,
    List,
}

/// Makes the functions known.
pub(super) fn add(engine: &mut Environment<'static>, session: &Arc<Session>) {
    for (name, wanted) in [
        ("lookup", Wanted::Value),
        ("query", Wanted::List),
        ("q", Wanted::List),
    ] {
        let own = Arc::clone(session);
        engine.add_function(
            name,
            move |state: &mut State<'_, '_>, args: Rest<ValueOrKwargs>| {
                let args = args.into_values();
                let (args, kwargs) = from_args::<(&[Value], Kwargs)>(&args)?;
                let mut call = Call::new(&own, state, name, Value::from(()), args, &kwargs)?;
                call.all_defined()?;
                lookup(&mut call, wanted)
            },
        );
    }
    let reasons = [
        (
            "now",
            "the time is another on every run, so that nothing would ever be up to date",
        ),
        ("lipsum", "it makes text up"),
        ("cycler", "it is made for templates of pages"),
        ("joiner", "it is made for templates of pages"),
    ];
    for (name, reason) in reasons {
        let own = Arc::clone(session);
        engine.add_function(name, move |_: Rest<Value>| -> Result<Value, Error> {
            Err(own.refuse("refused", explain::refused(&format!("`{name}()`"), reason)))
        });
    }
    let own = Arc::clone(session);
    engine.add_function(
        "dict",
        move |state: &mut State<'_, '_>, args: Rest<ValueOrKwargs>| {
            let args = args.into_values();
            let (args, kwargs) = from_args::<(&[Value], Kwargs)>(&args)?;
            let mut call = Call::new(&own, state, "dict", Value::from(()), args, &kwargs)?;
            call.all_defined()?;
            dict(&mut call)
        },
    );
    let own = Arc::clone(session);
    engine.add_function("undef", move |args: Rest<Value>| -> Result<Value, Error> {
        let hint = args.first().and_then(Value::as_str).map(str::to_owned);
        let hint = hint.unwrap_or_else(|| "`undef()` says that the value must be set".to_owned());
        Err(own.refuse("mandatory", Invalid::new(hint)))
    });
}

/// `dict(mapping or pairs, **more)`
fn dict(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let more = std::mem::take(&mut call.kwargs);
    let [from] = call.bind(["mapping"])?;
    let mut made = IndexMap::new();
    match from {
        None => {}
        Some(from) if from.kind() == ValueKind::Map => made.extend(call.entries_of(&from)?),
        Some(from) => {
            for pair in call.items_of(&from)? {
                let pair = call.items_of(&pair)?;
                let [key, value] = pair.as_slice() else {
                    return Err(call.wrong("it wants a mapping, or a list of pairs"));
                };
                made.insert(key.clone(), value.clone());
            }
        }
    }
    made.extend(
        more.into_iter()
            .map(|(name, value)| (Value::from(name), value)),
    );
    Ok(Value::from_pairs(made))
}

fn lookup(call: &mut Call<'_, '_, '_>, wanted: Wanted) -> Result<Value, Error> {
    let mut args = std::mem::take(&mut call.args).into_iter();
    let name = args.next().ok_or_else(|| {
        call.wrong("it wants the name of a lookup, as in `lookup('env', 'HOME')`")
    })?;
    let name = call.text_of(&name)?;
    let name = short(&name).to_owned();
    let mut named = std::mem::take(&mut call.kwargs);
    let mut take = |name: &str| {
        let at = named.iter().position(|(known, _)| known == name);
        at.map(|at| named.remove(at).1)
    };
    let otherwise = take("default");
    let list = take("wantlist").is_some_and(|flag| flag.is_true());
    let wanted = if list { Wanted::List } else { wanted };
    let strip = [
        take("lstrip").is_some_and(|flag| flag.is_true()),
        take("rstrip").is_none_or(|flag| flag.is_true()),
    ];
    let errors = take("errors");
    let mode = errors.as_ref().and_then(Value::as_str);
    // A file that cannot be read is nothing then.
    let ignores = matches!(mode, Some("ignore" | "warn"));
    if !named.is_empty() {
        return Err(call.wrong("an argument of it is not available here"));
    }
    let mut terms = Vec::new();
    for term in args {
        match term.kind() {
            ValueKind::Seq | ValueKind::Iterable => terms.extend(call.items_of(&term)?),
            _ => terms.push(term),
        }
    }
    let mut found = Vec::with_capacity(terms.len());
    for term in terms {
        let term = call.text_of(&term)?;
        found.push(match name.as_str() {
            "env" => environment(call, &term, otherwise.as_ref())?,
            "file" => match file(call, &term, strip)? {
                Ok(text) => text,
                Err(_) if ignores && wanted == Wanted::List => {
                    return Ok(Value::from(Vec::<Value>::new()));
                }
                Err(_) if ignores => return Ok(Value::from(())),
                Err(why) => return Err(call.session.refuse("lookup", why)),
            },
            "vars" => variable(call, &term, otherwise.as_ref())?,
            _ => return Err(unknown(call.session, &name)),
        });
    }
    if !LOOKUPS.contains(&name.as_str()) {
        return Err(unknown(call.session, &name));
    }
    Ok(match wanted {
        Wanted::Value if found.len() == 1 => found.remove(0),
        Wanted::Value if found.iter().all(|value| value.as_str().is_some()) => {
            let texts: Vec<&str> = found.iter().filter_map(Value::as_str).collect();
            Value::from(texts.join(","))
        }
        Wanted::List | Wanted::Value => Value::from(found),
    })
}

fn unknown(session: &Session, name: &str) -> Error {
    match REFUSED.iter().find(|(refused, _)| *refused == name) {
        Some((_, reason)) => session.refuse(
            "refused",
            explain::refused(&format!("the lookup `{name}`"), reason),
        ),
        None => session.refuse("unknown-name", explain::unknown("lookup", name)),
    }
}

fn environment(
    call: &Call<'_, '_, '_>,
    name: &str,
    otherwise: Option<&Value>,
) -> Result<Value, Error> {
    match call.session.ask(Query::Environment(name.to_owned()))? {
        Answer::Text { text, .. } => Ok(Value::from(text)),
        Answer::Nothing => Ok(otherwise.cloned().unwrap_or_else(|| Value::from(""))),
        Answer::Failed(reason) => {
            let why = Invalid::new(format!("`lookup('env', '{name}')` failed: {reason}"));
            Err(call.session.refuse("lookup", why))
        }
    }
}

/// The text of a file; why it has none otherwise.
fn file(
    call: &Call<'_, '_, '_>,
    path: &str,
    strip: [bool; 2],
) -> Result<Result<Value, Invalid>, Error> {
    let failed = |reason: &str| {
        Invalid::new(format!(
            "`lookup('file', '{}')` failed: {reason}",
            crate::name::shown(path)
        ))
        .help("it is a file on your machine; a relative path is seen from the vars file")
    };
    Ok(match call.session.ask(Query::File(path.to_owned()))? {
        Answer::Text { text, .. } => {
            let [left, right] = strip;
            let text = if left { text.trim_start() } else { &text };
            Ok(Value::from(if right { text.trim_end() } else { text }))
        }
        Answer::Nothing => Err(failed("there is no such file")),
        Answer::Failed(reason) => Err(failed(&reason)),
    })
}

fn variable(
    call: &Call<'_, '_, '_>,
    name: &str,
    otherwise: Option<&Value>,
) -> Result<Value, Error> {
    match (call.session.tree.variable(name), otherwise) {
        (Some(id), otherwise) => {
            let value = call.session.value(id);
            match otherwise {
                _ if value.kind() == ValueKind::Invalid => Err(wait()),
                Some(otherwise) if value.is_undefined() => {
                    call.session.forgive();
                    Ok(otherwise.clone())
                }
                _ => Ok(value),
            }
        }
        (None, Some(otherwise)) => Ok(otherwise.clone()),
        (None, None) => {
            call.session
                .miss(super::session::Missing::Variable(name.to_owned()));
            Ok(Value::UNDEFINED)
        }
    }
}
