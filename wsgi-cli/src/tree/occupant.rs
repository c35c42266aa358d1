//! What stands at a path of the tree.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::manifest::{Kind, hexadecimal};

/// What stands at a path; links are not followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Occupant {
    Nothing,
    Directory {
        mode: u32,
    },
    File {
        mode: u32,
        length: u64,
    },
    /// A link, a socket, a device …
    Other,
}

impl Occupant {
    pub(super) fn at(path: &Path) -> io::Result<Self> {
        let found = match fs::symlink_metadata(path) {
            Ok(found) => found,
            Err(error) if is_missing(&error) => return Ok(Self::Nothing),
            Err(error) => return Err(error),
        };
        let mode = found.permissions().mode() & 0o7777;
        Ok(if found.is_dir() {
            Self::Directory { mode }
        } else if found.is_file() {
            Self::File {
                mode,
                length: found.len(),
            }
        } else {
            Self::Other
        })
    }
}

/// Whether nothing is there.
pub(super) fn is_missing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

/// What an earlier run put at a path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Recorded {
    pub(super) kind: Kind,
    pub(super) sha256: Option<String>,
    pub(super) target: Option<String>,
}

impl Recorded {
    /// Whether the file or link at `path` is still that.
    pub(super) fn is_at(&self, path: &Path) -> io::Result<bool> {
        match (self.kind, Occupant::at(path)?) {
            (Kind::File, Occupant::File { .. }) => Ok(Some(digest_of(path)?) == self.sha256),
            (Kind::Symlink, Occupant::Other) => match fs::read_link(path) {
                Ok(target) => Ok(self.target.as_deref().map(Path::new) == Some(&target)),
                // Neither a file nor a link.
                Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(false),
                Err(error) => Err(error),
            },
            _ => Ok(false),
        }
    }
}

/// The digest of a file that may be large.
pub(super) fn digest_of(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut digest = Sha256::new();
    let mut chunk = vec![0; 64 << 10];
    loop {
        let read = file.read(&mut chunk)?;
        if read == 0 {
            return Ok(hexadecimal(&digest.finalize()));
        }
        digest.update(&chunk[..read]);
    }
}
