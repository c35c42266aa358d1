//! Why one value was refused.

use std::borrow::Cow;

/// Why a value is not a legal value of its type, and what to write instead.
///
/// Every `parse` function of this crate returns it. The text never quotes a secret value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Invalid {
    reason: Cow<'static, str>,
    help: Option<Cow<'static, str>>,
}

impl Invalid {
    /// A refusal for `reason` (lower case, no full stop).
    pub fn new(reason: impl Into<Cow<'static, str>>) -> Self {
        Self {
            reason: reason.into(),
            help: None,
        }
    }

    /// Adds the remedy.
    #[must_use]
    pub fn help(mut self, help: impl Into<Cow<'static, str>>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// What is wrong.
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// What to do about it, where more can be said than the reason says.
    pub fn remedy(&self) -> Option<&str> {
        self.help.as_deref()
    }
}
