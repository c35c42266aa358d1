//! What the apps of one host take from each other.

mod site;

use std::collections::{BTreeMap, HashMap};

use crate::{AbsPath, AppSpec, Problem, SecretVariables, Severity, TlsProfile};

/// What the apps of one host take, so that no two of them take the same. It keeps names, paths and
/// ports, not the apps: ten thousand apps cost a few megabytes.
///
/// ```
/// use wsgi_model::{AppName, AppParts, AppSpec, HostClaims, WsgiTarget};
///
/// let mut shop = AppParts::new(AppName::parse("shop")?, WsgiTarget::parse("shop.wsgi")?);
/// let mut blog = AppParts::new(AppName::parse("blog")?, WsgiTarget::parse("blog.wsgi")?);
/// let mut host = HostClaims::new();
/// assert!(host.admit(&AppSpec::new(shop)?).is_empty());
/// // Both answer every name on port 80.
/// assert_eq!(host.admit(&AppSpec::new(blog)?)[0].code, "taken");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Default)]
pub struct HostClaims {
    names: Vec<String>,
    /// What of the apps came from a vault: of few apps anything.
    secrets: HashMap<usize, SecretVariables>,
    taken: HashMap<Claim, usize>,
    /// Directories, to find those above and below each other.
    directories: BTreeMap<String, (usize, &'static str)>,
    /// Files that others than their app open for writing, with the variables that name them.
    opened: BTreeMap<String, (usize, String)>,
    /// The TLS profile of each port's first app: nginx takes one per socket.
    profiles: HashMap<u16, (usize, TlsProfile)>,
    /// Each port by number, and whether it speaks TLS.
    ports: HashMap<u16, (usize, Speaks)>,
}

#[derive(Debug, PartialEq, Eq, Hash)]
enum Claim {
    Name(String),
    User(String),
    Group(String),
    ServerName(u16, String),
    CatchAll(u16),
    DefaultServer(u16),
    NginxLog(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Speaks {
    Http,
    Tls,
}

impl HostClaims {
    /// A host without apps.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes what `app` needs, and says what another app has already. The problems are of `app`'s
    /// vars file, and have no place yet.
    pub fn admit(&mut self, app: &AppSpec) -> Vec<Problem> {
        let mut problems = Vec::new();
        let own = self.names.len();
        self.names.push(app.name.to_string());
        if !app.secrets.is_empty() {
            self.secrets.insert(own, app.secrets.clone());
        }
        self.claim(
            own,
            Claim::Name(app.name.to_string()),
            "wsgi_project_name",
            &mut problems,
            |other| {
                (
                    format!("`{}` is the name of another app of this run", app.name),
                    format!("give each app a name of its own ({other} has it)"),
                )
            },
        );
        if !problems.is_empty() {
            // Everything derived from the name would clash too, and says nothing new.
            return problems;
        }
        let before = problems.len();
        self.claim(
            own,
            Claim::User(app.user().to_string()),
            "wsgi_gunicorn_user",
            &mut problems,
            |other| {
                (
                    format!("`{other}` runs as the user `{}` too", app.user()),
                    "a user has one home: give each app a user of its own".to_owned(),
                )
            },
        );
        // Who has a user in common has mostly its group in common too: one of the two is enough said.
        if problems.len() == before {
            self.claim(
                own,
                Claim::Group(app.group().to_string()),
                "wsgi_gunicorn_group",
                &mut problems,
                |other| {
                    (
                        format!(
                            "`{}` is the group of `{other}` too, so each could read the other's environment and its passwords",
                            app.group()
                        ),
                        "give each app a group of its own; leave the variable out to use the user's".to_owned(),
                    )
                },
            );
        }
        self.directories(own, app, &mut problems);
        self.files(own, app, &mut problems);
        self.site(own, app, &mut problems);
        problems
    }

    /// Takes one thing, or says who has it.
    fn claim(
        &mut self,
        own: usize,
        claim: Claim,
        variable: &str,
        problems: &mut Vec<Problem>,
        say: impl FnOnce(&str) -> (String, String),
    ) {
        match self.taken.get(&claim) {
            // One name may stand for another of the same app: `.example.org` for `example.org`.
            Some(other) if *other == own => {}
            Some(other) => {
                let (message, help) = say(&self.names[*other]);
                let problem = Problem::new(Severity::Error, "taken", variable, message).help(help);
                // What both have is the same text.
                problems.push(self.shown(own, *other, variable, problem));
            }
            None => {
                self.taken.insert(claim, own);
            }
        }
    }

    /// A problem that quotes a value of `own`, and one of `theirs` of another app, without them where one
    /// came from a vault.
    fn shown(&self, own: usize, other: usize, theirs: &str, mut problem: Problem) -> Problem {
        let hides = |app: usize, variable: &str| {
            let secrets = self.secrets.get(&app);
            secrets.is_some_and(|secrets| secrets.touch(variable))
        };
        if hides(own, &problem.variable) || hides(other, theirs) {
            problem.message = format!(
                "it does not go together with `{}` on one host (`{}`); what does not is not shown, because a value of it comes from a vault",
                self.names[other], problem.code
            );
        }
        problem
    }

    fn directories(&mut self, own: usize, app: &AppSpec, problems: &mut Vec<Problem>) {
        let layout = app.layout();
        let places = &app.places;
        let mut dirs: Vec<(&'static str, AbsPath)> = vec![
            ("wsgi_path", places.home.path().clone()),
            ("wsgi_virtualenv", places.virtualenv.path().clone()),
            ("wsgi_release_dir", places.releases.path().clone()),
            ("wsgi_log_dir", places.logs.path().clone()),
            ("wsgi_storage_dir", layout.storage()),
            ("wsgi_project_name", layout.state_dir()),
        ];
        dirs.extend(
            places
                .media_dir
                .as_ref()
                .map(|dir| ("wsgi_media_dir", dir.path().clone())),
        );
        // What a release brings with it lies in the home, or wherever the release is.
        let current = layout.current();
        dirs.extend(
            places
                .static_dir
                .as_ref()
                .filter(|dir| !dir.is_within(&current))
                .map(|dir| ("wsgi_static_dir", dir.path().clone())),
        );
        for (variable, dir) in &dirs {
            if let Some((index, theirs, path)) = self.neighbour(own, dir) {
                let other = &self.names[index];
                let message = if path == dir.as_str() {
                    format!("`{dir}` is {theirs} of `{other}`")
                } else {
                    format!("`{dir}` and {theirs} of `{other}`, `{path}`, lie inside each other")
                };
                let problem = Problem::new(Severity::Error, "taken", *variable, message)
                    .help("give each app directories of its own");
                problems.push(self.shown(own, index, theirs, problem));
            } else if let Some((index, theirs, file)) = self.opened_in(own, dir) {
                let other = &self.names[index];
                let message = format!(
                    "`{file}`, {theirs} of `{other}`, lies in `{dir}`, and `{}` is not who opens it: a link there would have any file written",
                    app.name
                );
                let problem = Problem::new(Severity::Error, "taken", *variable, message)
                    .help("keep the logs that root opens out of directories that an app can write");
                problems.push(self.shown(own, index, theirs, problem));
            }
        }
        for (variable, dir) in dirs {
            self.directories
                .entry(dir.as_str().to_owned())
                .or_insert((own, variable));
        }
    }

    /// Takes the logs that others than the app's user open, of which none may lie where another app
    /// can put a link in its place.
    fn files(&mut self, own: usize, app: &AppSpec, problems: &mut Vec<Problem>) {
        const HELP: &str = "name a file in a directory of root's, such as `/var/log`";
        for (variable, file) in opened_by_others(app) {
            if let Some((other, theirs, dir)) = self.above(own, &file) {
                let message = format!(
                    "`{file}` lies in `{dir}`, {theirs} of `{}`, which is not who opens it: a link there would have any file written",
                    self.names[other]
                );
                let problem =
                    Problem::new(Severity::Error, "taken", variable.as_str(), message).help(HELP);
                problems.push(self.shown(own, other, theirs, problem));
            }
            self.opened
                .entry(file.as_str().to_owned())
                .or_insert((own, variable));
        }
    }

    /// A directory of another app at, above or below `dir`.
    fn neighbour(&self, own: usize, dir: &AbsPath) -> Option<(usize, &'static str, &str)> {
        let from = format!("{dir}/");
        let below = || {
            self.directories
                .range(from.clone()..)
                .take_while(|(path, _)| path.starts_with(&from))
                .find(|(_, (other, _))| *other != own)
                .map(|(path, (other, variable))| (*other, *variable, path.as_str()))
        };
        self.above(own, dir).or_else(below)
    }

    /// A directory of another app that `path` is, or lies in.
    fn above(&self, own: usize, path: &AbsPath) -> Option<(usize, &'static str, &str)> {
        path.as_path()
            .ancestors()
            .filter_map(|p| self.directories.get_key_value(p.as_str()))
            .find(|(_, (other, _))| *other != own)
            .map(|(path, (other, variable))| (*other, *variable, path.as_str()))
    }

    /// A file of another app in `dir` that its user does not open itself.
    fn opened_in(&self, own: usize, dir: &AbsPath) -> Option<(usize, &str, &str)> {
        let from = dir.with_slash();
        self.opened
            .range(from.clone()..)
            .take_while(|(path, _)| path.starts_with(&from))
            .find(|(_, (other, _))| *other != own)
            .map(|(path, (other, variable))| (*other, variable.as_str(), path.as_str()))
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
