//! What is put at the paths of the artifacts: every node against everything that may be there.

use camino::Utf8Path;
use wsgi_model::{AppName, Artifact, Check, Contents, Mode, Node, OnlyIf, Owner};

use super::{After, Change, Draft, Obstacle, Ours, PathChange, Step, role};
use crate::{Attributes, Desired, Digest, Observed};

/// Why what nobody of ours made goes.
const PRISTINE: &str = "the distribution's own, as it was installed";

impl Draft<'_> {
    /// The changes of paths, each after those it builds on.
    pub(super) fn paths(&mut self, desired: &Desired) -> Vec<Step> {
        let mut steps = Vec::new();
        let artifacts = desired.artifacts();
        for (app, artifact) in artifacts.values() {
            let others = self.facts.claims.get(&artifact.path);
            let is_shared = matches!(artifact.node, Node::Directory { .. } | Node::Absent { .. });
            let other = others.filter(|_| !is_shared).and_then(|apps| apps.first());
            if let Some(other) = other {
                self.obstacle(Obstacle::OtherApp {
                    path: artifact.path.clone(),
                    app: other.to_string(),
                });
                continue;
            }
            if let Some(change) = self.path(app, artifact) {
                for action in &artifact.notify {
                    self.owe(app, &action.name);
                }
                let because = match artifact.node {
                    Node::Absent { only_if: Some(_) } => Some(PRISTINE),
                    _ => (change.backup && self.is_the_roles(app, &artifact.path, &change.before))
                        .then_some(role::BECAUSE),
                };
                steps.push(Step {
                    app: (*app).clone(),
                    change: Change::Path(change),
                    because,
                });
            }
        }
        // What is deeper is what others include or call: a file is there before it is named.
        steps.sort_by_key(|step| match &step.change {
            Change::Path(change) if change.is_directory() => (None, false, 0),
            Change::Path(change) => {
                let depth = change.path.as_str().matches('/').count();
                let last = matches!(change.after, After::Symlink { .. } | After::Absent);
                let set = change.set().map(|command| command.program.to_string());
                (set, last, usize::MAX - depth)
            }
            _ => (None, false, 0),
        });
        steps
    }

    /// What is done at the path of one artifact; none when it is as desired, or something is in the way.
    fn path(&mut self, app: &AppName, artifact: &Artifact) -> Option<PathChange> {
        let before = self.facts.at(&artifact.path);
        match &artifact.node {
            Node::Absent { only_if } => self.absent(artifact, before, only_if.as_ref()),
            Node::Directory { mode, owner } => self.directory(artifact, before, *mode, owner),
            Node::File {
                contents,
                mode,
                owner,
            } => self.file(app, artifact, before, contents, *mode, owner),
            Node::KeptFile { mode, owner } => self.kept(artifact, before, *mode, owner),
            Node::Block {
                contents,
                mode,
                owner,
            } => self.block(artifact, before, contents, *mode, owner),
            Node::Symlink { target, owner } => self.symlink(app, artifact, before, target, owner),
            // What a later model has, this version leaves alone.
            _ => None,
        }
    }

    fn absent(
        &mut self,
        artifact: &Artifact,
        before: &Observed,
        only_if: Option<&OnlyIf>,
    ) -> Option<PathChange> {
        let goes = match (only_if, before) {
            (_, Observed::Absent) => false,
            (None, _) => true,
            (
                Some(OnlyIf::LinkToPristineConffile { target }),
                Observed::Symlink { target: to, .. },
            ) => to.as_str() == target.as_str() && self.facts.pristine.contains(target),
            _ => false,
        };
        goes.then(|| self.change(artifact, before, After::Absent, None, false))
            .flatten()
    }

    fn directory(
        &mut self,
        artifact: &Artifact,
        before: &Observed,
        mode: Mode,
        owner: &Owner,
    ) -> Option<PathChange> {
        match before {
            Observed::Absent => {
                let owner = owner.clone();
                let after = After::Directory { mode, owner };
                self.change(artifact, before, after, None, false)
            }
            Observed::Directory(attributes) => {
                let strange = attributes.uid != 0 && attributes.user != owner.user;
                if strange && !self.is_to_note_owners() && !self.options.adopt {
                    self.foreign(artifact, before, true);
                    return None;
                }
                self.attributes(artifact, before, attributes, mode, owner)
            }
            _ => {
                self.foreign(artifact, before, false);
                None
            }
        }
    }

    fn file(
        &mut self,
        app: &AppName,
        artifact: &Artifact,
        before: &Observed,
        contents: &Contents,
        mode: Mode,
        owner: &Owner,
    ) -> Option<PathChange> {
        let ours = self
            .ours
            .get(app)
            .and_then(|ours| ours.paths.get(&artifact.path));
        let was_secret = ours.is_some_and(|entry| entry.secret);
        let after = || After::File {
            contents: if was_secret {
                // A diff would show what was there.
                contents.clone().into_secret()
            } else {
                contents.clone()
            },
            mode,
            owner: owner.clone(),
        };
        match before {
            Observed::Absent => self.change(artifact, before, after(), Some(owner), false),
            Observed::File {
                attributes, digest, ..
            } => {
                if *digest == Some(Digest::of(contents.expose())) {
                    return self.attributes(artifact, before, attributes, mode, owner);
                }
                if digest.is_none() {
                    self.unreadable(&artifact.path, attributes);
                    return None;
                }
                let backup = match self.is_ours(app, &artifact.path, *digest) {
                    Ours::AsWeMadeIt => false,
                    _ if self.options.adopt => true,
                    _ if self.is_the_roles(app, &artifact.path, before) => true,
                    Ours::No => {
                        self.foreign(artifact, before, true);
                        return None;
                    }
                    Ours::Edited => {
                        let path = artifact.path.clone();
                        self.obstacle(Obstacle::Edited { path });
                        return None;
                    }
                };
                self.change(artifact, before, after(), Some(owner), backup)
            }
            Observed::Symlink { .. } if self.options.adopt => {
                self.change(artifact, before, after(), Some(owner), true)
            }
            Observed::Symlink { .. } => {
                self.foreign(artifact, before, true);
                None
            }
            _ => {
                self.foreign(artifact, before, false);
                None
            }
        }
    }

    /// A file that somebody else fills is made once.
    fn kept(
        &mut self,
        artifact: &Artifact,
        before: &Observed,
        mode: Mode,
        owner: &Owner,
    ) -> Option<PathChange> {
        match before {
            Observed::Absent => {
                let after = After::File {
                    contents: Contents::public(Vec::new()),
                    mode,
                    owner: owner.clone(),
                };
                self.change(artifact, before, after, Some(owner), false)
            }
            Observed::File { attributes, .. } => {
                self.attributes(artifact, before, attributes, mode, owner)
            }
            _ => {
                self.foreign(artifact, before, false);
                None
            }
        }
    }

    fn symlink(
        &mut self,
        app: &AppName,
        artifact: &Artifact,
        before: &Observed,
        target: &Utf8Path,
        owner: &Owner,
    ) -> Option<PathChange> {
        let after = || After::Symlink {
            target: target.to_owned(),
            owner: owner.clone(),
        };
        match before {
            Observed::Absent => self.change(artifact, before, after(), Some(owner), false),
            Observed::Symlink { target: to, .. } if to == target => None,
            Observed::Symlink { .. } | Observed::File { .. } => {
                let ours = self.is_ours(app, &artifact.path, None) == Ours::AsWeMadeIt
                    && matches!(before, Observed::Symlink { .. });
                if !ours && !self.options.adopt && !self.is_the_roles(app, &artifact.path, before) {
                    self.foreign(artifact, before, true);
                    return None;
                }
                self.change(artifact, before, after(), Some(owner), !ours)
            }
            _ => {
                self.foreign(artifact, before, false);
                None
            }
        }
    }

    /// What is there stays, with other permissions or another owner; none when it has them.
    pub(super) fn attributes(
        &mut self,
        artifact: &Artifact,
        before: &Observed,
        now: &Attributes,
        mode: Mode,
        owner: &Owner,
    ) -> Option<PathChange> {
        let same_owner =
            self.is_to_note_owners() || (now.user == owner.user && now.group == owner.group);
        if now.mode == mode && same_owner {
            return None;
        }
        let after = After::Attributes {
            mode,
            owner: owner.clone(),
        };
        self.change(artifact, before, after, None, false)
    }

    /// A change at the path of an artifact, if somebody can safely make it.
    ///
    /// `inside`: who shall own what is written there, when it is not root who may make it.
    pub(super) fn change(
        &mut self,
        artifact: &Artifact,
        before: &Observed,
        after: After,
        inside: Option<&Owner>,
        backup: bool,
    ) -> Option<PathChange> {
        let wanted = match &after {
            After::Directory { owner, .. } | After::Attributes { owner, .. } => Some(owner),
            _ => inside,
        };
        let actor = self.actor(&artifact.path, wanted)?;
        Some(PathChange {
            path: artifact.path.clone(),
            actor,
            before: self.owner_noted(before, wanted),
            after,
            backup,
            checks: self.checks(&artifact.checks),
        })
    }

    /// What must hold, where there are programs to say so.
    pub(super) fn checks(&self, checks: &[Check]) -> Vec<Check> {
        if self.options.paths_only {
            return Vec::new();
        }
        checks.to_vec()
    }

    /// What is there, as somebody reads it: where owners are only noted, nobody changes one.
    fn owner_noted(&self, before: &Observed, wanted: Option<&Owner>) -> Observed {
        let mut before = before.clone();
        let wanted = wanted.filter(|_| self.is_to_note_owners());
        if let (Some(owner), Observed::Directory(attributes) | Observed::File { attributes, .. }) =
            (wanted, &mut before)
        {
            attributes.user = owner.user.to_string();
            attributes.group = owner.group.to_string();
        }
        before
    }

    fn foreign(&mut self, artifact: &Artifact, before: &Observed, adoptable: bool) {
        self.obstacle(Obstacle::Foreign {
            path: artifact.path.clone(),
            noun: before.noun(),
            adoptable,
        });
    }

    /// Whether owners are only noted: what has none of its own cannot differ.
    pub(super) const fn is_to_note_owners(&self) -> bool {
        self.options.owners_noted
    }
}
