//! What stands where a file should go, and is not ours to replace.

use std::path::PathBuf;

/// A path of the tree that is somebody else's.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum Conflict {
    #[error("{} is not ours", .0.display())]
    Foreign(PathBuf),
    #[error("{} was edited after it had been rendered", .0.display())]
    Edited(PathBuf),
    #[error("{} stands where a directory should be", .0.display())]
    NoDirectory(PathBuf),
    #[error("{} is a directory, where a file should be", .0.display())]
    Directory(PathBuf),
}

impl Conflict {
    pub(crate) const fn help(&self) -> &'static str {
        match self {
            Self::Edited(_) => {
                "keep your change elsewhere (better: in the vars file), remove the file, and render again"
            }
            Self::Foreign(_) | Self::NoDirectory(_) | Self::Directory(_) => {
                "move it away, or render into another directory"
            }
        }
    }
}
