//! What changes owe to daemons.

use std::collections::BTreeSet;

use wsgi_model::{Action, AppName, Stage};

use super::{Change, Draft, Obstacle};
use crate::Desired;

impl Draft<'_> {
    /// An action is owed, once.
    pub(super) fn owe(&mut self, app: &AppName, name: &str) {
        if !self.owed.contains_key(name) {
            self.owed.insert(name.to_owned(), app.clone());
        }
    }

    /// The owed actions, in the order in which daemons want them.
    pub(super) fn owed_actions(&mut self, desired: &Desired) {
        let mut left = Vec::new();
        for bundle in desired.bundles() {
            if let Some(app) = self.facts.apps.get(&bundle.app) {
                left.extend(
                    app.owed
                        .iter()
                        .map(|name| (name.clone(), bundle.app.clone())),
                );
            }
        }
        let mut all: Vec<(Action, AppName, bool)> = Vec::new();
        let owed: Vec<_> = self.owed.clone().into_iter().collect();
        for (name, app) in left.iter().chain(&owed) {
            if all.iter().any(|(action, _, _)| action.name == *name) {
                continue;
            }
            // One that nobody defines any more has nothing left to act on.
            if let Some(action) = self.actions.get(name) {
                let is_left = left.iter().any(|(other, _)| other == name);
                all.push((action.clone(), app.clone(), is_left));
            }
        }
        // What restarts has taken up everything.
        let restarted: BTreeSet<AppName> = all
            .iter()
            .filter(|(action, _, _)| action.stage == Stage::Restart)
            .map(|(_, app, _)| app.clone())
            .collect();
        all.retain(|(action, app, _)| action.stage != Stage::Exchange || !restarted.contains(app));
        all.sort_by(|(a, _, _), (b, _, _)| (a.stage, &a.name).cmp(&(b.stage, &b.name)));
        let reloads = all
            .iter()
            .any(|(action, _, _)| action.stage == Stage::Reload);
        let refusal = self.facts.system.nginx_refusal.as_ref();
        if let Some(message) = refusal.filter(|_| reloads) {
            // A half-written set of ours is what this run mends.
            let interrupted = desired.bundles().iter().any(|bundle| {
                let app = self.facts.apps.get(&bundle.app);
                app.is_some_and(|app| app.intent.is_some())
            });
            // So is a file that the Ansible role left.
            let mended = self
                .changed_paths()
                .any(|path| message.contains(&format!(" in {path}:")));
            if !interrupted && !mended {
                let message = message.trim().to_owned();
                self.obstacle(Obstacle::NginxRefuses { message });
            }
        }
        for (action, app, left) in all {
            self.push(&app, Change::Action { action, left });
        }
    }

    /// A program that has given up, or that supervisor does not know, is started again.
    pub(super) fn programs(&mut self, desired: &Desired) {
        let Some(programs) = &self.facts.system.programs else {
            return;
        };
        for bundle in desired.bundles() {
            let app = &bundle.app;
            let state = programs
                .get(app.as_str())
                .map(|program| program.state.as_str());
            let wanted = match state {
                None => Stage::Reread,
                Some("FATAL" | "EXITED" | "UNKNOWN") => Stage::Restart,
                Some("STOPPED") => {
                    self.remarks.push(format!(
                        "{app} was stopped by somebody: `sudo supervisorctl start {app}` starts it"
                    ));
                    continue;
                }
                Some(_) => continue,
            };
            let artifacts = bundle.artifacts().iter();
            let mut actions = artifacts.flat_map(|artifact| &artifact.notify);
            let action = actions
                .find(|action| action.stage == wanted && action.name.ends_with(app.as_str()));
            if let Some(action) = action {
                let name = action.name.clone();
                self.owe(app, &name);
            }
        }
    }
}
