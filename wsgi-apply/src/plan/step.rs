//! A change in words.

use std::fmt;

use wsgi_model::{Mode, Owner, Sensitivity};

use super::{After, Change, PathChange, Plan, Step};
use crate::Observed;

/// What a step does, by the count of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Effect {
    /// Something is there that was not.
    Add,
    /// Something is different.
    Change,
    /// Something is gone.
    Remove,
    /// A program runs.
    Run,
}

/// How many steps of a plan do what. Its text is `1 to add, 2 to change, 0 to remove, 3 to run`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// How much is added.
    pub add: usize,
    /// How much is changed.
    pub change: usize,
    /// How much is removed.
    pub remove: usize,
    /// How many programs run.
    pub run: usize,
}

impl Plan {
    /// How many steps do what.
    pub fn counts(&self) -> Counts {
        Counts::of(&self.steps)
    }
}

impl Counts {
    /// How many of some steps do what.
    pub fn of<'a>(steps: impl IntoIterator<Item = &'a Step>) -> Self {
        let mut counts = Self::default();
        for step in steps {
            *match step.effect() {
                Effect::Add => &mut counts.add,
                Effect::Change => &mut counts.change,
                Effect::Remove => &mut counts.remove,
                Effect::Run => &mut counts.run,
            } += 1;
        }
        counts
    }

    /// All of them.
    pub const fn total(self) -> usize {
        self.add + self.change + self.remove + self.run
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} to add, {} to change, {} to remove, {} to run",
            self.add, self.change, self.remove, self.run
        )
    }
}

impl Effect {
    /// A word for programs, such as `add`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Change => "change",
            Self::Remove => "remove",
            Self::Run => "run",
        }
    }
}

impl Step {
    /// What it does.
    pub fn effect(&self) -> Effect {
        match &self.change {
            Change::Packages { .. }
            | Change::Group { .. }
            | Change::User { .. }
            | Change::Virtualenv { create: true, .. } => Effect::Add,
            Change::Path(change) => match (&change.before, &change.after) {
                (_, After::Absent) => Effect::Remove,
                (Observed::Absent, _) => Effect::Add,
                _ => Effect::Change,
            },
            Change::Tree { .. } | Change::RemoveUser { .. } | Change::RemoveGroup { .. } => {
                Effect::Remove
            }
            Change::Action { .. } => Effect::Run,
            Change::AlterUser { .. }
            | Change::Virtualenv { .. }
            | Change::Service { .. }
            | Change::Crontab { .. }
            | Change::Record => Effect::Change,
        }
    }

    /// What kind of thing it is about, such as `file`.
    pub fn kind(&self) -> &'static str {
        match &self.change {
            Change::Packages { .. } => "packages",
            Change::Group { .. } | Change::RemoveGroup { .. } => "group",
            Change::User { .. } | Change::AlterUser { .. } | Change::RemoveUser { .. } => "user",
            Change::Tree { .. } => "directory",
            Change::Path(change) => change.kind(),
            Change::Virtualenv { .. } => "virtualenv",
            Change::Service { .. } => "service",
            Change::Crontab { .. } => "crontab",
            Change::Action { .. } => "action",
            Change::Record => "record",
        }
    }

    /// What it is about: a path, or a name.
    pub fn subject(&self) -> String {
        match &self.change {
            Change::Packages { names, .. } => names.join(" "),
            Change::Group { name }
            | Change::RemoveGroup { name }
            | Change::User { name, .. }
            | Change::AlterUser { name, .. }
            | Change::RemoveUser { name } => name.clone(),
            Change::Path(change) => change.path.to_string(),
            Change::Tree { path } | Change::Virtualenv { path, .. } => path.to_string(),
            Change::Service { name } => (*name).to_owned(),
            Change::Crontab { user, .. } => user.clone(),
            Change::Action { action, .. } => action.name.to_string(),
            Change::Record => self.app.to_string(),
        }
    }

    /// What else there is to say, each in a few words. Contents are the [`Diff`](crate::Diff)'s.
    pub fn details(&self) -> Vec<String> {
        let mut details = self.change.details();
        details.extend(self.because.map(str::to_owned));
        details
    }
}

