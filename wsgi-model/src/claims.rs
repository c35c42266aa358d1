//! What the apps of one host take from each other.

use std::collections::{BTreeMap, HashMap};

use crate::{AbsPath, AppSpec, Problem, Severity, Site, Tls, TlsProfile};

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
                problems.push(Problem::new(Severity::Error, "taken", variable, message).help(help));
            }
            None => {
                self.taken.insert(claim, own);
            }
        }
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
            if let Some((other, theirs, path)) = self.neighbour(own, dir) {
                let other = &self.names[other];
                let message = if path == dir.as_str() {
                    format!("`{dir}` is {theirs} of `{other}`")
                } else {
                    format!("`{dir}` and {theirs} of `{other}`, `{path}`, lie inside each other")
                };
                problems.push(
                    Problem::new(Severity::Error, "taken", *variable, message)
                        .help("give each app directories of its own"),
                );
            } else if let Some((other, theirs, file)) = self.opened_in(own, dir) {
                let message = format!(
                    "`{file}`, {theirs} of `{other}`, lies in `{dir}`, and `{}` is not who opens it: a link there would have any file written",
                    app.name
                );
                problems.push(
                    Problem::new(Severity::Error, "taken", *variable, message).help(
                        "keep the logs that root opens out of directories that an app can write",
                    ),
                );
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
                problems.push(
                    Problem::new(Severity::Error, "taken", variable.as_str(), message).help(HELP),
                );
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
    fn opened_in(&self, own: usize, dir: &AbsPath) -> Option<(&str, &str, &str)> {
        let from = dir.with_slash();
        self.opened
            .range(from.clone()..)
            .take_while(|(path, _)| path.starts_with(&from))
            .find(|(_, (other, _))| *other != own)
            .map(|(path, (other, variable))| {
                (
                    self.names[*other].as_str(),
                    variable.as_str(),
                    path.as_str(),
                )
            })
    }

    fn site(&mut self, own: usize, app: &AppSpec, problems: &mut Vec<Problem>) {
        let Some(site) = app.exposed_site() else {
            return;
        };
        let mut sockets = vec![(site.http_port.get(), Speaks::Http, "wsgi_nginx_http_port")];
        if let Some(tls) = app.tls() {
            sockets.push((Tls::PORT, Speaks::Tls, "wsgi_ssl"));
            if tls.default_server {
                self.claim(
                    own,
                    Claim::DefaultServer(Tls::PORT),
                    "wsgi_ssl_set_default_server",
                    problems,
                    |other| {
                        (
                            format!("`{other}` is the default server of port 443 already"),
                            "nginx takes one default server per port: set it for one app only"
                                .to_owned(),
                        )
                    },
                );
            }
            match self.profiles.get(&Tls::PORT) {
                Some((other, profile)) if *profile != tls.profile => {
                    let message = format!(
                        "`{}` has another profile, and nginx takes one per port: that of its default server",
                        self.names[*other]
                    );
                    problems.push(
                        Problem::new(
                            Severity::Warning,
                            "shared-socket",
                            "wsgi_ssl_profile",
                            message,
                        )
                        .help("give all apps of a host the same profile"),
                    );
                }
                Some(_) => {}
                None => {
                    self.profiles.insert(Tls::PORT, (own, tls.profile));
                }
            }
        }
        for (port, speaks, variable) in sockets {
            match self.ports.get(&port) {
                Some((other, theirs)) if *theirs != speaks => {
                    let what = if *theirs == Speaks::Tls {
                        "TLS"
                    } else {
                        "plain HTTP"
                    };
                    let message = format!("port {port} of `{}` speaks {what}", self.names[*other]);
                    problems.push(
                        Problem::new(Severity::Error, "taken", variable, message)
                            .help("choose another port"),
                    );
                    continue;
                }
                Some(_) => {}
                None => {
                    self.ports.insert(port, (own, speaks));
                }
            }
            if site.server_names.is_empty() {
                self.claim(own, Claim::CatchAll(port), "wsgi_server_names", problems, |other| {
                    (
                        format!("without names the app answers every name on port {port}, and so does `{other}`: nginx would never ask this one"),
                        "set wsgi_server_names".to_owned(),
                    )
                });
            }
            for (i, name) in site.server_names.iter().enumerate() {
                if site.server_names[..i].contains(name) {
                    continue;
                }
                let before = problems.len();
                for asked in names_in(name.as_str()) {
                    // Of both names that `.example.org` stands for, one is enough said.
                    if problems.len() > before {
                        break;
                    }
                    let meant = if asked == name.as_str() {
                        String::new()
                    } else {
                        format!(", which `{name}` stands for,")
                    };
                    let claim = Claim::ServerName(port, asked.clone());
                    self.claim(own, claim, &format!("wsgi_server_names[{i}]"), problems, |other| {
                        (
                            format!("`{asked}` on port {port}{meant} is a name of `{other}` already, and nginx would never ask this one"),
                            "a name belongs to one app: take it out of one of them".to_owned(),
                        )
                    });
                }
            }
        }
        self.logs(own, site, problems);
    }

    fn logs(&mut self, own: usize, site: &Site, problems: &mut Vec<Problem>) {
        for (variable, log) in [
            ("wsgi_nginx_access_log_file", &site.access_log),
            ("wsgi_nginx_error_log_file", &site.error_log),
        ] {
            let claim = Claim::NginxLog(log.to_string());
            if let Some(other) = self.taken.get(&claim).filter(|other| **other != own) {
                let message = format!("`{}` logs to `{log}` too", self.names[*other]);
                problems.push(
                    Problem::new(Severity::Warning, "shared-log", variable, message)
                        .help("give each app a log of its own"),
                );
            } else {
                self.taken.insert(claim, own);
            }
        }
    }
}

/// The names that a server name stands for: `.example.org` is short for two.
fn names_in(name: &str) -> Vec<String> {
    match name.strip_prefix('.') {
        Some(domain) => vec![domain.to_owned(), format!("*.{domain}")],
        None => vec![name.to_owned()],
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
