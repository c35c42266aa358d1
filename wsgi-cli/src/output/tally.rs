//! How many problems of which severity.

use std::fmt;

use wsgi_model::{Problem, Severity};

/// How many problems there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) errors: usize,
    pub(crate) warnings: usize,
    pub(crate) notes: usize,
}

impl Tally {
    pub(crate) fn of(problems: &[Problem]) -> Self {
        let count = |severity| problems.iter().filter(|p| p.severity == severity).count();
        Self {
            errors: count(Severity::Error),
            warnings: count(Severity::Warning),
            notes: count(Severity::Note),
        }
    }

    pub(crate) fn is_empty(self) -> bool {
        self == Self::default()
    }
}

impl fmt::Display for Tally {
    /// Writes `3 errors, 1 warning`; nothing for what there is none of.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = [
            (self.errors, "error"),
            (self.warnings, "warning"),
            (self.notes, "note"),
        ];
        for (i, (count, noun)) in all.into_iter().filter(|(count, _)| *count > 0).enumerate() {
            let comma = if i > 0 { ", " } else { "" };
            let s = if count > 1 { "s" } else { "" };
            write!(f, "{comma}{count} {noun}{s}")?;
        }
        Ok(())
    }
}
