//! Places in a vars file.

use std::fmt;

/// Where something stands in a vars file; line and column count from 1, column and length in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
    /// How many characters it takes on its first line, at least 1.
    pub length: u32,
}

impl fmt::Display for Place {
    /// Writes `line:column`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

impl Place {
    /// The first character of a file.
    pub(crate) const START: Self = Self {
        line: 1,
        column: 1,
        length: 1,
    };
}
