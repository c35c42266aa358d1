//! How a value is written in each kind of file, so that its reader gets the same value back.

use std::borrow::Cow;

mod html;
mod nginx;

/// A kind of file, as far as quoting goes.
///
/// Quoting never changes a value: what a dialect cannot carry, it refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Dialect {
    /// bash and dash, one word.
    Shell,
    /// nginx, one parameter of a directive.
    Nginx,
    /// HTML, text or the value of an attribute in quotes.
    Html,
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
            Self::Nginx => nginx::quote(value),
            Self::Html => html::quote(value),
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
