//! A path or name in a logrotate file.

use std::borrow::Cow;

use super::Unquotable;
use super::bare::Bare;

static BARE: Bare = Bare::and(b"/._-+@");

/// logrotate splits the paths before a `{` as popt does, so that quotes work, and then expands
/// globs, also quoted ones. It takes no quotes around the names of users and groups
/// (`unknown user '"shop"'`), which are always plain.
pub(super) fn quote(value: &str) -> Result<Cow<'_, str>, Unquotable> {
    let refuse = |reason| Err(Unquotable { reason });
    if BARE.holds(value) {
        return Ok(Cow::Borrowed(value));
    }
    if value.contains(['\n', '\r', '\0']) {
        return refuse("logrotate takes no line break in a path");
    }
    if value.contains(['{', '}']) {
        return refuse("logrotate takes no brace in a path, however it is quoted");
    }
    let mut quoted = String::with_capacity(value.len() + 2);
    quoted.push('"');
    for c in value.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            // Between quotes popt leaves a backslash alone that stands before no quote, and glob(3)
            // takes the letter after it for itself.
            '\\' | '*' | '?' | '[' | ']' => {
                quoted.push('\\');
                quoted.push(c);
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    Ok(Cow::Owned(quoted))
}
