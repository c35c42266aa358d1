//! nginx's configuration language.

use std::borrow::Cow;

use super::Unquotable;
use super::bare::Bare;

static BARE: Bare = Bare::and(b"/._-+@:,*");

/// nginx reads a configuration in pieces of 4,096 bytes, and a parameter must fit into one
/// (`NGX_CONF_BUFFER`, "too long parameter").
const LONGEST: usize = 4000;

/// One parameter: bare where every letter is plain, else in double quotes, in which a backslash
/// keeps the backslash and the quote.
pub(super) fn quote(value: &str) -> Result<Cow<'_, str>, Unquotable> {
    let refuse = |reason| Err(Unquotable { reason });
    if BARE.holds(value) && value.len() <= LONGEST {
        return Ok(Cow::Borrowed(value));
    }
    if value.contains('$') {
        return refuse("nginx reads `$` as the start of a variable, and has no way to write it");
    }
    if value.contains('\0') {
        return refuse("an nginx parameter cannot hold a NUL byte");
    }
    let quoted = format!("\"{}\"", value.replace('\\', r"\\").replace('"', "\\\""));
    if quoted.len() > LONGEST {
        return refuse("an nginx parameter cannot be longer than 4,000 bytes");
    }
    Ok(Cow::Owned(quoted))
}
