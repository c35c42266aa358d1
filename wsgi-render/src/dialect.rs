//! How a value is written in each kind of file, so that its reader gets the same value back.

mod bare;
mod crontab;
mod html;
mod logrotate;
mod nginx;
mod plain;
mod python;
mod shell;

use std::borrow::Cow;

/// A kind of file, as far as quoting goes.
///
/// Quoting never changes a value: what a dialect cannot carry, it refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Dialect {
    /// bash and dash, one word.
    Shell,
    /// Python 3, a string literal.
    Python,
    /// supervisor, systemd and sudoers: words that none of them reads anything into. Whatever
    /// else a file of theirs needs stands in a file of another dialect, which they only name.
    Plain,
    /// A line of a crontab of Debian's cron: part of the command.
    Crontab,
    /// logrotate, one path or name.
    Logrotate,
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
    /// Every dialect.
    pub(crate) const ALL: &[Self] = &[
        Self::Shell,
        Self::Python,
        Self::Plain,
        Self::Crontab,
        Self::Logrotate,
        Self::Nginx,
        Self::Html,
    ];

    /// `value` as one word of the dialect.
    ///
    /// # Errors
    /// [`Unquotable`] when no spelling of the dialect carries it.
    pub fn quote(self, value: &str) -> Result<Cow<'_, str>, Unquotable> {
        match self {
            Self::Shell => shell::quote(value),
            Self::Python => Ok(Cow::Owned(python::quote(value))),
            Self::Plain => plain::quote(value),
            Self::Crontab => crontab::quote(value),
            Self::Logrotate => logrotate::quote(value),
            Self::Nginx => nginx::quote(value),
            Self::Html => html::quote(value),
        }
    }
}
