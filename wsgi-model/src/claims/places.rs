//! Directories of apps that lie inside each other, and files that others open in them.

use std::hash::BuildHasher as _;

use super::{AppIndex, HostClaims};
use crate::{AbsPath, AppSpec, Problem, Severity};

/// A directory of an app.
#[derive(Clone, Copy, Debug)]
pub(super) struct Directory {
    app: AppIndex,
    place: Place,
}

/// Which of an app's directories.
#[derive(Clone, Copy, Debug)]
enum Place {
    Home,
    Virtualenv,
    Releases,
    Logs,
    Storage,
    State,
    Media,
    Static,
}

impl Place {
    const fn variable(self) -> &'static str {
        match self {
            Self::Home => "wsgi_path",
            Self::Virtualenv => "wsgi_virtualenv",
            Self::Releases => "wsgi_release_dir",
            Self::Logs => "wsgi_log_dir",
            Self::Storage => "wsgi_storage_dir",
            Self::State => "wsgi_project_name",
            Self::Media => "wsgi_media_dir",
            Self::Static => "wsgi_static_dir",
        }
    }
}

impl HostClaims {
    pub(super) fn directories(
        &mut self,
        own: AppIndex,
        app: &AppSpec,
        problems: &mut Vec<Problem>,
    ) {
        let layout = app.layout();
        let places = &app.places;
        let mut dirs: Vec<(Place, AbsPath)> = vec![
            (Place::Home, places.home.path().clone()),
            (Place::Virtualenv, places.virtualenv.path().clone()),
            (Place::Releases, places.releases.path().clone()),
            (Place::Logs, places.logs.path().clone()),
            (Place::Storage, layout.storage()),
            (Place::State, layout.state_dir()),
        ];
        dirs.extend(
            places
                .media_dir
                .as_ref()
                .map(|dir| (Place::Media, dir.path().clone())),
        );
        // What a release brings with it lies in the home, or wherever the release is.
        let current = layout.current();
        dirs.extend(
            places
                .static_dir
                .as_ref()
                .filter(|dir| !dir.is_within(&current))
                .map(|dir| (Place::Static, dir.path().clone())),
        );
        // What lies in another of them says nothing new.
        let outer = |dir: &AbsPath| {
            let mut others = dirs.iter().map(|(_, other)| other);
            !others.any(|other| other != dir && dir.is_within(other))
        };
        let dirs: Vec<_> = dirs.iter().filter(|(_, dir)| outer(dir)).collect();
        for (place, dir) in &dirs {
            if let Some((other, path)) = self.neighbour(own, dir) {
                let theirs = other.place.variable();
                let name = self.name(other.app);
                let message = if path == dir.as_str() {
                    format!("`{dir}` is {theirs} of `{name}`")
                } else {
                    format!("`{dir}` and {theirs} of `{name}`, `{path}`, lie inside each other")
                };
                let problem = Problem::new(Severity::Error, "taken", place.variable(), message)
                    .help("give each app directories of its own");
                problems.push(self.shown(own, other.app, theirs, problem));
            } else if let Some((other, theirs, file)) = self.opened.get(&self.fingerprint(dir)) {
                let message = format!(
                    "`{file}`, {theirs} of `{}`, lies in `{dir}`, and `{}` is not who opens it: a link there would have any file written",
                    self.name(*other),
                    app.name
                );
                let problem = Problem::new(Severity::Error, "taken", place.variable(), message)
                    .help("keep the logs that root opens out of directories that an app can write");
                problems.push(self.shown(own, *other, theirs, problem));
            }
        }
        for (place, dir) in dirs {
            let directory = Directory {
                app: own,
                place: *place,
            };
            for above in dir.as_path().ancestors().skip(1) {
                let above = self.fingerprints.hash_one(above.as_str());
                let inside = self.inside.entry(above);
                inside.or_insert_with(|| (directory, dir.as_str().into()));
            }
            let fingerprint = self.fingerprint(dir);
            self.directories.entry(fingerprint).or_insert(directory);
        }
    }

    fn fingerprint(&self, path: &AbsPath) -> u64 {
        self.fingerprints.hash_one(path.as_str())
    }

    /// Takes the logs that others than the app's user open, of which none may lie where another app
    /// can put a link in its place.
    pub(super) fn files(&mut self, own: AppIndex, app: &AppSpec, problems: &mut Vec<Problem>) {
        const HELP: &str = "name a file in a directory of root's, such as `/var/log`";
        for (variable, file) in opened_by_others(app) {
            if let Some((other, dir)) = self.above(own, &file) {
                let message = format!(
                    "`{file}` lies in `{dir}`, {} of `{}`, which is not who opens it: a link there would have any file written",
                    other.place.variable(),
                    self.name(other.app)
                );
                let problem =
                    Problem::new(Severity::Error, "taken", variable.as_str(), message).help(HELP);
                problems.push(self.shown(own, other.app, other.place.variable(), problem));
            }
            for above in file.as_path().ancestors().skip(1) {
                let above = self.fingerprints.hash_one(above.as_str());
                let opened = self.opened.entry(above);
                opened.or_insert_with(|| (own, variable.as_str().into(), file.as_str().into()));
            }
        }
    }

    /// A directory of another app at, above or below `dir`, before those of this one are taken.
    fn neighbour<'a>(&'a self, own: AppIndex, dir: &'a AbsPath) -> Option<(Directory, &'a str)> {
        let inside = || {
            let (directory, path) = self.inside.get(&self.fingerprint(dir))?;
            Some((*directory, &**path))
        };
        self.above(own, dir).or_else(inside)
    }

    /// A directory of another app that `path` is, or lies in.
    fn above<'a>(&self, own: AppIndex, path: &'a AbsPath) -> Option<(Directory, &'a str)> {
        path.as_path().ancestors().find_map(|above| {
            let fingerprint = self.fingerprints.hash_one(above.as_str());
            let directory = self.directories.get(&fingerprint)?;
            (directory.app != own).then_some((*directory, above.as_str()))
        })
    }
}

/// The logs that root, or another user than the app's, opens, and the variables that name them.
fn opened_by_others(app: &AppSpec) -> Vec<(String, AbsPath)> {
    let site = app.exposed_site().into_iter().flat_map(|site| {
        [
            ("wsgi_nginx_access_log_file", &site.access_log),
            ("wsgi_nginx_error_log_file", &site.error_log),
        ]
    });
    let tasks = app.cron_tasks.iter().enumerate().filter_map(|(i, task)| {
        let log = task.logfile.as_ref()?;
        let user = task.user.as_ref()?;
        // In the app's own directories the log is written as the app.
        let by_app = user.as_str() == app.user().as_str() || app.layout().is_apps_to_write(log);
        (!by_app).then(|| (format!("wsgi_cron_tasks[{i}].logfile"), log.clone()))
    });
    site.map(|(variable, log)| (variable.to_owned(), log.clone()))
        .chain(tasks)
        .collect()
}
