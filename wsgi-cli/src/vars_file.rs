//! Vars files on the operator's machine.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use wsgi_model::Source;

/// More than the loader takes, and little enough to hold whatever is given.
const MAX_BYTES: u64 = 5 << 20;

/// A vars file in memory.
pub(crate) struct VarsFile {
    /// What it is called in messages.
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
    /// What relative paths in it are seen from.
    directory: PathBuf,
}

/// Why a vars file could not be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read {name}")]
pub(crate) struct UnreadableVars {
    pub(crate) name: String,
    source: UnreadableReason,
    /// Whether it is the vars file of an app, and not one that is read beside it.
    is_of_app: bool,
}

#[derive(Debug, thiserror::Error)]
enum UnreadableReason {
    #[error(transparent)]
    System(#[from] io::Error),
    #[error("it has more than {} MiB", MAX_BYTES >> 20)]
    TooLarge,
}

impl UnreadableVars {
    /// The reason without what failed.
    pub(crate) fn reason(&self) -> String {
        self.source.to_string()
    }

    /// Of a file that is read beside the app's own.
    pub(crate) fn beside(self) -> Self {
        Self {
            is_of_app: false,
            ..self
        }
    }

    pub(crate) fn help(&self) -> Option<&'static str> {
        let UnreadableReason::System(error) = &self.source else {
            return Some("a vars file holds the variables of one app; is this another file?");
        };
        match error.kind() {
            io::ErrorKind::NotFound if !self.is_of_app => {
                Some("its path is seen from the directory that you are in")
            }
            io::ErrorKind::NotFound => Some("`wsgi-cli init FILE` makes a vars file to start from"),
            io::ErrorKind::IsADirectory => Some("name the files in it: `DIR/*.yml`"),
            _ => None,
        }
    }
}

impl VarsFile {
    /// What a path is called in messages.
    pub(crate) fn name_of(path: &OsStr) -> String {
        if path == "-" {
            "<stdin>".to_owned()
        } else {
            path.to_string_lossy().into_owned()
        }
    }

    /// Reads the file at a path, or stdin for `-`.
    pub(crate) fn read(path: &OsStr) -> Result<Self, UnreadableVars> {
        let name = Self::name_of(path);
        let bytes = if path == "-" {
            bounded(io::stdin().lock(), MAX_BYTES)
        } else {
            File::open(path).and_then(|file| bounded(file, MAX_BYTES))
        };
        let unreadable = |source| UnreadableVars {
            name: name.clone(),
            source,
            is_of_app: true,
        };
        let bytes = bytes
            .map_err(|error| unreadable(error.into()))?
            .ok_or_else(|| unreadable(UnreadableReason::TooLarge))?;
        let directory = Path::new(path).parent().unwrap_or(Path::new("")).to_owned();
        Ok(Self {
            name,
            bytes,
            directory,
        })
    }

    pub(crate) fn source(&self) -> Source<'_> {
        Source {
            name: &self.name,
            bytes: &self.bytes,
        }
    }

    /// What relative paths in it are seen from.
    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }
}

/// Everything that is left to read; `None` when it is more than `most`.
pub(crate) fn bounded(from: impl Read, most: u64) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    from.take(most + 1).read_to_end(&mut bytes)?;
    let fits = u64::try_from(bytes.len()).is_ok_and(|length| length <= most);
    Ok(fits.then_some(bytes))
}

/// The first path that is given twice, by whatever spelling.
pub(crate) fn given_twice(paths: &[OsString]) -> Option<&OsString> {
    let mut seen = std::collections::HashSet::new();
    paths.iter().find(|path| {
        // A file that cannot be found is refused when it is read.
        let same = std::fs::canonicalize(path).unwrap_or_else(|_| PathBuf::from(path));
        !seen.insert(same)
    })
}
