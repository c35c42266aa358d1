//! Changes of paths that go together.

use std::collections::BTreeMap;

use wsgi_model::{CheckMoment, Command, Owner, Word};

use super::{Writer, argv};
use crate::{Actor, After, Digest, Observed, PathChange};

/// What many files need is done by one process, and not by some for each: a line for each file.
#[derive(Default)]
struct Lines(String);

impl Lines {
    fn push<'a>(&mut self, fields: impl IntoIterator<Item = &'a str>) {
        if !self.0.is_empty() {
            self.0.push('\n');
        }
        for (number, field) in fields.into_iter().enumerate() {
            if number > 0 {
                self.0.push('\t');
            }
            self.0.push_str(field);
        }
    }
}

/// What becomes of files of one directory together.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Together {
    TakePlace,
    Vanish,
}

impl Together {
    /// Nothing for what is done one by one: by users in their directories, and what is no file.
    fn of(change: &PathChange) -> Option<Self> {
        if change.actor != Actor::Root {
            return None;
        }
        match (&change.after, &change.before) {
            (After::File { .. }, _) => Some(Self::TakePlace),
            (After::Absent, Observed::File { .. } | Observed::Symlink { .. }) => Some(Self::Vanish),
            _ => None,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::TakePlace => "take_place",
            Self::Vanish => "vanish",
        }
    }
}

