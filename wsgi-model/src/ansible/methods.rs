//! The methods of Python's texts, lists and mappings that change nothing.

use minijinja::formatting::FormatStyle;
use minijinja::value::{Tuple, Value, ValueKind, from_args};
use minijinja::{Error, State};

use super::call::Call;
use super::engine::too_long;
use super::view::look_up;
use super::{explain, python};
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
    made.ok_or_else(|| {
        let why = Invalid::new(format!("this value has no method `.{method}()`"));
        session.refuse("expression", why)
    })
}

fn of_map(call: &mut Call<'_, '_, '_>) -> Result<Option<Value>, Error> {
    let value = call.value.clone();
    Ok(Some(match call.name {
        "items" => {
            let [] = call.bind([])?;
            let entries = call.entries_of(&value)?;
            Value::from_iter(
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
            Value::from_iter(entries.into_iter().map(|(_, value)| value))
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

/// A format of `str.format` whose fields have numbers: the engine's own knows no names.
fn numbered(format: &str, in_order: usize, named: &[(String, Value)]) -> String {
    if named.is_empty() {
        return format.to_owned();
    }
    let mut out = String::new();
    let mut next = 0;
    let mut rest = format;
    while let Some(at) = rest.find('{') {
        out.push_str(&rest[..=at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('{') {
            out.push('{');
            rest = after;
            continue;
        }
        let end = rest.find(['!', ':', '}', '.', '[']).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        match named.iter().position(|(known, _)| known == name) {
            Some(i) => out.push_str(&(in_order + i).to_string()),
            None if name.is_empty() => {
                out.push_str(&next.to_string());
                next += 1;
            }
            None => out.push_str(name),
        }
        rest = after;
    }
    out.push_str(rest);
    out
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

/// Python's white space.
fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

/// Without white space, or these characters, around it.
pub(super) fn strip<'t>(text: &'t str, chars: Option<&str>) -> &'t str {
    match chars {
        Some(chars) => text.trim_matches(|c| chars.contains(c)),
        None => text.trim_matches(is_space),
    }
}

pub(super) fn capitalize(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        None => String::new(),
        Some(first) => first
            .to_uppercase()
            .chain(chars.as_str().to_lowercase().chars())
            .collect(),
    }
}

/// Python's own: words begin after whatever is no letter.
fn title(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut begins = true;
    for c in text.chars() {
        if begins {
            out.extend(c.to_uppercase());
        } else {
            out.extend(c.to_lowercase());
        }
        begins = !c.is_alphabetic();
    }
    out
}

/// Python puts the odd blank on the left when the width is odd.
pub(super) fn center(text: &str, width: usize, fill: char) -> String {
    let missing = width.saturating_sub(text.chars().count());
    let left = missing / 2 + (missing & width & 1);
    let filling = |n: usize| std::iter::repeat_n(fill, n).collect::<String>();
    format!("{}{text}{}", filling(left), filling(missing - left))
}

/// `str.replace`
pub(super) fn replace(
    session: &Session,
    text: &str,
    old: &str,
    new: &str,
    count: i64,
) -> Result<String, Error> {
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    let found = if old.is_empty() {
        text.chars().count() + 1
    } else {
        text.matches(old).count()
    };
    let size = text
        .len()
        .saturating_add(found.min(count).saturating_mul(new.len()));
    if size > python::MAX_TEXT {
        return Err(too_long(session));
    }
    Ok(text.replacen(old, new, count))
}

/// `str.split`; `None` for an empty separator.
pub(super) fn split(text: &str, separator: Option<&str>, limit: i64) -> Option<Vec<String>> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let Some(separator) = separator else {
        let mut pieces = Vec::new();
        let mut rest = text.trim_start_matches(is_space);
        while !rest.is_empty() {
            if pieces.len() == limit {
                pieces.push(rest.trim_end_matches(is_space).to_owned());
                break;
            }
            let end = rest.find(is_space).unwrap_or(rest.len());
            pieces.push(rest[..end].to_owned());
            rest = rest[end..].trim_start_matches(is_space);
        }
        return Some(pieces);
    };
    (!separator.is_empty()).then(|| {
        text.splitn(limit.saturating_add(1), separator)
            .map(str::to_owned)
            .collect()
    })
}

fn rsplit(text: &str, separator: Option<&str>, limit: i64) -> Option<Vec<String>> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut pieces: Vec<String> = match separator {
        Some("") => return None,
        Some(separator) => text
            .rsplitn(limit.saturating_add(1), separator)
            .map(str::to_owned)
            .collect(),
        None => {
            let mut pieces = Vec::new();
            let mut rest = text.trim_end_matches(is_space);
            while !rest.is_empty() {
                if pieces.len() == limit {
                    pieces.push(rest.trim_start_matches(is_space).to_owned());
                    break;
                }
                let start = rest
                    .char_indices()
                    .rfind(|(_, c)| is_space(*c))
                    .map_or(0, |(at, c)| at + c.len_utf8());
                pieces.push(rest[start..].to_owned());
                rest = rest[..start].trim_end_matches(is_space);
            }
            pieces
        }
    };
    pieces.reverse();
    Some(pieces)
}

fn split_lines(text: &str, keep: bool) -> Vec<String> {
    let ends = |c: char| {
        matches!(
            c,
            '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{1c}'
                ..='\u{1e}' | '\u{85}' | '\u{2028}' | '\u{2029}'
        )
    };
    let mut lines = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let Some(end) = rest.find(ends) else {
            lines.push(rest.to_owned());
            break;
        };
        let length = if rest[end..].starts_with("\r\n") {
            2
        } else {
            rest[end..].chars().next().map_or(1, char::len_utf8)
        };
        lines.push(rest[..if keep { end + length } else { end }].to_owned());
        rest = &rest[end + length..];
    }
    lines
}

/// `%` and `str.format`, with widths that fit into memory.
pub(super) fn printf(
    session: &Session,
    style: FormatStyle,
    format: &str,
    values: &[Value],
) -> Result<String, Error> {
    let digits = |text: &str| {
        text.split(|c: char| !c.is_ascii_digit())
            .any(|run| run.len() > 4)
    };
    if digits(format) || format.contains('*') && matches!(style, FormatStyle::Printf) {
        let why = Invalid::new("a width in the format is not a plain number below 10000");
        return Err(session.refuse("expression", why));
    }
    // What the engine prints differs from Python in collections and large floats.
    let values: Vec<Value> = values
        .iter()
        .map(|value| match value.kind() {
            ValueKind::Seq | ValueKind::Iterable | ValueKind::None => {
                python::text(value).map(Value::from)
            }
            _ => Ok(value.clone()),
        })
        .collect::<Result<_, _>>()
        .map_err(|_| too_long(session))?;
    minijinja::formatting::format(style, format, &values).map_err(|_| {
        session.refuse(
            "expression",
            Invalid::new("the format and its values do not fit together"),
        )
    })
}
