//! What the apps of one host take from each other.

mod places;

use std::collections::HashMap;
use std::hash::{BuildHasher as _, Hash, RandomState};

use crate::{AppSpec, Problem, SecretVariables, Severity, Site, Tls, TlsProfile};
use places::Directory;

/// What the apps of one host take, so that no two of them take the same.
///
/// It keeps the apps' names, and of all else fingerprints of 64 bits: an app with two server names
/// costs 400 bytes. That two of the things of ten thousand apps have one fingerprint by chance,
/// and one of them is refused, happens once in a billion runs.
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
    names: Vec<Box<str>>,
    /// What of the apps came from a vault: of few apps anything.
    secrets: HashMap<AppIndex, SecretVariables>,
    /// Makes fingerprints, others in each run.
    fingerprints: RandomState,
    /// Whose each [`Claim`] is.
    taken: HashMap<u64, AppIndex>,
    /// Whose each directory is.
    directories: HashMap<u64, Directory>,
    /// What lies in each directory that has one of the former in it: the first, since it is enough to
    /// name one.
    inside: HashMap<u64, (Directory, Box<str>)>,
    /// Likewise the files that others than their app open for writing, with the variables that name
    /// them.
    opened: HashMap<u64, (AppIndex, Box<str>, Box<str>)>,
    /// The TLS profile of each port's first app: nginx takes one per socket.
    profiles: HashMap<u16, (AppIndex, TlsProfile)>,
    /// Each port by number, and whether it speaks TLS.
    ports: HashMap<u16, (AppIndex, Speaks)>,
}

/// An app's place among the names.
type AppIndex = u32;

#[derive(Hash)]
enum Claim<'a> {
    Name(&'a str),
    User(&'a str),
    Group(&'a str),
    ServerName(u16, &'a str),
    CatchAll(u16),
    DefaultServer(u16),
    NginxLog(&'a str),
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
        // The command line, the memory and the host's users end long before.
        let own = AppIndex::try_from(self.names.len()).unwrap_or(AppIndex::MAX);
        self.names.push(app.name.as_str().into());
        if !app.secrets.is_empty() {
            self.secrets.insert(own, app.secrets.clone());
        }
        self.claim(
            own,
            &Claim::Name(app.name.as_str()),
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
            &Claim::User(app.user().as_str()),
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
                &Claim::Group(app.group().as_str()),
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
        own: AppIndex,
        claim: &Claim<'_>,
        variable: &str,
        problems: &mut Vec<Problem>,
        say: impl FnOnce(&str) -> (String, String),
    ) {
        let claim = self.fingerprints.hash_one(claim);
        match self.taken.get(&claim) {
            // One name may stand for another of the same app: `.example.org` for `example.org`.
            Some(other) if *other == own => {}
            Some(other) => {
                let (message, help) = say(self.name(*other));
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
    fn shown(&self, own: AppIndex, other: AppIndex, theirs: &str, mut problem: Problem) -> Problem {
        let hides = |app: AppIndex, variable: &str| {
            let secrets = self.secrets.get(&app);
            secrets.is_some_and(|secrets| secrets.touch(variable))
        };
        if hides(own, &problem.variable) || hides(other, theirs) {
            problem.message = format!(
                "it does not go together with `{}` on one host (`{}`); what does not is not shown, because a value of it comes from a vault",
                self.name(other),
                problem.code
            );
        }
        problem
    }

    fn name(&self, app: AppIndex) -> &str {
        self.names.get(app as usize).map_or("", |name| name)
    }

    fn site(&mut self, own: AppIndex, app: &AppSpec, problems: &mut Vec<Problem>) {
        let Some(site) = app.exposed_site() else {
            return;
        };
        let mut sockets = vec![(site.http_port.get(), Speaks::Http, "wsgi_nginx_http_port")];
        if let Some(tls) = app.tls() {
            sockets.push((Tls::PORT, Speaks::Tls, "wsgi_ssl"));
            if tls.default_server {
                self.claim(
                    own,
                    &Claim::DefaultServer(Tls::PORT),
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
                        self.name(*other)
                    );
                    let variable = "wsgi_ssl_profile";
                    let problem =
                        Problem::new(Severity::Warning, "shared-socket", variable, message)
                            .help("give all apps of a host the same profile");
                    problems.push(self.shown(own, *other, variable, problem));
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
                    let message = format!("port {port} of `{}` speaks {what}", self.name(*other));
                    let problem = Problem::new(Severity::Error, "taken", variable, message)
                        .help("choose another port");
                    problems.push(self.shown(own, *other, variable, problem));
                    continue;
                }
                Some(_) => {}
                None => {
                    self.ports.insert(port, (own, speaks));
                }
            }
            if site.server_names.is_empty() {
                self.claim(own, &Claim::CatchAll(port), "wsgi_server_names", problems, |other| {
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
                    let claim = Claim::ServerName(port, &asked);
                    self.claim(own, &claim, &format!("wsgi_server_names[{i}]"), problems, |other| {
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

    fn logs(&mut self, own: AppIndex, site: &Site, problems: &mut Vec<Problem>) {
        for (variable, log) in [
            ("wsgi_nginx_access_log_file", &site.access_log),
            ("wsgi_nginx_error_log_file", &site.error_log),
        ] {
            let claim = self.fingerprints.hash_one(Claim::NginxLog(log.as_str()));
            if let Some(other) = self.taken.get(&claim).filter(|other| **other != own) {
                let message = format!("`{}` logs to `{log}` too", self.name(*other));
                let problem = Problem::new(Severity::Warning, "shared-log", variable, message)
                    .help("give each app a log of its own");
                problems.push(self.shown(own, *other, variable, problem));
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
