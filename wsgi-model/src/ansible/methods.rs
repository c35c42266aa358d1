//! The methods of Python's texts, lists and mappings that change nothing.

use minijinja::formatting::FormatStyle;
use minijinja::value::{Tuple, Value, ValueKind, from_args};
use minijinja::{Error, State};

use super::call::Call;
use super::explain;
use super::texts::{
    capitalize, center, is_space, numbered, printf, replace, rsplit, split, split_lines, title,
};
use super::view::{list, look_up};
use crate::Invalid;
use crate::ansible::session::{Missing, Session};
use std::sync::Arc;

/// Methods of lists and mappings that change them, which nothing here may.
const CHANGING: &[&str] = &[
    "append",
    "clear",
    "extend",
    "insert",
    "pop",
    "popitem",
    "remove",
    "setdefault",
    "sort",
    "update",
];

/// Every method, for suggestions.
pub(super) const METHODS: &[&str] = &[
    "capitalize",
    "casefold",
    "center",
    "copy",
    "count",
    "endswith",
    "expandtabs",
    "find",
    "format",
    "get",
    "index",
    "isalnum",
    "isalpha",
    "isascii",
    "isdecimal",
    "isdigit",
    "islower",
    "isnumeric",
    "isspace",
    "istitle",
    "isupper",
    "items",
    "join",
    "keys",
    "ljust",
    "lower",
    "lstrip",
    "partition",
    "removeprefix",
    "removesuffix",
    "replace",
    "reverse",
    "rfind",
    "rindex",
    "rjust",
    "rpartition",
    "rsplit",
    "rstrip",
    "split",
    "splitlines",
    "startswith",
    "strip",
    "swapcase",
    "title",
    "upper",
    "values",
    "zfill",
];

/// Calls `value.method(args)`.
pub(super) fn call(
    session: &Arc<Session>,
    state: &mut State<'_, '_>,
    value: &Value,
    method: &str,
    args: &[Value],
) -> Result<Value, Error> {
    let Some(name) = METHODS.iter().find(|name| **name == method) else {
        if CHANGING.contains(&method) && matches!(value.kind(), ValueKind::Seq | ValueKind::Map) {
            let why = Invalid::new(format!(
                "`.{method}()` changes a value, and values do not change here"
            ))
            .help("make a new one: `list + [item]`, or `mapping | combine({'key': value})`");
            return Err(session.refuse("expression", why));
        }
        if !value.is_undefined() {
            session.miss(Missing::Refused(
                "unknown-name",
                explain::unknown_method(method),
            ));
        }
        return Ok(Value::UNDEFINED);
    };
    let (args, kwargs) = from_args::<(&[Value], minijinja::value::Kwargs)>(args)?;
    let mut call = Call::new(session, state, name, value.clone(), args, &kwargs)?;
    if call.takes_undefined() {
        return Ok(Value::UNDEFINED);
    }
    let made = match value.kind() {
        ValueKind::String => of_text(&mut call)?,
        ValueKind::Map => of_map(&mut call)?,
        ValueKind::Seq | ValueKind::Iterable => of_list(&mut call)?,
        _ => None,
    };
    let made = made.ok_or_else(|| {
        let why = Invalid::new(format!("this value has no method `.{method}()`"));
        session.refuse("expression", why)
    })?;
    session.weigh(&made)?;
    Ok(made)
}

fn of_map(call: &mut Call<'_, '_, '_>) -> Result<Option<Value>, Error> {
    let value = call.value.clone();
    Ok(Some(match call.name {
        "items" => {
            let [] = call.bind([])?;
            let entries = call.entries_of(&value)?;
            list(
                entries
                    .into_iter()
                    .map(|(key, value)| Value::from(Tuple::from([key, value]))),
            )
        }
        "keys" => {
            let [] = call.bind([])?;
            Value::from(call.items()?)
        }
        "values" => {
            let [] = call.bind([])?;
            let entries = call.entries_of(&value)?;
            list(entries.into_iter().map(|(_, value)| value))
        }
        "copy" => value,
        "get" => {
            let [key, otherwise] = call.bind(["key", "default"])?;
            let key = key.ok_or_else(|| call.wrong("it wants a key"))?;
            let found = look_up(&value, &key);
            if found.is_undefined() {
                otherwise.unwrap_or_else(|| Value::from(()))
            } else {
                found
            }
        }
        _ => return Ok(None),
    }))
}

