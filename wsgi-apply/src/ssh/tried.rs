use std::fmt;

/// Something that was tried to prove who the user is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    what: String,
    came_to: String,
}

impl Tried {
    /// What an attempt came to when the server ended the connection.
    pub(super) const HUNG_UP: &str = "the server hung up";

    pub(super) fn new(what: impl Into<String>, came_to: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            came_to: came_to.into(),
        }
    }

    pub(super) fn has_hung_up(&self) -> bool {
        self.came_to == Self::HUNG_UP
    }

    pub(super) fn list(tried: &[Self]) -> String {
        if tried.is_empty() {
            return "there was nothing to try".to_owned();
        }
        let all: Vec<_> = tried.iter().map(ToString::to_string).collect();
        all.join("; ")
    }
}

impl fmt::Display for Tried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.what, self.came_to)
    }
}
