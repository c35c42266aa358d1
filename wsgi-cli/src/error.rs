//! Why a command ended early.

use std::io;
use std::path::Path;

use wsgi_render::{RenderError, Unquotable};

use crate::exit;
use crate::output::PrintError;
use crate::tree::{Conflict, TreeError};
use crate::vars_file::UnreadableVars;

/// Why a command ended early, other than by problems of vars files.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommandError {
    #[error("`{name}` is given twice")]
    GivenTwice { name: String },
    #[error(transparent)]
    Unreadable(#[from] UnreadableVars),
    #[error(transparent)]
    Print(#[from] PrintError),
    #[error("cannot make {path}")]
    Make { path: String, source: io::Error },
    #[error(transparent)]
    Tree(#[from] TreeError),
    #[error("cannot render {app}")]
    Render { app: String, source: RenderError },
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

    /// What stands in the way of files, when that is what is wrong.
    pub(crate) fn conflicts(&self) -> &[Conflict] {
        match self {
            Self::Tree(error) => error.conflicts(),
            _ => &[],
        }
    }

    pub(crate) fn status(&self) -> u8 {
        match self {
            Self::GivenTwice { .. } => exit::USAGE,
            Self::Print(_) => exit::PART_WAY,
            Self::Make { .. } => exit::CONFLICT,
            Self::Unreadable(_) | Self::Unquotable { .. } => exit::REFUSED,
            Self::Tree(error) => error.status(),
            Self::Render { .. } => exit::BUG,
        }
    }

    pub(crate) fn help(&self) -> Option<String> {
        match self {
            Self::GivenTwice { .. } => Some("each vars file is one app: name it once".to_owned()),
            Self::Make { source, .. } if source.kind() == io::ErrorKind::AlreadyExists => Some(
                "nothing that is there is overwritten: give another name, or remove it first"
                    .to_owned(),
            ),
            Self::Tree(error) => Some(error.help()),
            Self::Unreadable(error) => error.help().map(str::to_owned),
            Self::Render { .. } => Some("this is a bug of wsgi-cli; please report it".to_owned()),
            Self::Print(_) | Self::Make { .. } | Self::Unquotable { .. } => None,
        }
    }
}
