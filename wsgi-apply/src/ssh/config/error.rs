use std::io;
use std::path::PathBuf;

use crate::ssh::place::Place;

/// Why the configuration of `ssh` cannot be followed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A file that is there cannot be read.
    #[error("{} cannot be read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Somebody else could have written where we connect to.
    #[error("{} can be written by other users", path.display())]
    WritableByOthers {
        /// The file.
        path: PathBuf,
    },
    /// A line that cannot be understood.
    #[error("{place}: {reason}")]
    Syntax {
        /// Where.
        place: Place,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// An option whose value cannot be understood.
    #[error("{place}: `{option}` cannot be `{value}`")]
    Value {
        /// Where.
        place: Place,
        /// The option.
        option: &'static str,
        /// Its value as written.
        value: String,
        /// What it may be.
        expected: &'static str,
    },
    /// An option that is not served, and that must not be ignored.
    #[error("{place}: `{option}` is not supported here")]
    Refused {
        /// Where.
        place: Place,
        /// The option, and what of it is meant.
        option: String,
        /// What to write in its place.
        remedy: &'static str,
    },
    /// Files include each other without end.
    #[error("{place}: more than 16 files include each other")]
    IncludedTooDeep {
        /// The last `Include`.
        place: Place,
    },
}

impl ConfigError {
    /// What to do about it.
    pub fn help(&self) -> String {
        match self {
            Self::Unreadable { .. } => "make it readable for yourself".to_owned(),
            Self::WritableByOthers { path } => {
                format!("make it yours alone: chmod go-w {}", path.display())
            }
            Self::Syntax { .. } => "see `man ssh_config`".to_owned(),
            Self::Value { expected, .. } => format!("it may be {expected}"),
            Self::Refused { remedy, .. } => (*remedy).to_owned(),
            Self::IncludedTooDeep { .. } => "remove the circle".to_owned(),
        }
    }
}
