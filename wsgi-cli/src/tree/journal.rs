//! The steps of a run, written down before the first is done.

use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use super::TreeError;
use super::staging::Staging;
use super::step::{Place, Run, Step};

const COMPLETE: &str = "journal";
const PARTIAL: &str = "journal.partial";

/// Writes a journal, step by step.
pub(super) struct JournalWriter {
    path: PathBuf,
    file: BufWriter<File>,
    pub(super) steps: usize,
}

impl JournalWriter {
    pub(super) fn new(staging: &Staging) -> Result<Self, TreeError> {
        let path = staging.file(PARTIAL);
        let file =
            File::create_new(&path).map_err(|error| TreeError::io("write", &path, &error))?;
        Ok(Self {
            path,
            file: BufWriter::new(file),
            steps: 0,
        })
    }

    pub(super) fn add(&mut self, step: &Step) -> Result<(), TreeError> {
        self.steps += 1;
        let written = serde_json::to_writer(&mut self.file, step)
            .map_err(io::Error::from)
            .and_then(|()| self.file.write_all(b"\n"));
        written.map_err(|error| TreeError::io("write", &self.path, &error))
    }

    /// From here on, a run that is killed is finished by the next.
    pub(super) fn finish(mut self, staging: &Staging) -> Result<(), TreeError> {
        let complete = staging.file(COMPLETE);
        let done = self
            .file
            .flush()
            .and_then(|()| fs::rename(&self.path, complete));
        done.map_err(|error| TreeError::io("write", &self.path, &error))
    }
}

/// Reads a journal without keeping it.
fn steps(staging: &Staging) -> io::Result<impl Iterator<Item = io::Result<Step>>> {
    let file = File::open(staging.file(COMPLETE))?;
    let lines = BufReader::new(file).lines();
    Ok(lines.map(|line| Ok(serde_json::from_str(&line?)?)))
}

/// Does all steps of the journal; when one fails, undoes those before it.
pub(super) fn perform(root: &Path, staging: &Staging) -> Result<(), TreeError> {
    let failed = |error: io::Error| TreeError::io("read", &staging.file(COMPLETE), &error);
    let mut done = 0;
    let mut all = || -> Result<(), TreeError> {
        for (index, step) in steps(staging).map_err(failed)?.enumerate() {
            done = index;
            step.map_err(failed)?.perform(
                &Place {
                    root,
                    staging,
                    index,
                },
                Run::First,
            )?;
        }
        Ok(())
    };
    let half_done = |cause| TreeError::HalfDone {
        directory: root.to_owned(),
        source: Box::new(cause),
    };
    match all() {
        // The next run would do the steps again, and find them done.
        Ok(()) => forget(staging).map_err(half_done),
        Err(cause) => match undo(root, staging, done) {
            Ok(()) if forget(staging).is_ok() => Err(cause),
            _ => Err(half_done(cause)),
        },
    }
}

/// Undoes the steps up to the one that failed, the last first.
fn undo(root: &Path, staging: &Staging, last: usize) -> io::Result<()> {
    let done: Vec<Step> = steps(staging)?.take(last + 1).collect::<io::Result<_>>()?;
    for (index, step) in done.iter().enumerate().rev() {
        step.undo(&Place {
            root,
            staging,
            index,
        })?;
    }
    Ok(())
}

/// Takes the journal away first: what is left of a staging directory without one means nothing.
fn forget(staging: &Staging) -> Result<(), TreeError> {
    let path = staging.file(COMPLETE);
    fs::remove_file(&path).map_err(|error| TreeError::io("remove", &path, &error))
}

/// Whether a run was killed after it had begun to change the tree.
pub(super) fn is_interrupted(root: &Path) -> bool {
    Staging::left_in(root).file(COMPLETE).exists()
}

/// Finishes a run that was killed on its way, or removes what it had put aside; says whether it
/// did the former.
pub(super) fn recover(name: &Path, root: &Path) -> Result<bool, TreeError> {
    let staging = Staging::left_in(root);
    if !staging.exists() {
        return Ok(false);
    }
    let half_done = |cause| TreeError::HalfDone {
        directory: name.to_owned(),
        source: Box::new(cause),
    };
    let failed =
        |error: io::Error| half_done(TreeError::io("read", &staging.file(COMPLETE), &error));
    let resumed = match steps(&staging) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => false,
        Err(error) => return Err(failed(error)),
        Ok(steps) => {
            for (index, step) in steps.enumerate() {
                let place = Place {
                    root,
                    staging: &staging,
                    index,
                };
                step.map_err(failed)?
                    .perform(&place, Run::Again)
                    .map_err(half_done)?;
            }
            forget(&staging)?;
            true
        }
    };
    staging.remove();
    if staging.exists() {
        let path = staging.file("");
        let error = io::Error::from(io::ErrorKind::DirectoryNotEmpty);
        return Err(TreeError::io("remove", &path, &error));
    }
    Ok(resumed)
}
