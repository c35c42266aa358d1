//! What a run does to the tree, one rename at a time.

use std::fs;
use std::io;
use std::path::Path;

use rustix::fs::{CWD, RenameFlags, renameat_with};
use serde::{Deserialize, Serialize};

use super::TreeError;
use super::conflict::Conflict;
use super::occupant::{Occupant, Recorded};
use super::staging::{Staging, below, set_mode};

/// One change of the tree. Each can be undone, and done again after it was interrupted.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Step {
    /// Something comes to where nothing is; of a directory, with all that is in it.
    Place { path: String },
    /// A file or link of ours is replaced.
    Replace { path: String, was: Recorded },
    /// A file or link of ours goes.
    Remove { path: String, was: Recorded },
    /// The permissions of a file or directory are put right.
    SetMode { path: String, from: u32, to: u32 },
    /// A directory goes if nothing is left in it.
    RemoveDirectory { path: String, mode: u32 },
}

/// Whether a step can have been done before.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Run {
    /// It was planned just now.
    First,
    /// An interrupted run may have done it, and time has passed since.
    Again,
}

/// Where a step happens.
pub(super) struct Place<'a> {
    pub(super) root: &'a Path,
    pub(super) staging: &'a Staging,
    /// The number of the step.
    pub(super) index: usize,
}

impl Step {
    fn path(&self) -> &str {
        match self {
            Self::Place { path }
            | Self::Replace { path, .. }
            | Self::Remove { path, .. }
            | Self::SetMode { path, .. }
            | Self::RemoveDirectory { path, .. } => path,
        }
    }

    /// Does it.
    pub(super) fn perform(&self, place: &Place<'_>, run: Run) -> Result<(), TreeError> {
        let at = below(place.root, self.path());
        let new = place.staging.new_at(self.path());
        let old = place.staging.old_of(place.index);
        let failed = |error: io::Error| TreeError::io("write", &at, &error);
        if run == Run::Again {
            let done = match self {
                Self::Place { .. } | Self::Replace { .. } => !exists(&new).map_err(failed)?,
                Self::Remove { .. } => {
                    exists(&old).map_err(failed)? || !exists(&at).map_err(failed)?
                }
                Self::SetMode { .. } | Self::RemoveDirectory { .. } => false,
            };
            if done {
                return Ok(());
            }
            if let Self::Replace { was, .. } | Self::Remove { was, .. } = self {
                let kept = exists(&old).map_err(failed)?;
                if !kept && !was.is_at(&at).map_err(failed)? {
                    return Err(TreeError::Conflicts(vec![Conflict::Edited(at)]));
                }
            }
        }
        let done = match self {
            Self::Place { .. } => rename_to_nothing(&new, &at),
            Self::Replace { .. } => keep(&at, &old).and_then(|()| fs::rename(&new, &at)),
            Self::Remove { .. } => fs::rename(&at, &old),
            Self::SetMode { to, .. } => set_mode(&at, *to),
            Self::RemoveDirectory { .. } => remove_if_empty(&at),
        };
        done.map_err(failed)
    }

    /// Undoes it, whether it was done wholly, partly or not at all.
    pub(super) fn undo(&self, place: &Place<'_>) -> io::Result<()> {
        let at = below(place.root, self.path());
        let new = place.staging.new_at(self.path());
        let old = place.staging.old_of(place.index);
        match self {
            Self::Place { .. } if !exists(&new)? => rename_to_nothing(&at, &new),
            Self::Replace { .. } if exists(&old)? => {
                if !exists(&new)? {
                    keep(&at, &new)?;
                }
                fs::rename(&old, &at)
            }
            Self::Remove { .. } if exists(&old)? => rename_to_nothing(&old, &at),
            Self::SetMode { from, .. } => set_mode(&at, *from),
            Self::RemoveDirectory { mode, .. } if !exists(&at)? => {
                fs::create_dir(&at)?;
                set_mode(&at, *mode)
            }
            _ => Ok(()),
        }
    }
}

fn exists(path: &Path) -> io::Result<bool> {
    Ok(Occupant::at(path)? != Occupant::Nothing)
}

/// Gives a file or link a second name, so that the first never names nothing; moves it where the
/// file system knows no second names.
fn keep(path: &Path, name: &Path) -> io::Result<()> {
    match fs::hard_link(path, name) {
        Ok(()) => Ok(()),
        // A second try after an interruption.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(_) => fs::rename(path, name),
    }
}

/// Renames, and never onto something.
fn rename_to_nothing(from: &Path, to: &Path) -> io::Result<()> {
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        // Some file systems cannot tell in one step.
        Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS | rustix::io::Errno::NOTSUP) => {
            if exists(to)? {
                return Err(io::Error::from(io::ErrorKind::AlreadyExists));
            }
            fs::rename(from, to)
        }
        done => Ok(done?),
    }
}

fn remove_if_empty(path: &Path) -> io::Result<()> {
    match fs::remove_dir(path) {
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::DirectoryNotEmpty
                    | io::ErrorKind::NotFound
                    | io::ErrorKind::NotADirectory
                    | io::ErrorKind::ResourceBusy
            ) =>
        {
            Ok(())
        }
        done => done,
    }
}
