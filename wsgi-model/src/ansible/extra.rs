//! What `-e` gives, by Ansible's rules.

use crate::wire::scalar::{Kind, Scalar, Style};
use crate::wire::yaml::{self, Entry, Node, Value};
use crate::{Invalid, Place, Source};

/// One `-e` of the command line.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum ExtraVars<'a> {
    /// `name=value …` or a mapping in YAML or JSON.
    Text(&'a str),
    /// `@file`
    File(Source<'a>),
}

/// The variables of `-e text`.
pub(super) fn parse(text: &str) -> Result<Node, Invalid> {
    let trimmed = text.trim();
    if trimmed.starts_with(['/', '.']) {
        return Err(
            Invalid::new("`-e` was given what looks like the name of a file").help(format!(
                "put an `@` before it: `-e @{}`",
                crate::name::shown(trimmed)
            )),
        );
    }
    if trimmed.starts_with(['{', '[']) {
        return yaml::read(trimmed.as_bytes()).map_err(|problems| {
            let reason = problems.into_iter().next().map(|problem| problem.message);
            let reason = reason.unwrap_or_default();
            Invalid::new(format!(
                "`-e` was given a mapping that cannot be read: {reason}"
            ))
            .help(
                "write `-e '{\"name\": \"value\"}'`, or put it in a file and write `-e @file.yml`",
            )
        });
    }
    let mut entries: Vec<Entry> = Vec::new();
    for word in words(trimmed)? {
        let Some((name, value)) = word.split_once('=') else {
            return Err(
                Invalid::new("`-e` was given something that is no `name=value`")
                    .help("quote a value with blanks in it: `-e \"name='two words'\"`"),
            );
        };
        let name = name.trim();
        let entry = Entry {
            key: text_scalar(name),
            key_place: Place::START,
            node: Node::new(
                Place::START,
                Value::Scalar(text_scalar(&unquote(&escapes(value)))),
            ),
        };
        entries.retain(|old| old.key.written != name);
        entries.push(entry);
    }
    if entries.is_empty() {
        return Err(Invalid::new("`-e` was given nothing").help("write `-e name=value`"));
    }
    Ok(Node::new(Place::START, Value::Map(entries)))
}

fn text_scalar(text: &str) -> Scalar {
    Scalar {
        written: text.to_owned(),
        style: Style::SingleQuoted,
        kind: Kind::Str,
        unsafe_: false,
    }
}

/// Splits at blanks that are in no quotes and no expression, as Ansible's `split_args`.
fn words(text: &str) -> Result<Vec<String>, Invalid> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quote = None;
    let mut depth = 0_usize;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let next = chars.peek().copied();
        match c {
            '\\' if quote.is_some() => {
                word.push(c);
                word.extend(chars.next());
                continue;
            }
            '\'' | '"' if depth == 0 => match quote {
                None => quote = Some(c),
                Some(open) if open == c => quote = None,
                Some(_) => {}
            },
            '{' if matches!(next, Some('{' | '%' | '#')) => {
                depth += 1;
                word.push(c);
                word.extend(chars.next());
                continue;
            }
            '}' | '%' | '#' if depth > 0 && next == Some('}') => {
                depth -= 1;
                word.push(c);
                word.extend(chars.next());
                continue;
            }
            c if c.is_whitespace() && quote.is_none() && depth == 0 => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                continue;
            }
            _ => {}
        }
        word.push(c);
    }
    if quote.is_some() || depth > 0 {
        return Err(
            Invalid::new("`-e` was given a text whose quote or braces do not end")
                .help("close them, and mind that the shell takes one pair of quotes away"),
        );
    }
    if !word.is_empty() {
        words.push(word);
    }
    Ok(words)
}

/// Ansible's `unquote`: one pair around the whole.
fn unquote(text: &str) -> String {
    for quote in ['\'', '"'] {
        let inner = text
            .strip_prefix(quote)
            .and_then(|rest| rest.strip_suffix(quote));
        if let Some(inner) =
            inner.filter(|_| text.len() > 1 && !text.ends_with(&format!("\\{quote}")))
        {
            return inner.to_owned();
        }
    }
    text.to_owned()
}

/// Ansible's `decode_escapes`: those of Python that it knows in `name=value`.
fn escapes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let Some(c) = rest.chars().next() else {
            out.push('\\');
            break;
        };
        let hex = |digits: usize| {
            rest.get(1..=digits)
                .and_then(|hex| u32::from_str_radix(hex, 16).ok())
                .and_then(char::from_u32)
                .map(|c| (c, digits + 1))
        };
        let decoded = match c {
            'n' => Some(('\n', 1)),
            't' => Some(('\t', 1)),
            'r' => Some(('\r', 1)),
            'a' => Some(('\u{7}', 1)),
            'b' => Some(('\u{8}', 1)),
            'f' => Some(('\u{c}', 1)),
            'v' => Some(('\u{b}', 1)),
            '\\' | '\'' | '"' => Some((c, 1)),
            'x' => hex(2),
            'u' => hex(4),
            'U' => hex(8),
            _ => None,
        };
        match decoded {
            Some((c, length)) => {
                out.push(c);
                rest = &rest[length..];
            }
            None => out.push('\\'),
        }
    }
    out.push_str(rest);
    out
}