fn of_list(call: &mut Call<'_, '_, '_>) -> Result<Option<Value>, Error> {
    Ok(Some(match call.name {
        "copy" => call.value.clone(),
        "count" | "index" => {
            let items = call.items()?;
            let [item] = call.bind(["value"])?;
            let item = item.ok_or_else(|| call.wrong("it wants a value"))?;
            if call.name == "count" {
                Value::from(items.iter().filter(|i| **i == item).count())
            } else {
                let at = items.iter().position(|i| *i == item);
                Value::from(at.ok_or_else(|| call.wrong("the value is not in the list"))?)
            }
        }
        _ => return Ok(None),
    }))
}

#[expect(clippy::too_many_lines, reason = "an arm for each method")]
fn of_text(call: &mut Call<'_, '_, '_>) -> Result<Option<Value>, Error> {
    let text = call.text()?;
    let made = match call.name {
        "format" => {
            let values = std::mem::take(&mut call.args);
            let named = std::mem::take(&mut call.kwargs);
            let format = numbered(&text, values.len(), &named);
            let named = named.into_iter().map(|(_, value)| value);
            let values: Vec<Value> = values.into_iter().chain(named).collect();
            Value::from(printf(
                call.session,
                FormatStyle::StrFormat,
                &format,
                &values,
            )?)
        }
        "join" => {
            let [items] = call.bind(["iterable"])?;
            let items = items.ok_or_else(|| call.wrong("it wants a list"))?;
            let mut texts = Vec::new();
            let mut size = 0;
            for item in call.items_of(&items)? {
                let Some(item) = item.as_str() else {
                    return Err(call.wrong("it joins nothing but texts: use the filter `join`"));
                };
                size += item.len() + text.len();
                call.room(size)?;
                texts.push(item.to_owned());
            }
            Value::from(texts.join(&text))
        }
        "split" | "rsplit" => {
            let [separator, limit] = call.bind(["sep", "maxsplit"])?;
            let separator = separator.filter(|s| !s.is_none());
            let separator = separator.map(|s| call.text_of(&s)).transpose()?;
            let limit = call.whole_or(limit.as_ref(), -1)?;
            let pieces = if call.name == "split" {
                split(&text, separator.as_deref(), limit)
            } else {
                rsplit(&text, separator.as_deref(), limit)
            };
            Value::from(pieces.ok_or_else(|| call.wrong("the separator is empty"))?)
        }
        "replace" => {
            let [old, new, count] = call.bind(["old", "new", "count"])?;
            let (Some(old), Some(new)) = (old, new) else {
                return Err(call.wrong("it wants what to replace, and by what"));
            };
            let (old, new) = (call.text_of(&old)?, call.text_of(&new)?);
            let count = call.whole_or(count.as_ref(), -1)?;
            Value::from(replace(call.session, &text, &old, &new, count)?)
        }
        "strip" | "lstrip" | "rstrip" => {
            let [chars] = call.bind(["chars"])?;
            let chars = chars.filter(|c| !c.is_none());
            let chars = chars.map(|c| call.text_of(&c)).transpose()?;
            let drop = |c: char| match &chars {
                Some(chars) => chars.contains(c),
                None => is_space(c),
            };
            Value::from(match call.name {
                "strip" => text.trim_matches(drop),
                "lstrip" => text.trim_start_matches(drop),
                _ => text.trim_end_matches(drop),
            })
        }
        "startswith" | "endswith" => {
            let [affix] = call.bind(["prefix"])?;
            let affix = affix.ok_or_else(|| call.wrong("it wants a text"))?;
            let affixes = match affix.as_str() {
                Some(_) => vec![affix],
                None => call.items_of(&affix)?,
            };
            let mut holds = false;
            for affix in affixes {
                let affix = call.text_of(&affix)?;
                holds |= if call.name == "startswith" {
                    text.starts_with(&affix)
                } else {
                    text.ends_with(&affix)
                };
            }
            Value::from(holds)
        }
        "removeprefix" | "removesuffix" | "partition" | "rpartition" | "find" | "rfind"
        | "index" | "rindex" | "count" => {
            let [part] = call.bind(["sub"])?;
            let part = part.ok_or_else(|| call.wrong("it wants a text"))?;
            let part = call.text_of(&part)?;
            return with_part(call, &text, &part).map(Some);
        }
        "ljust" | "rjust" | "center" | "zfill" => {
            let [width, fill] = call.bind(["width", "fillchar"])?;
            let width = usize::try_from(call.whole_or(width.as_ref(), 0)?).unwrap_or(0);
            call.room(width.saturating_mul(4))?;
            let fill = call.text_or(fill.as_ref(), " ")?;
            let fill = fill.chars().next().unwrap_or(' ');
            let missing = width.saturating_sub(text.chars().count());
            let filling = |n: usize, c: char| std::iter::repeat_n(c, n).collect::<String>();
            Value::from(match call.name {
                "ljust" => text + &filling(missing, fill),
                "rjust" => filling(missing, fill) + &text,
                "center" => center(&text, width, fill),
                _ => match text.strip_prefix(['-', '+']) {
                    Some(digits) => format!("{}{}{digits}", &text[..1], filling(missing, '0')),
                    None => filling(missing, '0') + &text,
                },
            })
        }
        "expandtabs" => {
            let [size] = call.bind(["tabsize"])?;
            let size = usize::try_from(call.whole_or(size.as_ref(), 8)?).unwrap_or(0);
            call.room(text.len().saturating_mul(size.max(1)))?;
            let mut out = String::new();
            let mut column = 0;
            for c in text.chars() {
                if c == '\t' {
                    let blanks = if size == 0 { 0 } else { size - column % size };
                    out.extend(std::iter::repeat_n(' ', blanks));
                    column += blanks;
                } else {
                    out.push(c);
                    column = if matches!(c, '\n' | '\r') {
                        0
                    } else {
                        column + 1
                    };
                }
            }
            Value::from(out)
        }
        "splitlines" => {
            let [keep] = call.bind(["keepends"])?;
            Value::from(split_lines(&text, keep.is_some_and(|k| k.is_true())))
        }
        _ => {
            let [] = call.bind([])?;
            return Ok(plain(call.name, &text));
        }
    };
    Ok(Some(made))
}