/// One line, such as `file /etc/wsgi/shop/env`.
impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.change {
            Change::Action { action, .. } => f.write_str(&action.name),
            _ => write!(f, "{} {}", self.kind(), self.subject()),
        }
    }
}

impl Change {
    fn details(&self) -> Vec<String> {
        let mut details = Vec::new();
        let mut say = |text: String| details.push(text);
        match self {
            Self::Packages { update_lists, .. } => {
                if *update_lists {
                    say("the package lists are refreshed first".to_owned());
                }
            }
            Self::User {
                group, home, shell, ..
            } => {
                say(format!("group {group}"));
                say(format!("home {home}"));
                say(format!("shell {shell}"));
            }
            Self::AlterUser {
                shell, home, group, ..
            } => {
                let home = home.as_ref().map(ToString::to_string);
                let all = [("group", group), ("home", &home), ("shell", shell)];
                for (what, new) in all {
                    if let Some(new) = new {
                        say(format!("new {what} {new}"));
                    }
                }
            }
            Self::Path(change) => details = change.details(),
            Self::Virtualenv { install, .. } => {
                if !install.is_empty() {
                    say(format!("with {}", install.join(" ")));
                }
            }
            Self::Service { .. } => say("runs, now and after a restart of the host".to_owned()),
            Self::Action { left: true, .. } => say("owed since an earlier run".to_owned()),
            Self::Record => say("what is there already is noted".to_owned()),
            Self::Tree { .. } => say("with everything in it".to_owned()),
            Self::RemoveUser { .. } => say("with all that it runs".to_owned()),
            Self::RemoveGroup { .. }
            | Self::Group { .. }
            | Self::Crontab { .. }
            | Self::Action { .. } => {}
        }
        details
    }
}

impl PathChange {
    fn kind(&self) -> &'static str {
        match (&self.after, &self.before) {
            (After::Directory { .. }, _)
            | (After::Absent | After::Attributes { .. }, Observed::Directory(_)) => "directory",
            (After::Symlink { .. }, _)
            | (After::Absent | After::Attributes { .. }, Observed::Symlink { .. }) => "symlink",
            _ => "file",
        }
    }

    fn details(&self) -> Vec<String> {
        let mut details = Vec::new();
        match &self.after {
            After::Absent => {}
            After::Directory { mode, owner } | After::Attributes { mode, owner } => {
                details.extend(attributes(&self.before, *mode, owner));
            }
            After::File {
                contents,
                mode,
                owner,
            } => {
                details.extend(attributes(&self.before, *mode, owner));
                if contents.sensitivity() == Sensitivity::Secret {
                    details.push("secret".to_owned());
                }
            }
            After::Symlink { target, .. } => details.push(match &self.before {
                Observed::Symlink { target: old, .. } => format!("{old} -> {target}"),
                _ => format!("-> {target}"),
            }),
        }
        match (&self.before, &self.after) {
            (Observed::Symlink { target, .. }, After::File { .. }) => {
                details.push(format!("in the place of a link to {target}"));
            }
            (Observed::File { .. }, After::Symlink { .. }) => {
                details.push("in the place of a file".to_owned());
            }
            _ => {}
        }
        if self.backup {
            details.push("a backup is kept".to_owned());
        }
        details
    }
}

/// Permissions and owner, or how they change.
fn attributes(before: &Observed, mode: Mode, owner: &Owner) -> Vec<String> {
    let new = format!("{}:{}", owner.user, owner.group);
    let (Observed::File {
        attributes: old, ..
    }
    | Observed::Directory(old)) = before
    else {
        return vec![format!("{mode} {new}")];
    };
    let mut details = Vec::new();
    if old.mode != mode {
        details.push(format!("{} -> {mode}", old.mode));
    }
    let old = format!("{}:{}", old.user, old.group);
    if old != new {
        details.push(format!("{old} -> {new}"));
    }
    details
}
