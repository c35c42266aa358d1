//! Why a command ended early.

use std::io;
use std::path::Path;

use wsgi_render::Unquotable;

use crate::exit;
use crate::output::PrintError;

/// Why a command ended early, other than by problems of vars files.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommandError {
    #[error("`{name}` is given twice")]
    GivenTwice { name: String },
    #[error(transparent)]
    Print(#[from] PrintError),
    #[error("cannot make {path}")]
    Make { path: String, source: io::Error },
    #[error("a variable cannot be printed for a shell")]
    Unquotable { source: Unquotable },
}

impl CommandError {
    /// The file or directory at `path` cannot be made.
    pub(crate) fn make(path: &Path, source: io::Error) -> Self {
        let path = path.to_string_lossy().into_owned();
        Self::Make { path, source }
    }

    /// A value cannot be written for a shell.
    pub(crate) const fn unquotable(source: Unquotable) -> Self {
        Self::Unquotable { source }
    }

    pub(crate) fn status(&self) -> u8 {
        match self {
            Self::GivenTwice { .. } => exit::USAGE,
            Self::Print(_) => exit::PART_WAY,
            Self::Make { .. } => exit::CONFLICT,
            Self::Unquotable { .. } => exit::REFUSED,
        }
    }

    pub(crate) fn help(&self) -> Option<String> {
        match self {
            Self::GivenTwice { .. } => Some("each vars file is one app: name it once".to_owned()),
            Self::Make { source, .. } if source.kind() == io::ErrorKind::AlreadyExists => Some(
                "nothing that is there is overwritten: give another name, or remove it first"
                    .to_owned(),
            ),
            Self::Print(_) | Self::Make { .. } | Self::Unquotable { .. } => None,
        }
    }
}
