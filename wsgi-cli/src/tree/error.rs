//! Why a tree could not be written.

use std::io;
use std::path::{Path, PathBuf};

use super::conflict::Conflict;
use crate::exit;
use crate::interruption::Interrupted;

/// Why a tree could not be written. It is as it was before, but for [`TreeError::HalfDone`].
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum TreeError {
    #[error("files are not rendered into the running system")]
    RealRoot,
    #[error("{} is no directory", .0.display())]
    NotADirectory(PathBuf),
    #[error("{} is a link to nothing", .0.display())]
    DanglingLink(PathBuf),
    #[error("{} is not empty, and was not written by `wsgi-cli render`: it has {}", .directory.display(), .found.display())]
    Strange { directory: PathBuf, found: PathBuf },
    #[error("another `wsgi-cli render` is writing to {}", .0.display())]
    Busy(PathBuf),
    #[error("{} cannot be read as the manifest of an earlier run", .path.display())]
    Damaged {
        path: PathBuf,
        source: ManifestFault,
    },
    #[error("{} of the rendered paths cannot be written", .0.len())]
    Conflicts(Vec<Conflict>),
    #[error("two apps make {path}, and not the same of it")]
    MadeTwice { path: String },
    #[error("cannot {doing} {}", .path.display())]
    Io {
        doing: &'static str,
        path: PathBuf,
        source: IoFault,
    },
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
    #[error("{} was changed half-way", .directory.display())]
    HalfDone {
        directory: PathBuf,
        source: Box<TreeError>,
    },
}

/// An error of the system, to be told more than once.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{text}")]
pub(crate) struct IoFault {
    text: String,
    kind: io::ErrorKind,
}

/// What is wrong with a manifest.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct ManifestFault(pub(super) String);

impl TreeError {
    pub(super) fn io(doing: &'static str, path: &Path, error: &io::Error) -> Self {
        let (text, kind) = (error.to_string(), error.kind());
        Self::Io {
            doing,
            path: path.to_owned(),
            source: IoFault { text, kind },
        }
    }

    /// Whether the tree is neither what it was nor what it should be.
    pub(super) const fn is_half_done(&self) -> bool {
        matches!(self, Self::HalfDone { .. })
    }

    /// The conflicts, when these are what is wrong.
    pub(crate) fn conflicts(&self) -> &[Conflict] {
        match self {
            Self::Conflicts(conflicts) => conflicts,
            Self::HalfDone { source, .. } => source.conflicts(),
            _ => &[],
        }
    }

    pub(crate) const fn status(&self) -> u8 {
        match self {
            Self::Interrupted(signal) => signal.status(),
            Self::RealRoot => exit::USAGE,
            Self::MadeTwice { .. } => exit::BUG,
            Self::HalfDone { .. } => exit::PART_WAY,
            _ => exit::CONFLICT,
        }
    }

    pub(crate) fn help(&self) -> String {
        match self {
            Self::RealRoot => "give a directory that stands for `/`, such as `--out build`".to_owned(),
            Self::NotADirectory(_) | Self::DanglingLink(_) | Self::Strange { .. } => {
                "give a directory that is new or empty".to_owned()
            }
            Self::Busy(_) => "wait until it is done".to_owned(),
            Self::Damaged { .. } => {
                "render into a new directory; without its manifest nobody knows which files here are ours".to_owned()
            }
            Self::Conflicts(_) => "nothing was changed".to_owned(),
            Self::MadeTwice { .. } => "this is a bug of wsgi-cli; please report it".to_owned(),
            Self::Io { source, .. } => match source.kind {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                    "make room and run it again; the directory is as it was".to_owned()
                }
                _ => "the directory is as it was".to_owned(),
            },
            Self::Interrupted(_) => "the directory is as it was".to_owned(),
            Self::HalfDone { .. } => {
                "remove the cause and run it again: the next run goes on where this one stopped".to_owned()
            }
        }
    }
}
