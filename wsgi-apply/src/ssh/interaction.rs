use std::fmt;
use std::path::PathBuf;

use zeroize::Zeroizing;

/// A person who can be asked for secrets, or whoever stands in for one. A library has no terminal.
pub trait Interaction {
    /// Asks, and gives `None` when there is no answer: whatever needs one is left out.
    ///
    /// Time that this takes counts towards no time limit of ours; the server has its own, of two
    /// minutes as a rule.
    fn ask(&mut self, question: &Question) -> Option<Zeroizing<String>>;
}

/// Nobody: whatever needs a secret is left out.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoInteraction;

impl Interaction for NoInteraction {
    fn ask(&mut self, _: &Question) -> Option<Zeroizing<String>> {
        None
    }
}

/// What is asked. `Display` gives a line for the terminal, without the colon at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Question {
    /// The passphrase of a private key.
    Passphrase {
        /// Where the key lies.
        key: PathBuf,
        /// The number of wrong answers before.
        wrong: u32,
    },
    /// The password of a user.
    Password {
        /// The user.
        user: String,
        /// The host, as it was named.
        host: String,
        /// The number of wrong answers before.
        wrong: u32,
    },
    /// What the server asks in its own words: a password, or a code from another device.
    Challenge {
        /// The user.
        user: String,
        /// The host, as it was named.
        host: String,
        /// What the server says about it, without control characters; often nothing.
        instructions: String,
        /// Its question, without control characters.
        text: String,
        /// Whether the answer may be seen while it is typed.
        echo: bool,
        /// The number of refused rounds before.
        wrong: u32,
    },
}

impl Question {
    /// Whether the answer may be seen while it is typed.
    pub fn echoes(&self) -> bool {
        matches!(self, Self::Challenge { echo: true, .. })
    }

    /// The number of wrong answers before.
    pub fn wrong(&self) -> u32 {
        match self {
            Self::Passphrase { wrong, .. }
            | Self::Password { wrong, .. }
            | Self::Challenge { wrong, .. } => *wrong,
        }
    }
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.wrong() > 0 {
            f.write_str("not accepted, once more: ")?;
        }
        match self {
            Self::Passphrase { key, .. } => write!(f, "passphrase of {}", key.display()),
            Self::Password { user, host, .. } => write!(f, "password of {user} on {host}"),
            Self::Challenge {
                user,
                host,
                instructions,
                text,
                ..
            } => {
                write!(f, "{user} on {host}: ")?;
                if !instructions.is_empty() {
                    write!(f, "{instructions}: ")?;
                }
                f.write_str(text.trim_end().trim_end_matches(':'))
            }
        }
    }
}
