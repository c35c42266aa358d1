//! What a step changes.

use camino::Utf8PathBuf;
use wsgi_model::{AbsPath, Action, Check, CheckMoment, Command, Contents, Mode, Owner};

use super::{Actor, Plan};
use crate::Observed;

/// What is changed.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Change {
    /// Debian packages are installed.
    Packages {
        /// Whether the package lists are refreshed first.
        update_lists: bool,
        /// The packages.
        names: Vec<String>,
    },
    /// A group is made.
    Group {
        /// Its name.
        name: String,
    },
    /// A user is made.
    User {
        /// Its name.
        name: String,
        /// Its primary group.
        group: String,
        /// Its home, which is not made by that.
        home: AbsPath,
        /// Its login shell.
        shell: String,
    },
    /// A user gets another login shell, home or primary group.
    AlterUser {
        /// Its name.
        name: String,
        /// The new shell.
        shell: Option<String>,
        /// The new home.
        home: Option<AbsPath>,
        /// The new primary group.
        group: Option<String>,
    },
    /// Something is put at a path, or changed there.
    Path(PathChange),
    /// A virtualenv is made, or gets packages.
    Virtualenv {
        /// Where it is.
        path: AbsPath,
        /// Whether it is made.
        create: bool,
        /// What is installed, as pip(1) takes it.
        install: Vec<String>,
        /// Whose it is.
        user: String,
        /// The home of that user.
        home: AbsPath,
    },
    /// A service is made to run, now and after a restart of the host.
    Service {
        /// Its name.
        name: &'static str,
    },
    /// A user's crontab(1) is replaced.
    Crontab {
        /// The user.
        user: String,
        /// The old one.
        before: String,
        /// The new one.
        after: String,
    },
    /// A directory is taken away, with everything in it.
    Tree {
        /// The directory.
        path: AbsPath,
    },
    /// A user is taken away.
    RemoveUser {
        /// Its name.
        name: String,
    },
    /// A group is taken away.
    RemoveGroup {
        /// Its name.
        name: String,
    },
    /// Something that changes owe.
    Action {
        /// What runs.
        action: Action,
        /// Whether an earlier run left it.
        left: bool,
    },
    /// The host takes note of what is there already.
    Record,
}

/// Something is put at a path, changed there, or taken away.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct PathChange {
    /// The path.
    pub path: AbsPath,
    /// Who does it.
    pub actor: Actor,
    /// What is there before.
    pub before: Observed,
    /// What is there then.
    pub after: After,
    /// Whether what is there before is kept, since we did not make it.
    pub backup: bool,
    /// What must hold before and after.
    pub checks: Vec<Check>,
}

/// What is at a path after a change.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum After {
    /// Nothing. A directory goes only when it is empty.
    Absent,
    /// A directory.
    Directory {
        /// Its permissions.
        mode: Mode,
        /// Whose it is.
        owner: Owner,
    },
    /// A file.
    File {
        /// Its bytes.
        contents: Contents,
        /// Its permissions.
        mode: Mode,
        /// Whose it is.
        owner: Owner,
    },
    /// What is there, with these.
    Attributes {
        /// The permissions.
        mode: Mode,
        /// Whose it is.
        owner: Owner,
    },
    /// A symbolic link.
    Symlink {
        /// Where it points.
        target: Utf8PathBuf,
        /// Whose it is.
        owner: Owner,
    },
}

impl PathChange {
    /// What must hold for a set of changes together, which tells the set. Nothing breaks by a
    /// directory; and what the changes mend is broken while the directories for them are made.
    pub(crate) fn set(&self) -> Option<&Command> {
        if self.is_directory() {
            return None;
        }
        let mut checks = self.checks.iter();
        let check = checks.find(|check| check.moment == CheckMoment::InPlace)?;
        Some(&check.command)
    }

    /// Whether a directory is made or changed.
    pub(crate) fn is_directory(&self) -> bool {
        matches!(self.after, After::Directory { .. })
            || matches!(
                (&self.after, &self.before),
                (After::Attributes { .. }, Observed::Directory(_))
            )
    }
}

impl Plan {
    /// What must hold before anything is changed, and the paths that this plan mends: one broken
    /// file of somebody else makes supervisord refuse all programs.
    ///
    /// nginx was asked when the host was observed; this takes ten times as long, and is asked only
    /// when there is need.
    pub(crate) fn presupposition(&self) -> Option<(&Command, Vec<&AbsPath>)> {
        let is_new = self.steps.iter().any(|step| {
            matches!(&step.change, Change::Packages { names, .. }
                if names.iter().any(|name| name == "supervisor"))
        });
        if is_new {
            return None;
        }
        let paths = || {
            self.steps.iter().filter_map(|step| match &step.change {
                Change::Path(change) => Some(change),
                _ => None,
            })
        };
        let mut programs =
            paths().filter(|change| change.path.as_str().starts_with("/etc/supervisor/"));
        let check = programs.find_map(PathChange::set)?;
        let together = paths().filter(|change| change.set() == Some(check));
        Some((check, together.map(|change| &change.path).collect()))
    }
}
