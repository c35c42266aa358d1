//! Values that must not be printed by accident.

use std::fmt;

/// What is shown in place of a secret; its length says nothing of the secret's.
pub(crate) const MASK: &str = "********";

/// A value that never shows itself: `Debug` prints `Secret(..)` and there is no `Display`.
///
/// The only way to the value is [`expose`](Secret::expose), which is easy to find in a review.
///
/// ```
/// use wsgi_model::Secret;
/// let password = Secret::new("hunter2".to_owned());
/// assert_eq!(format!("{password:?}"), "Secret(..)");
/// assert_eq!(password.expose(), "hunter2");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Secret<T>(T);

impl<T> Secret<T> {
    /// Wraps a value.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// Gives the value to code that really needs it.
    pub const fn expose(&self) -> &T {
        &self.0
    }
}

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}
