//! What was made for an app is taken away.

use std::collections::BTreeMap;
use std::sync::Arc;

use wsgi_model::{AbsPath, AppName, Bundle, Stage};

use super::{Actor, Change, Draft, Plan, PlanOptions, Record};
use crate::probe::own_site_logs;
use crate::{Desired, Entry, Facts, Kind, Manifest, ManifestNeeds, Observed};

impl Plan {
    /// What is to be done on a host of these facts to take away what was made there for the apps of
    /// `desired`, as their manifests say. The facts are those that [`Probe::of_removal`] asks for.
    ///
    /// [`Probe::of_removal`]: crate::Probe::of_removal
    ///
    /// What belongs to the app's user stays: media, logs, releases, the virtualenv. It stays in the
    /// manifest, too. With [`Extent::Everything`] it goes, and so do nginx's logs of the site, and the
    /// user and the group where they were made for the app.
    pub fn removal(desired: &Desired, facts: &Facts, options: PlanOptions, extent: Extent) -> Self {
        let mut draft = Draft::new(desired, facts, options);
        draft.extent = extent;
        let mut kept = BTreeMap::new();
        for bundle in desired.bundles() {
            let stays = draft.staying(bundle);
            if !options.paths_only {
                draft.keys_of(bundle, &[]);
            }
            kept.insert(bundle.app.clone(), stays);
        }
        draft.removals(|app, path, _| {
            kept.get(app)
                .is_some_and(|stays| stays.holds_back(path, extent))
        });
        for step in &mut draft.steps {
            step.because = None;
        }
        if !options.paths_only {
            draft.forget_own_actions(desired);
            draft.departed_programs(desired);
            draft.owed_actions(desired);
        }
        if extent == Extent::Everything {
            for bundle in desired.bundles() {
                let stays = kept.get(&bundle.app).cloned().unwrap_or_default();
                draft.purge(bundle, &stays);
            }
        }
        draft.into_removal(desired, kept)
    }
}

/// How much of an app is taken away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Extent {
    /// What we made, without what belongs to the app's user.
    #[default]
    Ours,
    /// That, too, with everything in it, and the user.
    Everything,
}

/// What is not taken away unless everything is.
#[derive(Clone, Debug, Default)]
struct Staying {
    /// What the manifest says of it.
    entries: BTreeMap<AbsPath, Entry>,
    /// Directories of the app's user, none of them in another.
    trees: Vec<AbsPath>,
}

impl Staying {
    /// Whether a path is not taken away by itself: it stays, something in it stays, or it goes with
    /// the directory that it is in.
    fn holds_back(&self, path: &AbsPath, extent: Extent) -> bool {
        if extent == Extent::Everything {
            // What is around such a directory goes after it.
            let mut trees = self.trees.iter();
            return trees.any(|tree| path.is_within(tree) || tree.is_within(path));
        }
        let mut all = self.entries.keys().chain(&self.trees);
        all.any(|stays| stays.is_within(path))
    }
}

