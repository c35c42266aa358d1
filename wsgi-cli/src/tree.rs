//! Rendered files in a directory that stands for `/`.
//!
//! A run puts everything that is new or changed into a staging directory below DIR, works out what
//! has to happen as a list of steps (the journal), and then only renames. Until the journal is
//! complete, the tree is as it was; from then on, a run that fails undoes its steps, and the next
//! run finishes what a killed one left undone. Nothing is synced to disk: these are files to look
//! at or to ship, and a power cut costs no more than rendering them again.

mod conflict;
mod error;
mod journal;
mod manifest;
mod occupant;
mod plan;
mod previous;
mod sorted;
mod staging;
mod step;
mod wanted;

use std::fs::{self, File, FileTimes};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock};

use rustix::fs::{FlockOperation, flock};
use wsgi_model::Bundle;

use crate::interruption::Interruption;

pub(crate) use conflict::Conflict;
pub(crate) use error::TreeError;
pub(crate) use plan::{Change, Changes};
pub(crate) use staging::StagedApp;

use manifest::ManifestWriter;
use staging::Staging;

/// The manifest's name in DIR.
const MANIFEST: &str = "manifest.json";
/// What stands in DIR while a run is on its way, or after one was killed.
const STAGING: &str = ".wsgi-cli.staging~";

/// A directory that files are rendered into.
pub(crate) struct OutTree {
    /// As it was given, for messages.
    name: PathBuf,
    /// What is made when the first app is staged: until then, nothing is touched.
    open: OnceLock<Result<OpenTree, TreeError>>,
    collected: Mutex<Option<ManifestWriter>>,
}

/// A directory that this run alone writes to.
struct OpenTree {
    root: PathBuf,
    staging: Staging,
    /// Directories that this run made to have DIR.
    made: Vec<PathBuf>,
    /// When DIR was last changed, before this run.
    times: Option<FileTimes>,
    /// Whether the last run was finished first.
    resumed: bool,
    interruption: Interruption,
    /// Holds the lock.
    _lock: File,
}

impl OutTree {
    /// A directory that may be rendered into: new, empty, or written by an earlier run.
    pub(crate) fn new(name: &Path) -> Result<Self, TreeError> {
        if let Some(root) = resolve(name)? {
            // What was interrupted may lack its manifest; it is finished before anything is staged.
            if !journal::is_interrupted(&root) {
                inspect(name, &root)?;
            }
        }
        Ok(Self {
            name: name.to_owned(),
            open: OnceLock::new(),
            collected: Mutex::new(None),
        })
    }

    fn open(&self) -> Result<&OpenTree, TreeError> {
        let open = self.open.get_or_init(|| OpenTree::new(&self.name));
        open.as_ref().map_err(Clone::clone)
    }

    /// Puts what is new or changed of an app's files aside; may be called by many threads.
    pub(crate) fn stage(&self, bundle: &Bundle) -> Result<StagedApp, TreeError> {
        let open = self.open()?;
        open.interruption.check()?;
        open.staging.stage(&open.root, bundle)
    }

    /// Refuses to go on when a signal has asked to end.
    pub(crate) fn check(&self) -> Result<(), TreeError> {
        match self.open.get() {
            Some(Ok(open)) => Ok(open.interruption.check()?),
            // Nothing was begun, so that a signal ends the process by itself.
            _ => Ok(()),
        }
    }

    /// Takes what was staged of an app into the manifest.
    pub(crate) fn collect(&self, app: StagedApp) -> Result<(), TreeError> {
        let open = self.open()?;
        // A thread that panicked while it held the lock ends the run anyway.
        let mut collected = self
            .collected
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        collected
            .get_or_insert_with(|| ManifestWriter::new(&open.staging))
            .add(app)
    }

    /// Leaves the tree as it was.
    pub(crate) fn discard(self) {
        if let Some(Ok(open)) = self.open.into_inner() {
            open.close(Changed::No);
        }
    }

    /// Makes the tree what was staged: all of it, or nothing. Tells each path that changes.
    pub(crate) fn commit(self, tell: &mut dyn FnMut(Change, &str)) -> Result<Changes, TreeError> {
        let collected = self.collected.into_inner();
        let collected = collected.unwrap_or_else(std::sync::PoisonError::into_inner);
        let Some(open) = self.open.into_inner().transpose()? else {
            return Ok(Changes::default());
        };
        let mut done = open.commit(collected, tell);
        match &done {
            Err(error) if error.is_half_done() => {}
            Err(_) => open.close(Changed::No),
            Ok(changes) if changes.is_empty() && !open.resumed => open.close(Changed::No),
            Ok(_) => open.close(Changed::Yes),
        }
        if let Ok(changes) = &mut done {
            changes.interrupted = open.interruption.check().err();
        }
        done
    }
}

