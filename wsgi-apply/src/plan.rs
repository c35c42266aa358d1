//! What would be done to a host, as a value.

mod accounts;
mod actions;
mod blocks;
mod certificates;
mod change;
mod departure;
mod document;
mod keys;
mod obstacle;
mod paths;
mod place;
mod record;
mod removals;
pub(crate) mod role;
mod saved;
mod sites;
mod software;
mod step;
mod territory;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use wsgi_model::{AbsPath, Action, AppName, Owner};

use crate::{Desired, Digest, Facts, Kind, Manifest};

pub use change::{After, Change, PathChange};
pub use departure::Extent;
pub use document::{CountsDocument, NodeDocument, ObstacleDocument, PlanDocument, StepDocument};
pub use obstacle::Obstacle;
pub use place::Place;
pub use saved::{SavedHost, SavedPlan, SavedPlanError};
pub use step::{Counts, Effect};
pub use territory::Actor;

/// What would be done to a host to make it as desired: a value that can be shown, kept, compared and
/// performed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Plan {
    /// What is done, in this order.
    pub steps: Vec<Step>,
    /// What forbids to do it: with any of these, nothing is.
    pub obstacles: Vec<Obstacle>,
    /// What the operator should know.
    pub remarks: Vec<String>,
    /// What was observed of paths: nothing is done when it is not true any more.
    pub state: Option<Digest>,
    /// What each app's manifest will say; of none when nothing is done.
    pub(crate) records: BTreeMap<AppName, Record>,
    /// What the files were made from.
    pub(crate) sources: BTreeMap<AbsPath, Cow<'static, str>>,
}

/// A change.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Step {
    /// The app that wants it; the first one, when several do.
    pub app: AppName,
    /// What is changed.
    pub change: Change,
    /// Why, where the change does not say it itself.
    pub because: Option<&'static str>,
}

/// How a plan is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PlanOptions {
    /// What stands in the way and is not ours is taken over, after a backup.
    pub adopt: bool,
    /// The host is a directory: paths only.
    pub paths_only: bool,
    /// Owners cannot be given, and are only noted.
    pub owners_noted: bool,
}

/// What an app's manifest says while and after a plan is performed.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Record {
    /// While: what was ours and what will be. Of an app that was not there, the same as after.
    pub intent: Arc<Manifest>,
    /// After. An empty one leaves nothing that must be remembered of the app.
    pub manifest: Arc<Manifest>,
}

/// What a plan is made from, and what is known of it so far.
struct Draft<'a> {
    facts: &'a Facts,
    options: PlanOptions,
    /// What was ours, by app: what the last whole run made, and what one that did not end may have.
    ours: BTreeMap<AppName, Cow<'a, Manifest>>,
    steps: Vec<Step>,
    obstacles: Vec<Obstacle>,
    remarks: Vec<String>,
    /// The names of actions that the changes owe, with the app.
    owed: BTreeMap<String, AppName>,
    actions: BTreeMap<String, Action>,
    /// The owners of directories that are there when the plan is performed.
    owners: BTreeMap<AbsPath, Owner>,
    /// How much goes.
    extent: Extent,
    /// The user of each app.
    users: BTreeMap<AppName, String>,
}

impl Plan {
    /// What is to be done on a host of these facts to make it as desired.
    pub fn new(desired: &Desired, facts: &Facts, options: PlanOptions) -> Self {
        let mut draft = Draft::new(desired, facts, options);
        if !options.paths_only {
            draft.packages(desired);
            for bundle in desired.bundles() {
                draft.accounts(bundle);
            }
        }
        let paths = draft.paths(desired);
        let (directories, others): (Vec<_>, Vec<_>) = paths
            .into_iter()
            .partition(|step| matches!(&step.change, Change::Path(c) if c.is_directory()));
        draft.steps.extend(directories);
        if !options.paths_only {
            for bundle in desired.bundles() {
                draft.virtualenv(bundle);
                draft.keys(bundle);
            }
        }
        // Right after the file that cron takes the jobs from: no job is lost while another file is
        // refused, and none runs twice.
        let (cron, daemons): (Vec<_>, Vec<_>) = others
            .into_iter()
            .partition(|step| matches!(&step.change, Change::Path(c) if c.set().is_none()));
        draft.steps.extend(cron);
        draft.crontabs(desired);
        draft.steps.extend(daemons);
        draft.leftovers(desired);
        let wanted = desired.artifacts();
        draft.removals(|_, path, _| wanted.contains_key(path));
        if !options.paths_only {
            for bundle in desired.bundles() {
                draft.certificates(bundle);
            }
            draft.taken_names(desired);
            draft.services(desired);
            draft.programs(desired);
            draft.owed_actions(desired);
        }
        draft.into_plan(desired)
    }

    /// What each app's manifest on the host will say. It has that of none when nothing is done.
    pub fn records(&self) -> impl Iterator<Item = (&AppName, &Record)> {
        self.records.iter()
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }
}

impl<'a> Draft<'a> {
    fn new(desired: &Desired, facts: &'a Facts, options: PlanOptions) -> Self {
        let mut ours = BTreeMap::new();
        let mut actions = BTreeMap::new();
        for bundle in desired.bundles() {
            let app = facts.apps.get(&bundle.app);
            let manifest: Cow<'a, Manifest> = match app.map(|app| (&app.manifest, &app.intent)) {
                Some((manifest, Some(intent))) => Cow::Owned(manifest.clone().with(intent)),
                Some((manifest, None)) => Cow::Borrowed(manifest),
                None => Cow::default(),
            };
            actions.extend(manifest.actions.clone());
            ours.insert(bundle.app.clone(), manifest);
            for artifact in bundle.artifacts() {
                let of_it = artifact.notify.iter();
                actions.extend(of_it.map(|action| (action.name.to_string(), action.clone())));
            }
        }
        Self {
            facts,
            options,
            ours,
            steps: Vec::new(),
            obstacles: Vec::new(),
            remarks: Vec::new(),
            owed: BTreeMap::new(),
            actions,
            owners: territory::owners(desired, facts),
            extent: Extent::Ours,
            users: desired
                .bundles()
                .iter()
                .map(|bundle| {
                    (
                        bundle.app.clone(),
                        bundle.needs.user.name.as_str().to_owned(),
                    )
                })
                .collect(),
        }
    }

    fn push(&mut self, app: &AppName, change: Change) {
        self.steps.push(Step {
            app: app.clone(),
            change,
            because: None,
        });
    }

    fn obstacle(&mut self, obstacle: Obstacle) {
        if !self.obstacles.contains(&obstacle) {
            self.obstacles.push(obstacle);
        }
    }

    /// Whether we made what stands at a path, as it is now.
    fn is_ours(&self, app: &AppName, path: &AbsPath, digest: Option<Digest>) -> Ours {
        match self.ours.get(app).and_then(|ours| ours.paths.get(path)) {
            None => Ours::No,
            Some(entry) if entry.kind != Kind::File => Ours::AsWeMadeIt,
            Some(entry) => match digest {
                Some(digest) if entry.digests.contains(&digest) => Ours::AsWeMadeIt,
                _ => Ours::Edited,
            },
        }
    }
}

/// Whether we made something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ours {
    No,
    AsWeMadeIt,
    Edited,
}
