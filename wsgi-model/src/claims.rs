//! What the apps of one host take from each other.

use std::collections::{BTreeMap, HashMap};

use crate::{AbsPath, AppSpec, Problem, Severity, Tls, TlsProfile};

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
    /// The TLS profile of each port's first app: nginx takes one per socket.
    profiles: HashMap<u16, (usize, TlsProfile)>,
    /// Each port by number, and whether it speaks TLS.
    ports: HashMap<u16, (usize, Speaks)>,
}

#[derive(Debug, PartialEq, Eq, Hash)]
enum Claim {
    Name(String),
    User(String),
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
        self.directories(own, app, &mut problems);
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
            }
        }
        for (variable, dir) in dirs {
            self.directories
                .entry(dir.as_str().to_owned())
                .or_insert((own, variable));
        }
    }

    /// A directory of another app at, above or below `dir`.
    fn neighbour(&self, own: usize, dir: &AbsPath) -> Option<(usize, &'static str, &str)> {
        let foreign = |entry: (&String, &(usize, &'static str))| (entry.1.0 != own).then_some(());
        let above = dir
            .as_path()
            .ancestors()
            .filter_map(|p| self.directories.get_key_value(p.as_str()))
            .find(|e| foreign(*e).is_some());
        let from = format!("{dir}/");
        let below = || {
            self.directories
                .range(from.clone()..)
                .take_while(|(path, _)| path.starts_with(&from))
                .find(|e| foreign(*e).is_some())
        };
        above
            .or_else(below)
            .map(|(path, (other, variable))| (*other, *variable, path.as_str()))
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
                let claim = Claim::ServerName(port, name.to_string());
                self.claim(own, claim, &format!("wsgi_server_names[{i}]"), problems, |other| {
                    (
                        format!("`{name}` on port {port} is a name of `{other}` already, and nginx would never ask this one"),
                        "a name belongs to one app: take it out of one of them".to_owned(),
                    )
                });
            }
        }
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
