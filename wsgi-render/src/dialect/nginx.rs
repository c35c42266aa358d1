//! nginx's configuration language.

use std::borrow::Cow;

use super::Unquotable;

/// nginx reads a configuration in pieces of 4,096 bytes, and a parameter must fit into one
/// (`NGX_CONF_BUFFER`, "too long parameter").
const LONGEST: usize = 4000;

/// One parameter: bare where every letter is plain, else in double quotes, in which a backslash
/// keeps the backslash and the quote.
pub(super) fn quote(value: &str) -> Result<Cow<'_, str>, Unquotable> {
    let refuse = |reason| Err(Unquotable { reason });
    if value.contains('$') {
        return refuse("nginx reads `$` as the start of a variable, and has no way to write it");
    }
    if value.contains('\0') {
        return refuse("an nginx parameter cannot hold a NUL byte");
    }
    let plain = |c: char| {
        c.is_ascii_alphanumeric()
            || matches!(c, '/' | '.' | '_' | '-' | '+' | '@' | ':' | ',' | '*')
    };
    let quoted = if !value.is_empty() && value.chars().all(plain) {
        Cow::Borrowed(value)
    } else {
        Cow::Owned(format!(
            "\"{}\"",
            value.replace('\\', r"\\").replace('"', "\\\"")
        ))
    };
    if quoted.len() > LONGEST {
        return refuse("an nginx parameter cannot be longer than 4,000 bytes");
    }
    Ok(quoted)
}
