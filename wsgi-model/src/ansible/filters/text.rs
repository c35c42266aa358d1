//! Filters of text.

use minijinja::Error;
use minijinja::formatting::FormatStyle;
use minijinja::value::{Value, ValueKind};

use super::filters;
use crate::ansible::call::Call;
use crate::ansible::{python, texts};

filters! {
    "capitalize" => |call| Ok(Value::from(texts::capitalize(&call.text()?))),
    "center" => center,
    "e" => escape,
    "escape" => escape,
    "forceescape" => escape,
    "format" => format,
    "indent" => indent,
    "lower" => |call| Ok(Value::from(call.text()?.to_lowercase())),
    "quote" => quote,
    "replace" => replace,
    "safe" => |call| Ok(call.value.clone()),
    "split" => split,
    "string" => |call| call.text().map(Value::from),
    "title" => |call| Ok(Value::from(title(&call.text()?))),
    "trim" => trim,
    "truncate" => truncate,
    "upper" => |call| Ok(Value::from(call.text()?.to_uppercase())),
    "urldecode" => |call| Ok(Value::from(urldecode(&call.text()?))),
    "urlencode" => urlencode,
    "wordcount" => |call| Ok(Value::from(wordcount(&call.text()?))),
}

fn center(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let text = call.text()?;
    let [width] = call.bind(["width"])?;
    let width = width.map_or(Some(80), |w| w.as_usize()).unwrap_or(0);
    call.room(width)?;
    Ok(Value::from(texts::center(&text, width, ' ')))
}

fn escape(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let mut out = String::new();
    for c in call.text()?.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&#34;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    Ok(Value::from(out))
}

/// `format(*values, **values)`: Python's `%`.
fn format(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let format = call.text()?;
    let values = if call.kwargs.is_empty() {
        std::mem::take(&mut call.args)
    } else {
        let named = std::mem::take(&mut call.kwargs);
        vec![Value::from_pairs(named)]
    };
    texts::printf(call.session, FormatStyle::Printf, &format, &values).map(Value::from)
}

fn indent(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let text = call.only_text()?;
    let [width, first, blank] = call.bind(["width", "first", "blank"])?;
    let width = width.unwrap_or_else(|| Value::from(4));
    let indention = if let Some(text) = width.as_str() {
        text.to_owned()
    } else {
        let width = width.as_usize().unwrap_or(0);
        call.room(width)?;
        " ".repeat(width)
    };
    let first = first.is_some_and(|flag| flag.is_true());
    let blank = blank.is_some_and(|flag| flag.is_true());
    let lines: Vec<&str> = text.split('\n').collect();
    call.room(text.len() + lines.len() * indention.len())?;
    let mut out = String::new();
    for (i, line) in lines.iter().enumerate() {
        if i > 0 {
            out.push('\n');
        }
        if (i > 0 || first) && (blank || !line.is_empty()) {
            out.push_str(&indention);
        }
        out.push_str(line);
    }
    Ok(Value::from(out))
}

/// `shlex.quote`, of nothing too.
fn quote(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let text = if call.value.is_none() {
        String::new()
    } else {
        call.text()?
    };
    Ok(Value::from(python::shell_quote(&text)))
}

fn replace(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let text = call.text()?;
    let [old, new, count] = call.bind(["old", "new", "count"])?;
    let (Some(old), Some(new)) = (old, new) else {
        return Err(call.wrong("it wants what to replace, and by what"));
    };
    let (old, new) = (call.text_of(&old)?, call.text_of(&new)?);
    let count = count
        .filter(|c| !c.is_none())
        .and_then(|c| c.as_i64())
        .unwrap_or(-1);
    texts::replace(call.session, &text, &old, &new, count).map(Value::from)
}

fn split(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let text = call.only_text()?;
    let [separator, limit] = call.bind(["sep", "maxsplit"])?;
    let separator = separator.filter(|s| !s.is_none());
    let separator = separator.map(|s| call.text_of(&s)).transpose()?;
    let limit = limit.and_then(|l| l.as_i64()).unwrap_or(-1);
    let parts = texts::split(&text, separator.as_deref(), limit)
        .ok_or_else(|| call.wrong("the separator is empty"))?;
    Ok(Value::from(parts))
}

