//! What left the vars file leaves the host.

use wsgi_model::{AbsPath, AppName, Contents};

use super::blocks::without_block;
use super::{After, Change, Draft, Extent, Obstacle, PathChange, Step};
use crate::{Entry, Kind, Observed};

impl Draft<'_> {
    /// What we made goes, unless it `stays`.
    pub(super) fn removals(&mut self, stays: impl Fn(&AppName, &AbsPath, &Entry) -> bool) {
        let mut steps = Vec::new();
        for (app, ours) in self.ours.clone() {
            for (path, entry) in &ours.paths {
                let shared = self.facts.claims.contains_key(path);
                if shared || stays(&app, path, entry) {
                    continue;
                }
                if let Some(step) = self.removal(&app, path, entry) {
                    for name in &entry.notify {
                        self.owe(&app, name);
                    }
                    steps.push(step);
                }
            }
        }
        // A link goes before what it names, a directory after what is in it.
        steps.sort_by_key(|step| match &step.change {
            Change::Path(change) => {
                let depth = change.path.as_str().matches('/').count();
                match change.before {
                    Observed::Symlink { .. } => (0, depth),
                    Observed::Directory(_) => (2, usize::MAX - depth),
                    _ => (1, depth),
                }
            }
            _ => (3, 0),
        });
        self.steps.extend(steps);
    }

    /// What we made at a path goes, if it is what we made.
    pub(super) fn removal(&mut self, app: &AppName, path: &AbsPath, entry: &Entry) -> Option<Step> {
        let before = self.facts.at(path).clone();
        let mut backup = false;
        let after = match (entry.kind, &before) {
            (
                Kind::File,
                Observed::File {
                    digest: None,
                    attributes,
                    ..
                },
            ) => {
                self.unreadable(path, attributes);
                return None;
            }
            (Kind::File, Observed::File { digest, .. }) => {
                let as_we_made_it = digest.is_some_and(|digest| entry.digests.contains(&digest));
                if !as_we_made_it && !self.options.adopt {
                    let path = path.clone();
                    self.obstacle(Obstacle::Edited { path });
                    return None;
                }
                backup = !as_we_made_it;
                After::Absent
            }
            (
                Kind::Block,
                Observed::File {
                    attributes,
                    contents: Some(contents),
                    ..
                },
            ) => {
                let text = String::from_utf8_lossy(contents);
                let block = entry.markers.as_ref()?;
                let rest = without_block(&text, block);
                if rest == text {
                    return None;
                }
                if rest.is_empty() {
                    After::Absent
                } else {
                    After::File {
                        contents: Contents::public(rest),
                        mode: attributes.mode,
                        owner: attributes.owner(),
                    }
                }
            }
            (Kind::Kept, Observed::File { .. }) if self.extent == Extent::Everything => {
                After::Absent
            }
            (Kind::Directory, Observed::Directory(_))
            | (Kind::Symlink, Observed::Symlink { .. }) => After::Absent,
            // Others fill it, or somebody put something else there.
            _ => return None,
        };
        let owner = before.attributes().map(crate::Attributes::owner);
        let inside = matches!(after, After::File { .. })
            .then_some(owner)
            .flatten();
        let actor = self.actor(path, inside.as_ref())?;
        Some(Step {
            app: app.clone(),
            change: Change::Path(PathChange {
                path: path.clone(),
                actor,
                before,
                after,
                backup,
                checks: self.checks(&entry.checks),
            }),
            because: Some("no longer in the vars file"),
        })
    }
}
