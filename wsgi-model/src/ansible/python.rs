//! How Python prints values, which is what Ansible's expressions and filters show.

use std::fmt::Write as _;

use minijinja::value::{Tuple, Value, ValueKind};

use super::view::{Date, Plain};
use crate::wire::scalar::float_text;

/// The longest text that one value makes.
pub(super) const MAX_TEXT: usize = 1 << 20;

/// A text that would be too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooLong;

/// How tuples are written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tuples {
    /// As Python does.
    Kept,
    /// As the lists that Ansible makes of them where an expression ends.
    Lists,
}

/// What `{{ value }}` writes.
pub(super) fn output(value: &Value) -> Result<String, TooLong> {
    as_text(value, Tuples::Lists)
}

/// `str(value)`.
pub(super) fn text(value: &Value) -> Result<String, TooLong> {
    as_text(value, Tuples::Kept)
}

fn as_text(value: &Value, tuples: Tuples) -> Result<String, TooLong> {
    if let Some(text) = value.as_str() {
        return Ok(text.to_owned());
    }
    if let Some(Plain::Date(Date(date))) = value.downcast_object_ref::<Plain>() {
        return Ok(date.clone());
    }
    let mut out = String::new();
    repr_into(&mut out, value, tuples)?;
    Ok(out)
}

/// `repr(value)`
fn repr_into(out: &mut String, value: &Value, tuples: Tuples) -> Result<(), TooLong> {
    if out.len() > MAX_TEXT {
        return Err(TooLong);
    }
    match value.kind() {
        ValueKind::String => quote_into(out, value.as_str().unwrap_or_default()),
        ValueKind::Number => out.push_str(&number(value)),
        ValueKind::Seq | ValueKind::Iterable => {
            let is_tuple = tuples == Tuples::Kept && value.downcast_object_ref::<Tuple>().is_some();
            out.push(if is_tuple { '(' } else { '[' });
            let mut count = 0;
            for item in value.try_iter().into_iter().flatten() {
                if count > 0 {
                    out.push_str(", ");
                }
                repr_into(out, &item, tuples)?;
                count += 1;
            }
            if is_tuple && count == 1 {
                out.push(',');
            }
            out.push(if is_tuple { ')' } else { ']' });
        }
        ValueKind::Map => {
            out.push('{');
            for (i, key) in value.try_iter().into_iter().flatten().enumerate() {
                if i > 0 {
                    out.push_str(", ");
                }
                repr_into(out, &key, tuples)?;
                out.push_str(": ");
                repr_into(out, &value.get_item(&key).unwrap_or_default(), tuples)?;
            }
            out.push('}');
        }
        ValueKind::Plain => match value.downcast_object_ref::<Plain>() {
            Some(Plain::Date(Date(date))) => out.push_str(&date_repr(date)),
            _ => {
                let _ = write!(out, "{value}");
            }
        },
        _ => {
            let _ = write!(out, "{value}");
        }
    }
    Ok(())
}

/// `repr` of a date, as it stands in a list.
fn date_repr(date: &str) -> String {
    let (moment, offset) = match date.get(19..).and_then(|rest| rest.find(['+', '-'])) {
        Some(at) => date.split_at(19 + at),
        None => (date, ""),
    };
    let mut numbers: Vec<&str> = moment.split(['-', ' ', ':', '.']).collect();
    let kind = if numbers.len() > 3 {
        "datetime"
    } else {
        "date"
    };
    // Seconds are left out where nothing follows them and they are 0.
    if numbers.len() == 6 && numbers[5] == "00" {
        numbers.pop();
    }
    let numbers: Vec<&str> = numbers
        .iter()
        .map(|number| match number.trim_start_matches('0') {
            "" => "0",
            number => number,
        })
        .collect();
    let zone = match offset {
        "" => "",
        "+00:00" => ", tzinfo=datetime.timezone.utc",
        _ => ", tzinfo=…",
    };
    format!("datetime.{kind}({}{zone})", numbers.join(", "))
}

/// A number as Python prints it.
pub(super) fn number(value: &Value) -> String {
    if value.is_integer() {
        value.to_string()
    } else {
        f64::try_from(value.clone()).map_or_else(|_| value.to_string(), float_text)
    }
}

