//! From what should be, what was rendered before and what is there to the steps in between.

use std::collections::{BTreeSet, HashSet};
use std::hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher};
use std::io;
use std::path::{Path, PathBuf};

use super::conflict::Conflict;
use super::journal::JournalWriter;
use super::manifest::{Kind, ManifestWriter};
use super::occupant::{Occupant, Recorded, digest_of};
use super::previous::{self, Previous};
use super::staging::{Staging, below};
use super::step::Step;
use super::wanted::{Wanted, WantedPaths};
use super::{MANIFEST, TreeError};
use crate::interruption::{Interrupted, Interruption};

/// More conflicts are not looked for.
const MOST_CONFLICTS: usize = 100;

/// What becomes of a path that is not as it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    New,
    Changed,
    Removed,
}

/// What a run did to the tree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Changes {
    pub(crate) made: usize,
    pub(crate) changed: usize,
    pub(crate) removed: usize,
    pub(crate) unchanged: usize,
    /// Whether an earlier run that was interrupted was finished first.
    pub(crate) resumed: bool,
    /// The signal that came when it was too late to put things back.
    pub(crate) interrupted: Option<Interrupted>,
    steps: usize,
}

impl Changes {
    /// Whether everything was as it should be.
    pub(crate) const fn is_empty(&self) -> bool {
        self.steps == 0
    }
}

/// Writes the journal, and the manifest into the staging directory. The tree is only read.
pub(super) fn plan(
    root: &Path,
    staging: &Staging,
    collected: ManifestWriter,
    interruption: &Interruption,
    tell: &mut dyn FnMut(Change, &str),
) -> Result<Changes, TreeError> {
    let old_manifest = root.join(MANIFEST);
    let has_previous = previous::is_ours(&old_manifest)
        .map_err(|error| TreeError::io("read", &old_manifest, &error))?;
    let mut wanted = WantedPaths::new(staging, collected)?;
    let mut planner = Planner {
        root,
        staging,
        interruption,
        journal: JournalWriter::new(staging)?,
        conflicts: Vec::new(),
        changes: Changes::default(),
        placed: HashSet::new(),
        good_parent: PathBuf::new(),
        desired: has_previous.then(Desired::default),
        emptied: BTreeSet::new(),
        tell,
    };
    if has_previous {
        previous::read(&old_manifest, |old| {
            while wanted.peek().is_some_and(|path| path < old.path.as_str()) {
                if let Some(new) = wanted.next()? {
                    planner.want(&new, None)?;
                }
            }
            if wanted.peek() != Some(&old.path) {
                return planner.drop(&old);
            }
            match wanted.next()? {
                Some(new) => planner.want(&new, Some(&old)),
                None => Ok(()),
            }
        })?;
    }
    while let Some(new) = wanted.next()? {
        planner.want(&new, None)?;
    }
    let new_manifest = wanted.finish()?;
    planner.finish(&new_manifest, has_previous.then_some(&old_manifest))
}

/// The directories that should be, by their hashes: a collision leaves an empty directory behind,
/// and ten thousand apps take a megabyte.
#[derive(Default)]
struct Desired(HashSet<u64, BuildHasherDefault<DefaultHasher>>);

impl Desired {
    fn add(&mut self, path: &str) {
        let hash = self.0.hasher().hash_one(path);
        self.0.insert(hash);
    }

    fn has(&self, path: &str) -> bool {
        self.0.contains(&self.0.hasher().hash_one(path))
    }
}

struct Planner<'a> {
    root: &'a Path,
    staging: &'a Staging,
    interruption: &'a Interruption,
    journal: JournalWriter,
    conflicts: Vec<Conflict>,
    changes: Changes,
    /// What comes with all that is in it.
    placed: HashSet<String>,
    /// A directory of the tree that is one, and so are those above it.
    good_parent: PathBuf,
    /// None when nothing can be left over.
    desired: Option<Desired>,
    /// Directories in which something of ours was, and perhaps nothing is any more.
    emptied: BTreeSet<String>,
    tell: &'a mut dyn FnMut(Change, &str),
}