/// The methods without arguments.
fn plain(name: &str, text: &str) -> Option<Value> {
    let some = !text.is_empty();
    let all = |of: fn(char) -> bool| Value::from(some && text.chars().all(of));
    Some(match name {
        "capitalize" => Value::from(capitalize(text)),
        "casefold" | "lower" => Value::from(text.to_lowercase()),
        "upper" => Value::from(text.to_uppercase()),
        "swapcase" => Value::from(
            text.chars()
                .flat_map(|c| {
                    let other: Vec<char> = if c.is_uppercase() {
                        c.to_lowercase().collect()
                    } else {
                        c.to_uppercase().collect()
                    };
                    other
                })
                .collect::<String>(),
        ),
        "title" => Value::from(title(text)),
        "isalnum" => all(char::is_alphanumeric),
        "isalpha" => all(char::is_alphabetic),
        "isascii" => Value::from(text.is_ascii()),
        "isdecimal" | "isdigit" => all(|c| c.is_ascii_digit()),
        "isnumeric" => all(char::is_numeric),
        "isspace" => all(is_space),
        "islower" => Value::from(
            text.chars().any(char::is_lowercase) && !text.chars().any(char::is_uppercase),
        ),
        "isupper" => Value::from(
            text.chars().any(char::is_uppercase) && !text.chars().any(char::is_lowercase),
        ),
        "istitle" => Value::from(text.chars().any(char::is_alphabetic) && title(text) == text),
        _ => return None,
    })
}

fn with_part(call: &Call<'_, '_, '_>, text: &str, part: &str) -> Result<Value, Error> {
    let position = |at: Option<usize>| at.map(|at| text[..at].chars().count());
    Ok(match call.name {
        "removeprefix" => Value::from(text.strip_prefix(part).unwrap_or(text)),
        "removesuffix" => Value::from(text.strip_suffix(part).unwrap_or(text)),
        "partition" | "rpartition" => {
            if part.is_empty() {
                return Err(call.wrong("the separator is empty"));
            }
            let triple = if call.name == "partition" {
                let (before, after) = text.split_once(part).unwrap_or((text, ""));
                [before, if text.contains(part) { part } else { "" }, after]
            } else {
                let (before, after) = text.rsplit_once(part).unwrap_or(("", text));
                [before, if text.contains(part) { part } else { "" }, after]
            };
            Value::from(Tuple::from(triple.map(Value::from)))
        }
        "find" => position(text.find(part)).map_or_else(|| Value::from(-1), Value::from),
        "rfind" => position(text.rfind(part)).map_or_else(|| Value::from(-1), Value::from),
        "index" | "rindex" => {
            let at = if call.name == "index" {
                text.find(part)
            } else {
                text.rfind(part)
            };
            Value::from(position(at).ok_or_else(|| call.wrong("the text is not found"))?)
        }
        _ if part.is_empty() => Value::from(text.chars().count() + 1),
        _ => Value::from(text.matches(part).count()),
    })
}
