//! Part of a command in a crontab.

use std::borrow::Cow;

use super::Unquotable;

/// The longest command that cron takes; with one letter more it drops the whole file
/// (`MAX_COMMAND` in the source of Debian's cron 3.0pl1).
const MAX_COMMAND: usize = 998;

/// Debian's cron makes a line break of `%`, unless a backslash stands before it, and takes one
/// backslash of two away (crontab(5), and by experiment).
///
/// Cronie reads two backslashes differently; nothing that is rendered has one.
pub(super) fn quote(value: &str) -> Result<Cow<'_, str>, Unquotable> {
    let refuse = |reason| Err(Unquotable { reason });
    if value.contains(['\n', '\r', '\0']) {
        return refuse("a crontab has one line for each task");
    }
    let quoted = if value.contains(['\\', '%']) {
        Cow::Owned(value.replace('\\', r"\\").replace('%', r"\%"))
    } else {
        Cow::Borrowed(value)
    };
    if quoted.len() > MAX_COMMAND {
        return refuse("cron reads at most 998 bytes of a command");
    }
    Ok(quoted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cron_would_change_is_escaped_and_the_rest_left() {
        let quoted = |value| quote(value).ok().map(Cow::into_owned);
        assert_eq!(quoted("*/5 1-3 * * *").as_deref(), Some("*/5 1-3 * * *"));
        assert_eq!(quoted(r"date +%Y a\b").as_deref(), Some(r"date +\%Y a\\b"));
    }

    #[test]
    fn what_would_end_the_line_or_lose_the_file_is_refused() {
        for bad in ["a\nb", "a\r", "a\0", &"%".repeat(500)] {
            assert!(quote(bad).is_err(), "{bad:?}");
        }
        assert!(quote(&"a".repeat(998)).is_ok());
    }
}