/// `repr` of a text: in single quotes unless it has some and no double ones.
fn quote_into(out: &mut String, text: &str) {
    let quote = if text.contains('\'') && !text.contains('"') {
        '"'
    } else {
        '\''
    };
    out.push(quote);
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == quote => {
                out.push('\\');
                out.push(c);
            }
            c if (c as u32) < 0x20 || (0x7f..0xa1).contains(&(c as u32)) || c == '\u{ad}' => {
                let _ = write!(out, "\\x{:02x}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push(quote);
}

/// How JSON is laid out.
#[derive(Clone, Copy)]
pub(super) struct JsonLayout {
    /// Spaces for each level; on one line without.
    pub(super) indent: Option<usize>,
    pub(super) sort_keys: bool,
    pub(super) ascii: bool,
}

/// `json.dumps(value)`. `None` for what JSON does not have.
pub(super) fn json(value: &Value, layout: JsonLayout) -> Result<Option<String>, TooLong> {
    let mut out = String::new();
    Ok(json_into(&mut out, value, layout, 0)?.map(|()| out))
}

fn json_into(
    out: &mut String,
    value: &Value,
    layout: JsonLayout,
    level: usize,
) -> Result<Option<()>, TooLong> {
    if out.len() > MAX_TEXT {
        return Err(TooLong);
    }
    let line = |out: &mut String, level: usize| {
        if let Some(indent) = layout.indent {
            out.push('\n');
            out.extend(std::iter::repeat_n(' ', indent * level));
        }
    };
    let comma = if layout.indent.is_some() { "," } else { ", " };
    match value.kind() {
        ValueKind::None => out.push_str("null"),
        ValueKind::Bool => out.push_str(if value.is_true() { "true" } else { "false" }),
        ValueKind::Number => match number(value).as_str() {
            "inf" => out.push_str("Infinity"),
            "-inf" => out.push_str("-Infinity"),
            "nan" => out.push_str("NaN"),
            number => out.push_str(number),
        },
        ValueKind::String => json_text(out, value.as_str().unwrap_or_default(), layout.ascii),
        ValueKind::Seq | ValueKind::Iterable => {
            let items: Vec<Value> = value.try_iter().into_iter().flatten().collect();
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push_str(comma);
                }
                line(out, level + 1);
                if json_into(out, item, layout, level + 1)?.is_none() {
                    return Ok(None);
                }
            }
            if !items.is_empty() {
                line(out, level);
            }
            out.push(']');
        }
        ValueKind::Map => {
            let mut entries = Vec::new();
            for key in value.try_iter().into_iter().flatten() {
                let name = match key.kind() {
                    ValueKind::String => key.as_str().unwrap_or_default().to_owned(),
                    ValueKind::None => "null".to_owned(),
                    ValueKind::Bool => key.is_true().to_string(),
                    ValueKind::Number => number(&key),
                    _ => return Ok(None),
                };
                entries.push((name, value.get_item(&key).unwrap_or_default()));
            }
            if layout.sort_keys {
                entries.sort_by(|a, b| a.0.cmp(&b.0));
            }
            out.push('{');
            for (i, (name, item)) in entries.iter().enumerate() {
                if i > 0 {
                    out.push_str(comma);
                }
                line(out, level + 1);
                json_text(out, name, layout.ascii);
                out.push_str(": ");
                if json_into(out, item, layout, level + 1)?.is_none() {
                    return Ok(None);
                }
            }
            if !entries.is_empty() {
                line(out, level);
            }
            out.push('}');
        }
        ValueKind::Plain => match value.downcast_object_ref::<Plain>() {
            // Ansible's encoder writes dates in ISO 8601.
            Some(Plain::Date(Date(date))) => {
                json_text(out, &date.replacen(' ', "T", 1), layout.ascii);
            }
            _ => return Ok(None),
        },
        _ => return Ok(None),
    }
    Ok(Some(()))
}

fn json_text(out: &mut String, text: &str, ascii: bool) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            c if (c as u32) < 0x20 || (ascii && !c.is_ascii()) => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
            // Python leaves DEL as it is.
            c => out.push(c),
        }
    }
    out.push('"');
}

/// `shlex.quote`.
pub(super) fn shell_quote(text: &str) -> String {
    let safe = |c: char| c.is_ascii_alphanumeric() || "_@%+=:,./-".contains(c);
    if !text.is_empty() && text.chars().all(safe) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\"'\"'"))
    }
}
