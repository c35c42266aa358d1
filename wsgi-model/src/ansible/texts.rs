//! What the methods and filters of texts do, by Python's rules.

use minijinja::Error;
use minijinja::formatting::FormatStyle;
use minijinja::value::{Value, ValueKind};

use super::engine::too_long;
use super::python;
use super::session::Session;
use crate::Invalid;

/// A format of `str.format` whose fields have numbers: the engine's own knows no names.
pub(super) fn numbered(format: &str, in_order: usize, named: &[(String, Value)]) -> String {
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

/// Python's white space.
pub(super) fn is_space(c: char) -> bool {
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
pub(super) fn title(text: &str) -> String {
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

pub(super) fn rsplit(text: &str, separator: Option<&str>, limit: i64) -> Option<Vec<String>> {
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

pub(super) fn split_lines(text: &str, keep: bool) -> Vec<String> {
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