/// Jinja's own: words begin after blanks, hyphens and opening brackets.
fn title(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut begins = true;
    for c in text.chars() {
        if begins {
            out.extend(c.to_uppercase());
        } else {
            out.extend(c.to_lowercase());
        }
        begins = c.is_whitespace() || "-({[<".contains(c);
    }
    out
}

fn trim(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let text = call.text()?;
    let [chars] = call.bind(["chars"])?;
    Ok(Value::from(match chars.filter(|c| !c.is_none()) {
        None => texts::strip(&text, None).to_owned(),
        Some(chars) => texts::strip(&text, Some(&call.text_of(&chars)?)).to_owned(),
    }))
}

fn truncate(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let given = call.value.clone();
    let [length, killwords, end, leeway] = call.bind(["length", "killwords", "end", "leeway"])?;
    let length = length.and_then(|l| l.as_usize()).unwrap_or(255);
    let end = call.text_or(end.as_ref(), "...")?;
    let leeway = leeway.and_then(|l| l.as_usize()).unwrap_or(5);
    if given.as_str().is_none() && given.len().is_some_and(|len| len <= length + leeway) {
        return Ok(given);
    }
    let text: Vec<char> = call.only_text()?.chars().collect();
    if text.len() <= length + leeway {
        return Ok(Value::from(text.iter().collect::<String>()));
    }
    let Some(kept) = length.checked_sub(end.chars().count()) else {
        return Err(call.wrong("the length is shorter than its ending"));
    };
    let cut: String = text[..kept].iter().collect();
    if killwords.is_some_and(|flag| flag.is_true()) {
        return Ok(Value::from(cut + &end));
    }
    let whole = cut
        .rsplit_once(' ')
        .map_or(cut.as_str(), |(words, _)| words);
    Ok(Value::from(format!("{whole}{end}")))
}

fn wordcount(text: &str) -> usize {
    text.split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|word| !word.is_empty())
        .count()
}

fn urlencode(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let value = call.value.clone();
    let pairs: Vec<(Value, Value)> = match value.kind() {
        ValueKind::Map => call.entries_of(&value)?,
        ValueKind::Seq | ValueKind::Iterable => call
            .items()?
            .iter()
            .map(|pair| match pair.len() {
                Some(2) => Ok((pair.get_item_by_index(0)?, pair.get_item_by_index(1)?)),
                _ => Err(call.wrong("it wants a text, a mapping, or a list of pairs")),
            })
            .collect::<Result<_, Error>>()?,
        _ => return Ok(Value::from(percent_encode(&call.text()?, "/", "%20"))),
    };
    let mut out = Vec::with_capacity(pairs.len());
    for (key, value) in pairs {
        let key = percent_encode(&call.text_of(&key)?, "", "+");
        let value = percent_encode(&call.text_of(&value)?, "", "+");
        out.push(format!("{key}={value}"));
    }
    Ok(Value::from(out.join("&")))
}

fn percent_encode(text: &str, safe: &str, space: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b' ' => out.push_str(space),
            b if b.is_ascii_alphanumeric()
                || b"_.-~".contains(&b)
                || safe.as_bytes().contains(&b) =>
            {
                out.push(char::from(b));
            }
            b => {
                let _ = write!(out, "%{b:02X}");
            }
        }
    }
    out
}

/// `unquote_plus`
fn urldecode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while i < bytes.len() {
        let hex = bytes
            .get(i + 1..i + 3)
            .filter(|hex| bytes[i] == b'%' && hex.iter().all(u8::is_ascii_hexdigit))
            .and_then(|hex| std::str::from_utf8(hex).ok())
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match (hex, bytes[i]) {
            (Some(byte), _) => {
                out.push(byte);
                i += 2;
            }
            (None, b'+') => out.push(b' '),
            (None, byte) => out.push(byte),
        }
        i += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}