/// What is above a path.
enum Above<'p> {
    /// Directories.
    Directories,
    /// This is not there yet.
    Missing(&'p str),
    /// This is no directory.
    Blocked(&'p str),
}

impl Planner<'_> {
    /// Sees to it that a path becomes what it should be.
    fn want(&mut self, new: &Wanted, old: Option<&Previous>) -> Result<(), TreeError> {
        self.interruption.check()?;
        if new.kind == Kind::Absent {
            return old.map_or(Ok(()), |old| self.drop(old));
        }
        if let Some(desired) = &mut self.desired {
            ancestors(&new.path).for_each(|path| desired.add(path));
            if new.kind == Kind::Directory {
                desired.add(&new.path);
            }
        }
        match self.above(&new.path)? {
            Above::Directories => {}
            Above::Missing(path) => {
                self.change(Change::New, &new.path);
                return self.place(path);
            }
            Above::Blocked(path) => {
                let path = below(self.root, path);
                return self.conflict(Conflict::NoDirectory(path));
            }
        }
        let at = below(self.root, &new.path);
        match (self.occupant(&at)?, new.kind) {
            (Occupant::Nothing, _) => {
                self.change(Change::New, &new.path);
                self.place(&new.path)
            }
            (Occupant::Directory { mode }, Kind::Directory) => self.keep(new, mode),
            (Occupant::Directory { .. }, _) => self.conflict(Conflict::Directory(at)),
            (_, Kind::Directory) => match old {
                Some(old) if self.is_as_recorded(&old.was, &at)? => {
                    self.change(Change::Changed, &new.path);
                    self.step(&Step::Remove {
                        path: new.path.clone(),
                        was: old.was.clone(),
                    })?;
                    self.place(&new.path)
                }
                _ => self.conflict(Conflict::NoDirectory(at)),
            },
            (Occupant::File { mode, .. }, _) if new.kept => self.keep(new, mode),
            (occupant, _) => {
                let Some(old) = old else {
                    return self.conflict(Conflict::Foreign(at));
                };
                // Only what differs was put aside.
                let staged = self.staging.new_at(&new.path);
                if self.occupant(&staged)? == Occupant::Nothing {
                    let mode = match occupant {
                        Occupant::File { mode, .. } => mode,
                        _ => new.mode.unwrap_or_default(),
                    };
                    return self.keep(new, mode);
                }
                if !self.is_as_recorded(&old.was, &at)? {
                    return self.conflict(Conflict::Edited(at));
                }
                self.change(Change::Changed, &new.path);
                self.step(&Step::Replace {
                    path: new.path.clone(),
                    was: old.was.clone(),
                })
            }
        }
    }

    /// What is there is right but for its permissions, perhaps.
    fn keep(&mut self, new: &Wanted, mode: u32) -> Result<(), TreeError> {
        match new.mode {
            Some(wanted) if wanted != mode => {
                self.change(Change::Changed, &new.path);
                let path = new.path.clone();
                self.step(&Step::SetMode {
                    path,
                    from: mode,
                    to: wanted,
                })
            }
            _ => {
                self.changes.unchanged += 1;
                Ok(())
            }
        }
    }

    /// Something comes to where nothing is, with all that is in it.
    fn place(&mut self, path: &str) -> Result<(), TreeError> {
        if self.placed.insert(path.to_owned()) {
            self.step(&Step::Place {
                path: path.to_owned(),
            })?;
        }
        Ok(())
    }

    /// Sees to it that what an earlier run wrote goes.
    fn drop(&mut self, old: &Previous) -> Result<(), TreeError> {
        if old.was.kind == Kind::Absent || !matches!(self.above(&old.path)?, Above::Directories) {
            return Ok(());
        }
        if old.was.kind == Kind::Directory {
            self.emptied.insert(old.path.clone());
        } else {
            let at = below(self.root, &old.path);
            if self.occupant(&at)? == Occupant::Nothing {
                return Ok(());
            }
            if !self.is_as_recorded(&old.was, &at)? {
                // What others have written since is theirs.
                if old.kept {
                    return Ok(());
                }
                return self.conflict(Conflict::Edited(at));
            }
            self.change(Change::Removed, &old.path);
            self.step(&Step::Remove {
                path: old.path.clone(),
                was: old.was.clone(),
            })?;
        }
        self.emptied.extend(ancestors(&old.path).map(str::to_owned));
        Ok(())
    }

    /// Ends the journal, when there is something to do.
    fn finish(
        mut self,
        new_manifest: &Path,
        old_manifest: Option<&PathBuf>,
    ) -> Result<Changes, TreeError> {
        let emptied = std::mem::take(&mut self.emptied);
        let desired = self.desired.take().unwrap_or_default();
        // What is in a directory comes after it, so from the last to the first.
        for path in emptied.into_iter().rev().filter(|path| !desired.has(path)) {
            if let Occupant::Directory { mode } = self.occupant(&below(self.root, &path))? {
                self.step(&Step::RemoveDirectory { path, mode })?;
            }
        }
        let digest = |path: &Path| digest_of(path).map_err(|e| TreeError::io("read", path, &e));
        let path = MANIFEST.to_owned();
        match old_manifest {
            None => self.step(&Step::Place { path })?,
            Some(old) => {
                let sha256 = Some(digest(old)?);
                if sha256 != Some(digest(new_manifest)?) || self.journal.steps > 0 {
                    let was = Recorded {
                        kind: Kind::File,
                        sha256,
                        target: None,
                    };
                    self.step(&Step::Replace { path, was })?;
                }
            }
        }
        if !self.conflicts.is_empty() {
            return Err(TreeError::Conflicts(self.conflicts));
        }
        self.changes.steps = self.journal.steps;
        self.journal.finish(self.staging)?;
        Ok(self.changes)
    }

    fn change(&mut self, change: Change, path: &str) {
        match change {
            Change::New => self.changes.made += 1,
            Change::Changed => self.changes.changed += 1,
            Change::Removed => self.changes.removed += 1,
        }
        (self.tell)(change, path);
    }

    fn step(&mut self, step: &Step) -> Result<(), TreeError> {
        self.journal.add(step)
    }

    fn conflict(&mut self, conflict: Conflict) -> Result<(), TreeError> {
        self.conflicts.push(conflict);
        if self.conflicts.len() < MOST_CONFLICTS {
            return Ok(());
        }
        Err(TreeError::Conflicts(std::mem::take(&mut self.conflicts)))
    }

    /// What is above a path of the tree: a link there would lead out of it.
    fn above<'p>(&mut self, path: &'p str) -> Result<Above<'p>, TreeError> {
        let parent = below(self.root, path)
            .parent()
            .map(Path::to_owned)
            .unwrap_or_default();
        if parent == self.good_parent {
            return Ok(Above::Directories);
        }
        for ancestor in ancestors(path) {
            match self.occupant(&below(self.root, ancestor))? {
                Occupant::Directory { .. } => {}
                Occupant::Nothing => return Ok(Above::Missing(ancestor)),
                _ => return Ok(Above::Blocked(ancestor)),
            }
        }
        self.good_parent = parent;
        Ok(Above::Directories)
    }

    fn occupant(&self, at: &Path) -> Result<Occupant, TreeError> {
        self.look(at, Occupant::at(at))
    }

    fn is_as_recorded(&self, was: &Recorded, at: &Path) -> Result<bool, TreeError> {
        self.look(at, was.is_at(at))
    }

    #[expect(clippy::unused_self, reason = "reads like the rest")]
    fn look<T>(&self, at: &Path, found: io::Result<T>) -> Result<T, TreeError> {
        found.map_err(|error| TreeError::io("look at", at, &error))
    }
}

/// The directories above a path but `/`, from the top.
fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/')
        .filter(|(at, _)| *at > 0)
        .map(|(at, _)| &path[..at])
}