impl Writer<'_> {
    /// All of them are prepared before the first takes its place.
    pub(super) fn set(&mut self, set: &[(usize, &PathChange)]) {
        for (index, change) in set.iter().filter(|(_, change)| change.backup) {
            let path = self.at(&change.path);
            self.call(["backup", &index.to_string(), change.actor.name(), &path]);
        }
        let blobs = self.prepare(set);
        self.staged_checks(set);
        let proof = set.first().and_then(|(_, change)| change.set());
        let name = proof.map(|command| {
            let words = argv(command, "").join("\0");
            Digest::of(words.as_bytes()).to_string()
        });
        if let Some(name) = &name {
            let mut lines = Lines::default();
            for (index, change) in set {
                lines.push([index.to_string().as_str(), &self.at(&change.path)]);
            }
            self.call(["keep", name, &lines.0]);
        }
        if let Some((first, _)) = set.first() {
            let set = name.as_deref().unwrap_or_default();
            self.call(["settle", &first.to_string(), set]);
        }
        self.changes(set, &blobs);
        match (proof, name, set.last()) {
            (Some(proof), Some(name), Some((last, _))) => {
                let words = argv(proof, "");
                let words = words.iter().map(String::as_str);
                self.call(["prove", &name, &last.to_string()].into_iter().chain(words));
                self.calls.push_str("next\n");
            }
            _ => self.calls.push_str("essential\nnext\n"),
        }
    }

    /// Sends the contents of files, and says for those of users in which blob they arrive.
    fn prepare(&mut self, set: &[(usize, &PathChange)]) -> BTreeMap<usize, String> {
        let mut blobs = BTreeMap::new();
        let mut lines = Lines::default();
        let mut directories: BTreeMap<String, String> = BTreeMap::new();
        for (index, change) in set {
            let After::File {
                contents,
                mode,
                owner,
            } = &change.after
            else {
                continue;
            };
            if change.actor != Actor::Root {
                blobs.insert(*index, self.payload.push_contents(contents));
                continue;
            }
            let path = self.at(&change.path);
            let (directory, name) = split(&path);
            let stage = directories.entry(directory.to_owned()).or_insert_with(|| {
                self.directories += 1;
                format!("d{}", self.directories)
            });
            let digest = self.payload.push_named(contents, format!("{stage}/{name}"));
            lines.push([
                index.to_string().as_str(),
                &path,
                &mode.to_string(),
                &named(owner),
                &digest.to_string(),
            ]);
        }
        if !directories.is_empty() {
            let stages = directories.iter();
            let stages = stages.flat_map(|(path, stage)| [path.as_str(), stage]);
            self.call(["prepare", &lines.0].into_iter().chain(stages));
        }
        blobs
    }

    /// What must hold of prepared files: those of which the same is asked are told together.
    fn staged_checks(&mut self, set: &[(usize, &PathChange)]) {
        let mut alike: Vec<(Vec<String>, Lines)> = Vec::new();
        for (index, change) in set {
            let is_prepared = Together::of(change) == Some(Together::TakePlace);
            let (step, path) = (index.to_string(), self.at(&change.path));
            for check in change.checks.iter().filter(|_| is_prepared) {
                if check.moment != CheckMoment::Staged {
                    continue;
                }
                let (directory, name) = split(&path);
                let mut words = argv(&check.command, &format!("{directory}/.wsgi~/{name}"));
                if !ends_with_file(&check.command) {
                    let words = words.iter().map(String::as_str);
                    self.call(["part", &step, "run"].into_iter().chain(words));
                    continue;
                }
                words.pop();
                let at = alike.iter().position(|(other, _)| *other == words);
                let at = at.unwrap_or_else(|| {
                    alike.push((words, Lines::default()));
                    alike.len() - 1
                });
                alike[at].1.push([step.as_str(), &path]);
            }
        }
        for (words, lines) in alike {
            let words = words.iter().map(String::as_str);
            self.call(["checked", &lines.0].into_iter().chain(words));
        }
    }

    fn changes(&mut self, set: &[(usize, &PathChange)], blobs: &BTreeMap<usize, String>) {
        let mut rest = set;
        let mut is_reached = true;
        while let Some(((index, change), others)) = rest.split_first() {
            let path = self.at(&change.path);
            let Some(together) = Together::of(change) else {
                // It may take away the directory that they were in.
                if !std::mem::replace(&mut is_reached, true) {
                    self.calls.push_str("reached\n");
                }
                self.change(*index, change, blobs.get(index));
                rest = others;
                continue;
            };
            let (directory, _) = split(&path);
            let mut lines = Lines::default();
            let alike = rest.iter().take_while(|(_, next)| {
                Together::of(next) == Some(together) && split(&self.at(&next.path)).0 == directory
            });
            let mut count = 0;
            for (index, next) in alike {
                lines.push([index.to_string().as_str(), &self.at(&next.path)]);
                count += 1;
            }
            self.call(["together", together.word(), directory, &lines.0]);
            rest = &rest[count..];
            is_reached = false;
        }
        if !is_reached {
            self.calls.push_str("reached\n");
        }
    }

    /// What is done one by one.
    fn change(&mut self, index: usize, change: &PathChange, blob: Option<&String>) {
        let (step, path) = (index.to_string(), self.at(&change.path));
        let actor = change.actor.name();
        match &change.after {
            After::Absent => self.call(["step", &step, "absent", actor, &path]),
            After::Directory { mode, owner } => {
                let (mode, owner) = (mode.to_string(), named(owner));
                self.call(["step", &step, "directory", actor, &path, &mode, &owner]);
            }
            After::Attributes { mode, owner } => {
                let (mode, owner) = (mode.to_string(), named(owner));
                self.call(["step", &step, "attributes", actor, &path, &mode, &owner]);
            }
            After::File { mode, contents, .. } => {
                let Some(blob) = blob else { return };
                let (mode, digest) = (mode.to_string(), Digest::of(contents.expose()).to_string());
                self.call(["step", &step, "file", actor, &path, &mode, blob, &digest]);
            }
            After::Symlink { target, owner } => {
                let owner = named(owner);
                self.call(["step", &step, "link", actor, &path, &owner, target.as_str()]);
            }
        }
    }
}

fn named(owner: &Owner) -> String {
    format!("{}:{}", owner.user, owner.group)
}

/// A path as directory and name.
fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

/// Whether the file is the last word of a command, and no other.
fn ends_with_file(command: &Command) -> bool {
    let is_file = |word: &Word| matches!(word, Word::StagedFile);
    let before = command.args.split_last();
    before.is_some_and(|(last, before)| is_file(last) && !before.iter().any(is_file))
}