/// Whether a run changed the tree.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Changed {
    Yes,
    No,
}

impl OpenTree {
    fn new(name: &Path) -> Result<Self, TreeError> {
        let interruption = Interruption::noted();
        let made = make_directory(name)?;
        let real = resolve(name)?.ok_or_else(|| TreeError::io("find", name, &missing()))?;
        // By the name that was given, so that messages have it too.
        let root = name.to_owned();
        let lock = File::open(&real).map_err(|error| TreeError::io("open", name, &error))?;
        match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(rustix::io::Errno::WOULDBLOCK) => return Err(TreeError::Busy(name.to_owned())),
            Err(error) => return Err(TreeError::io("lock", name, &error.into())),
        }
        let times = modified(&root);
        let resumed = journal::recover(name, &root)?;
        inspect(name, &root)?;
        let staging = Staging::new(&root)?;
        Ok(Self {
            root,
            staging,
            made,
            times,
            resumed,
            interruption,
            _lock: lock,
        })
    }

    fn commit(
        &self,
        collected: Option<ManifestWriter>,
        tell: &mut dyn FnMut(Change, &str),
    ) -> Result<Changes, TreeError> {
        let Some(collected) = collected else {
            return Ok(Changes::default());
        };
        let mut changes = plan::plan(
            &self.root,
            &self.staging,
            collected,
            &self.interruption,
            tell,
        )?;
        changes.resumed = self.resumed;
        if !changes.is_empty() {
            // From here on it is nothing but renames, which are soon done.
            journal::perform(&self.root, &self.staging)?;
        }
        Ok(changes)
    }

    /// Takes the staging directory away, and after a run that changed nothing every trace of it.
    fn close(&self, changed: Changed) {
        self.staging.remove();
        if changed == Changed::No {
            if let Some(times) = self.times.filter(|_| !self.resumed) {
                let _ = File::open(&self.root).and_then(|root| root.set_times(times));
            }
            for made in self.made.iter().rev() {
                // Not empty when somebody else has put something there.
                let _ = fs::remove_dir(made);
            }
        }
    }
}

fn modified(path: &Path) -> Option<FileTimes> {
    let modified = fs::metadata(path).and_then(|found| found.modified()).ok()?;
    Some(FileTimes::new().set_modified(modified))
}

fn missing() -> io::Error {
    io::Error::from(io::ErrorKind::NotFound)
}

/// The directory behind all links; none when there is nothing yet.
fn resolve(name: &Path) -> Result<Option<PathBuf>, TreeError> {
    let root = match fs::canonicalize(name) {
        Ok(root) => root,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            if fs::symlink_metadata(name).is_ok() {
                return Err(TreeError::DanglingLink(name.to_owned()));
            }
            return Ok(None);
        }
        Err(error) => return Err(TreeError::io("look at", name, &error)),
    };
    if root.parent().is_none() {
        return Err(TreeError::RealRoot);
    }
    if !root.is_dir() {
        return Err(TreeError::NotADirectory(name.to_owned()));
    }
    Ok(Some(root))
}

/// Refuses a directory with something in it that no earlier run wrote.
fn inspect(name: &Path, root: &Path) -> Result<(), TreeError> {
    let failed = |error: io::Error| TreeError::io("read", name, &error);
    if previous::is_ours(&root.join(MANIFEST)).map_err(failed)? {
        return Ok(());
    }
    for entry in fs::read_dir(root).map_err(failed)? {
        let found = entry.map_err(failed)?.file_name();
        if found != STAGING {
            return Err(TreeError::Strange {
                directory: name.to_owned(),
                found: found.into(),
            });
        }
    }
    Ok(())
}

/// Makes a directory and what is missing above it, and says which were made, from the top.
fn make_directory(name: &Path) -> Result<Vec<PathBuf>, TreeError> {
    let mut missing: Vec<&Path> = name
        .ancestors()
        .take_while(|path| !path.as_os_str().is_empty() && fs::symlink_metadata(path).is_err())
        .collect();
    missing.reverse();
    let mut made = Vec::new();
    for path in missing {
        match fs::create_dir(path) {
            Ok(()) => made.push(path.to_owned()),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => {
                for path in made.iter().rev() {
                    let _ = fs::remove_dir(path);
                }
                return Err(TreeError::io("make", name, &error));
            }
        }
    }
    Ok(made)
}
