//! How a value is written in each kind of file, so that its reader gets the same value back.

mod crontab;
mod logrotate;

use std::borrow::Cow;

/// A kind of file, as far as quoting goes.
///
/// Quoting never changes a value: what a dialect cannot carry, it refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Dialect {
    /// bash and dash, one word.
    Shell,
    /// A line of a crontab of Debian's cron: part of the command.
    Crontab,
    /// logrotate, one path or name.
    Logrotate,
}

/// Why a dialect cannot carry a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Unquotable {
    pub(crate) reason: &'static str,
}

impl Dialect {
    /// `value` as one word of the dialect.
    ///
    /// # Errors
    /// [`Unquotable`] when no spelling of the dialect carries it.
    pub fn quote(self, value: &str) -> Result<Cow<'_, str>, Unquotable> {
        match self {
            Self::Shell => shell(value),
            Self::Crontab => crontab::quote(value),
            Self::Logrotate => logrotate::quote(value),
        }
    }
}

/// POSIX shell: bare where every letter is plain, else in single quotes, which carry every byte but
/// the quote itself (POSIX.1-2024, Shell Command Language, 2.2.2).
fn shell(value: &str) -> Result<Cow<'_, str>, Unquotable> {
    if value.contains('\0') {
        return Err(Unquotable {
            reason: "a shell word cannot hold a NUL byte",
        });
    }
    let plain = |c: char| {
        c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '_' | '-' | '+' | '@' | ':' | ',')
    };
    if !value.is_empty() && value.chars().all(plain) {
        return Ok(Cow::Borrowed(value));
    }
    Ok(Cow::Owned(format!("'{}'", value.replace('\'', r"'\''"))))
}
