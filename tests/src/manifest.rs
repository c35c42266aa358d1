use std::fs;
use std::path::Path;

use serde::Deserialize;

use crate::machine_error::MachineError;

/// What a rendered tree's files must become on a machine: the tree's `manifest.json`.
#[derive(Debug, Clone, Deserialize)]
pub struct Manifest {
    /// The version of the format.
    pub version: u32,
    /// Each path of the tree.
    pub artifacts: Vec<Entry>,
}

impl Manifest {
    /// Reads one from a file.
    ///
    /// # Errors
    ///
    /// When the file cannot be read or is not a manifest.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, MachineError> {
        let path = path.as_ref();
        let text = fs::read(path).map_err(|source| MachineError::ReadManifest {
            path: path.to_owned(),
            source,
        })?;
        serde_json::from_slice(&text).map_err(|source| MachineError::ParseManifest {
            path: path.to_owned(),
            source,
        })
    }
}

/// One path on a machine: what it should be, or what it was found to be.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Entry {
    /// Absolute.
    pub path: String,
    /// What is there.
    pub kind: Kind,
    /// Four octal digits, as in `0640`; nothing for a link and for what is absent.
    #[serde(default)]
    pub mode: Option<String>,
    /// The owner's name.
    #[serde(default)]
    pub owner: Option<String>,
    /// The group's name.
    #[serde(default)]
    pub group: Option<String>,
    /// Where a link points.
    #[serde(default)]
    pub target: Option<String>,
}

/// What is at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link.
    Symlink,
    /// Nothing.
    Absent,
}

impl Kind {
    /// The word that the manifest has for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Directory => "directory",
            Self::Symlink => "symlink",
            Self::Absent => "absent",
        }
    }
}