impl Draft<'_> {
    fn staying(&self, bundle: &Bundle) -> Staying {
        let Some(ours) = self.ours.get(&bundle.app) else {
            return Staying::default();
        };
        let is_users = |entry: &Entry| !entry.owner.starts_with("root:");
        let is_data = |entry: &Entry| match entry.kind {
            Kind::Directory => is_users(entry),
            Kind::Kept => true,
            _ => false,
        };
        let data: Vec<&AbsPath> = ours
            .paths
            .iter()
            .filter(|(_, entry)| is_data(entry))
            .map(|(path, _)| path)
            .collect();
        let virtualenv = ours.needs.virtualenv.as_deref();
        let virtualenv = virtualenv.and_then(|path| AbsPath::parse(path).ok());
        let of_releases = &bundle.needs.virtualenv.of_releases;
        let is_there = |path: &AbsPath| matches!(self.facts.at(path), Observed::Directory(_));
        let mut directories: Vec<&AbsPath> = data
            .iter()
            .copied()
            .chain(&virtualenv)
            .chain(virtualenv.as_ref().map(|_| of_releases))
            .filter(|path| is_there(path))
            .collect();
        directories.sort();
        let mut trees: Vec<AbsPath> = Vec::new();
        for path in directories {
            if !trees.iter().any(|tree| path.is_within(tree)) {
                trees.push(path.clone());
            }
        }
        let stays = |(path, entry): &(&AbsPath, &Entry)| {
            is_data(entry)
                || (entry.kind == Kind::Directory
                    && trees
                        .iter()
                        .chain(data.iter().copied())
                        .any(|data| data.is_within(path)))
        };
        let entries = ours.paths.iter().filter(stays);
        let entries = entries
            .map(|(path, entry)| (path.clone(), entry.clone()))
            .collect();
        Staying { entries, trees }
    }

    /// What would start the app again is not owed to what is gone.
    fn forget_own_actions(&mut self, desired: &Desired) {
        let actions = &self.actions;
        let is_own = |name: &str| {
            actions.get(name).is_some_and(|action| {
                let mut apps = desired.bundles().iter().map(|bundle| bundle.app.as_str());
                action.stage != Stage::Reread && apps.any(|app| ends_with_word(name, app))
            })
        };
        let own: Vec<String> = self
            .actions
            .keys()
            .filter(|name| is_own(name))
            .cloned()
            .collect();
        for name in own {
            self.actions.remove(&name);
            self.owed.remove(&name);
        }
    }

    /// A program whose definition is gone is dropped, by whoever the definition was taken away.
    fn departed_programs(&mut self, desired: &Desired) {
        let Some(programs) = &self.facts.system.programs else {
            return;
        };
        for bundle in desired.bundles() {
            let app = &bundle.app;
            let mut actions = self.actions.values();
            let update = actions.find(|action| {
                action.stage == Stage::Reread && ends_with_word(&action.name, app.as_str())
            });
            if let Some(update) = update.filter(|_| programs.contains_key(app.as_str())) {
                let name = update.name.clone();
                self.owe(app, &name);
            }
        }
    }

    /// The directories of the app's user with everything in them, and the user.
    fn purge(&mut self, bundle: &Bundle, stays: &Staying) {
        let app = &bundle.app;
        self.purge_link(bundle);
        for tree in &stays.trees {
            // Nobody but root can put something else in its place.
            if self.actor(tree, None) == Some(Actor::Root) {
                let path = tree.clone();
                self.push(app, Change::Tree { path });
            }
        }
        self.purge_site_logs(bundle);
        let mut around: Vec<(&AbsPath, &Entry)> = stays
            .entries
            .iter()
            .filter(|(path, entry)| {
                entry.kind == Kind::Directory
                    && !self.facts.claims.contains_key(*path)
                    && stays
                        .trees
                        .iter()
                        .any(|tree| tree != *path && tree.is_within(path))
            })
            .collect();
        around.reverse();
        for (path, entry) in around {
            if let Some(mut step) = self.removal(app, path, entry) {
                step.because = None;
                self.steps.push(step);
            }
        }
        if self.options.paths_only {
            return;
        }
        let made = self.ours.get(app).map(|ours| ours.needs.clone());
        let ManifestNeeds { user, group, .. } = made.unwrap_or_default();
        if let Some(name) = user.filter(|name| self.facts.users.contains_key(name)) {
            self.push(app, Change::RemoveUser { name });
        }
        if let Some(name) = group.filter(|name| self.facts.groups.contains_key(name)) {
            self.push(app, Change::RemoveGroup { name });
        }
    }

    /// nginx has made its logs of the site, after we told it where.
    fn purge_site_logs(&mut self, bundle: &Bundle) {
        let app = &bundle.app;
        if !self.ours.contains_key(app) {
            return;
        }
        for log in own_site_logs(bundle) {
            if self.facts.claims.contains_key(log) {
                continue;
            }
            let made = Entry::plain(Kind::Kept);
            if let Some(mut step) = self.removal(app, log, &made) {
                step.because = None;
                self.steps.push(step);
                // So it is known what is to go with it, such as what was rotated.
                let ours = self.ours.entry(app.clone()).or_default();
                ours.to_mut().paths.insert(log.clone(), made);
            }
        }
    }

    /// Where we made a virtualenv, a deploy has put a link to that of a release.
    fn purge_link(&mut self, bundle: &Bundle) {
        let virtualenv = &bundle.needs.virtualenv;
        let is_ours = match self.facts.at(&virtualenv.path) {
            Observed::Symlink { target, .. } => target.starts_with(virtualenv.of_releases.as_str()),
            _ => false,
        };
        let made = self.ours.get(&bundle.app);
        let made = made.and_then(|ours| ours.needs.virtualenv.as_deref());
        if !is_ours || made != Some(virtualenv.path.as_str()) {
            return;
        }
        let link = Entry::plain(Kind::Symlink);
        if let Some(mut step) = self.removal(&bundle.app, &virtualenv.path, &link) {
            step.because = None;
            self.steps.push(step);
        }
    }

    fn into_removal(mut self, desired: &Desired, mut kept: BTreeMap<AppName, Staying>) -> Plan {
        let mut records = BTreeMap::new();
        for bundle in desired.bundles() {
            let app = &bundle.app;
            let ours = self.ours.remove(app).unwrap_or_default().into_owned();
            let mut manifest = Manifest::default();
            if self.extent == Extent::Ours {
                let stays = kept.remove(app).unwrap_or_default();
                manifest.paths = stays.entries;
                for entry in manifest.paths.values_mut() {
                    entry.checks.clear();
                    entry.notify.clear();
                }
                manifest.needs = ManifestNeeds {
                    user: ours.needs.user.clone(),
                    group: ours.needs.group.clone(),
                    virtualenv: ours.needs.virtualenv.clone(),
                    ..ManifestNeeds::default()
                };
            }
            let Some(known) = self.facts.apps.get(app) else {
                continue;
            };
            let is_noted = known.manifest == manifest && known.intent.is_none();
            if !is_noted && !self.steps.iter().any(|step| step.app == *app) {
                self.push(app, Change::Record);
            }
            let (intent, manifest) = (Arc::new(ours), Arc::new(manifest));
            records.insert(app.clone(), Record { intent, manifest });
        }
        Plan {
            steps: self.steps,
            obstacles: self.obstacles,
            remarks: self.remarks,
            sources: BTreeMap::new(),
            state: self.facts.state,
            records,
        }
    }
}

fn ends_with_word(text: &str, word: &str) -> bool {
    text.strip_suffix(word)
        .is_some_and(|rest| rest.ends_with(' '))
}
