//! Packages, virtualenvs and services.

use std::collections::BTreeSet;

use wsgi_model::{Bundle, Mode, Owner, PipRequirement, Stage};

use super::{After, Change, Draft, Obstacle, PathChange};
use crate::facts::normalised;
use crate::{Desired, Observed};

/// What an app needs to run, by the package it comes with.
const SERVICES: &[&str] = &["supervisor", "cron"];

impl Draft<'_> {
    pub(super) fn packages(&mut self, desired: &Desired) {
        let mut missing = BTreeSet::new();
        let mut names = Vec::new();
        let mut update_lists = false;
        let mut wants = None;
        for bundle in desired.bundles() {
            for name in &bundle.needs.packages.names {
                let name = name.as_str();
                if !self.is_installed(name) && missing.insert(name) {
                    names.push(name.to_owned());
                    update_lists |= bundle.needs.packages.update_cache;
                    wants.get_or_insert(&bundle.app);
                }
            }
        }
        for name in &names {
            if self.is_to_be_had(name) {
                continue;
            }
            if update_lists {
                self.remarks.push(format!(
                    "{name} is in none of the host's package lists: they are refreshed first, and \
                     without it nothing is done"
                ));
            } else {
                let name = name.clone();
                self.obstacles.push(Obstacle::NoPackage { name });
            }
        }
        if let Some(app) = wants {
            let change = Change::Packages {
                update_lists,
                names,
            };
            self.push(app, change);
        }
    }

    /// Whether a package is there, or another that provides it; `name`, `name:arch` or
    /// `name=version`.
    fn is_installed(&self, name: &str) -> bool {
        let (name, version) = match name.split_once('=') {
            Some((name, version)) => (name, Some(version)),
            None => (name, None),
        };
        match self.facts.packages.get(name) {
            Some(installed) => version.is_none_or(|version| version == installed),
            None => version.is_none() && self.facts.provided.contains(name),
        }
    }

    /// Whether a package can be installed, as far as the host's lists tell. Of a version they are not
    /// asked.
    fn is_to_be_had(&self, name: &str) -> bool {
        let name = name.split_once('=').map_or(name, |(name, _)| name);
        let candidates = self.facts.candidates.as_ref();
        let is_there = self.facts.packages.contains_key(name);
        is_there || candidates.is_none_or(|candidates| candidates.contains(name))
    }

    pub(super) fn virtualenv(&mut self, bundle: &Bundle) {
        let needs = &bundle.needs;
        let path = &needs.virtualenv.path;
        let app = self.facts.apps.get(&bundle.app);
        let installed = app.and_then(|app| app.virtualenv.as_ref());
        let is_missing = |wanted: &&PipRequirement| {
            let found = installed.and_then(|all| all.get(&normalised(wanted.name.as_str())));
            match (found, &wanted.version) {
                (None, _) => true,
                (Some(_), None) => false,
                (Some(found), Some(version)) => !is_version(found, version.as_str()),
            }
        };
        let missing = needs.virtualenv.packages.iter().filter(is_missing);
        let install: Vec<String> = missing.map(ToString::to_string).collect();
        let create = installed.is_none();
        if !create && install.is_empty() {
            return;
        }
        match self.facts.at(path) {
            Observed::Absent | Observed::Directory(_) | Observed::Symlink { .. } => {}
            other => {
                let (path, noun) = (path.clone(), other.noun());
                return self.obstacle(Obstacle::NoDirectory { path, noun });
            }
        }
        if matches!(self.facts.at(path), Observed::Absent) {
            let owner = Owner::new(
                needs.user.name.as_str().to_owned(),
                needs.user.group.as_str().to_owned(),
            );
            let Some(actor) = self.actor(path, Some(&owner)) else {
                return;
            };
            let directory = PathChange {
                path: path.clone(),
                actor,
                before: Observed::Absent,
                after: After::Directory {
                    mode: Mode::new(0o755),
                    owner,
                },
                backup: false,
                checks: Vec::new(),
            };
            self.push(&bundle.app, Change::Path(directory));
        }
        let change = Change::Virtualenv {
            path: path.clone(),
            create,
            install,
            user: needs.user.name.as_str().to_owned(),
            home: needs.user.home.clone(),
        };
        self.push(&bundle.app, change);
        // What runs keeps the modules that it has loaded.
        let artifacts = bundle.artifacts().iter();
        let take_up = artifacts
            .flat_map(|artifact| &artifact.notify)
            .filter(|action| matches!(action.stage, Stage::Exchange | Stage::Restart))
            .max_by_key(|action| action.stage);
        if let Some(action) = take_up {
            self.owe(&bundle.app, &action.name);
        }
    }

    pub(super) fn services(&mut self, desired: &Desired) {
        let Some(first) = desired.bundles().first() else {
            return;
        };
        let system = &self.facts.system;
        for &name in SERVICES {
            if !(system.running.contains(name) && system.enabled.contains(name)) {
                let app = first.app.clone();
                self.push(&app, Change::Service { name });
            }
        }
        if system.running.contains("supervisor") && system.programs.is_none() {
            self.remarks.push(
                "supervisor runs but does not answer: what it owes to changes may fail".to_owned(),
            );
        }
        let site = desired.bundles().iter().find(|bundle| {
            let mut artifacts = bundle.artifacts().iter();
            artifacts.any(|a| a.path.as_str().starts_with("/etc/nginx/sites-enabled/"))
        });
        let Some(site) = site else { return };
        if system.nginx.is_none() {
            return self.obstacle(Obstacle::NoNginx);
        }
        match (
            system.running.contains("nginx"),
            system.enabled.contains("nginx"),
        ) {
            (false, true) => {
                let app = site.app.clone();
                self.push(&app, Change::Service { name: "nginx" });
            }
            (false, false) => self.remarks.push(
                "nginx does not run and does not start with the host: the site is not served"
                    .to_owned(),
            ),
            (true, _) => {}
        }
    }
}

/// Whether an installed version is the one asked for: a local part (`+cpu`) need not be named.
fn is_version(found: &str, wanted: &str) -> bool {
    found == wanted || found.split('+').next() == Some(wanted)
}
