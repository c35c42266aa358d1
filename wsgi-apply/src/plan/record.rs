//! What the manifests will say.

use std::sync::Arc;

use wsgi_model::{AppName, Bundle, Node, Sensitivity};

use super::{Change, Draft, Plan, Record};
use crate::{Desired, Digest, Entry, Kind, Manifest, ManifestNeeds};

impl Draft<'_> {
    /// The plan, with what the manifests will say.
    pub(super) fn into_plan(mut self, desired: &Desired) -> Plan {
        let mut made = Vec::new();
        for bundle in desired.bundles() {
            let ours = self.ours.remove(&bundle.app).unwrap_or_default();
            let manifest = self.manifest(bundle, &ours);
            let app = self.facts.apps.get(&bundle.app);
            let is_noted = app.is_some_and(|app| app.manifest == manifest && app.intent.is_none());
            if !is_noted && !self.steps.iter().any(|step| step.app == bundle.app) {
                self.push(&bundle.app, Change::Record);
            }
            made.push((bundle.app.clone(), ours, manifest));
        }
        let is_empty = self.steps.is_empty();
        let made = made.into_iter().filter(|_| !is_empty);
        let records = made.map(|(app, ours, manifest)| {
            let manifest = Arc::new(manifest);
            let intent = if *ours == Manifest::default() {
                Arc::clone(&manifest)
            } else {
                Arc::new(ours.into_owned().with(&manifest))
            };
            (app, Record { intent, manifest })
        });
        let records = records.collect();
        Plan {
            steps: self.steps,
            obstacles: self.obstacles,
            remarks: self.remarks,
            state: self.facts.state,
            records,
            sources: desired
                .artifacts()
                .into_iter()
                .filter_map(|(path, (_, artifact))| Some((path.clone(), artifact.source.clone()?)))
                .collect(),
        }
    }

    fn manifest(&self, bundle: &Bundle, ours: &Manifest) -> Manifest {
        let mut manifest = Manifest::default();
        for artifact in bundle.artifacts() {
            let (kind, owner, digest) = match &artifact.node {
                Node::File {
                    contents, owner, ..
                } => (Kind::File, owner, Some(contents)),
                Node::Block {
                    contents, owner, ..
                } => (Kind::Block, owner, Some(contents)),
                Node::KeptFile { owner, .. } => (Kind::Kept, owner, None),
                Node::Directory { owner, .. } => (Kind::Directory, owner, None),
                Node::Symlink { owner, .. } => (Kind::Symlink, owner, None),
                _ => continue,
            };
            let digests = digest.map(|contents| Digest::of(contents.expose()));
            let block = digest.filter(|_| kind == Kind::Block);
            let entry = Entry {
                kind,
                digests: digests.into_iter().collect(),
                owner: format!("{}:{}", owner.user, owner.group),
                markers: block.map(|block| markers(&String::from_utf8_lossy(block.expose()))),
                checks: artifact.checks.clone(),
                notify: artifact.notify.iter().map(|a| a.name.to_string()).collect(),
                secret: artifact.sensitivity() == Sensitivity::Secret,
            };
            manifest.paths.insert(artifact.path.clone(), entry);
            let actions = artifact.notify.iter();
            let actions = actions.map(|action| (action.name.to_string(), action.clone()));
            manifest.actions.extend(actions);
        }
        let needs = &bundle.needs;
        manifest.needs = ManifestNeeds {
            user: self.made(
                &bundle.app,
                ours.needs.user.as_ref(),
                |change| match change {
                    Change::User { name, .. } => Some(name),
                    _ => None,
                },
            ),
            group: self.made(
                &bundle.app,
                ours.needs.group.as_ref(),
                |change| match change {
                    Change::Group { name } => Some(name),
                    _ => None,
                },
            ),
            keys: needs
                .user
                .authorized_keys
                .iter()
                .map(ToString::to_string)
                .collect(),
            virtualenv: Some(needs.virtualenv.path.to_string()),
            pip: needs
                .virtualenv
                .packages
                .iter()
                .map(ToString::to_string)
                .collect(),
            packages: needs
                .packages
                .names
                .iter()
                .map(|name| name.as_str().to_owned())
                .collect(),
        };
        manifest
    }

    /// What an earlier run made, or this one makes.
    fn made(
        &self,
        app: &AppName,
        earlier: Option<&String>,
        name: impl Fn(&Change) -> Option<&String>,
    ) -> Option<String> {
        let mut steps = self.steps.iter().filter(|step| step.app == *app);
        let now = steps.find_map(|step| name(&step.change));
        now.or(earlier).cloned()
    }
}

/// The first and the last line of a block, by which it is found again.
fn markers(block: &str) -> String {
    let first = block.lines().next().unwrap_or_default();
    let last = block.lines().last().unwrap_or_default();
    format!("{first}\n{last}\n")
}
