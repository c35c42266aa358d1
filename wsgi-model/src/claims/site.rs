//! What the sites of one host take from each other: names, ports, logs.

use super::{Claim, HostClaims, Speaks};
use crate::{AppSpec, Problem, Severity, Site, Tls};

impl HostClaims {
    pub(super) fn site(&mut self, own: usize, app: &AppSpec, problems: &mut Vec<Problem>) {
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
                    let problem = Problem::new(
                        Severity::Warning,
                        "shared-socket",
                        "wsgi_ssl_profile",
                        message,
                    );
                    let problem = problem.help("give all apps of a host the same profile");
                    problems.push(self.shown(own, *other, "wsgi_ssl_profile", problem));
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
                    let problem = Problem::new(Severity::Error, "taken", variable, message);
                    let problem = problem.help("choose another port");
                    problems.push(self.shown(own, *other, variable, problem));
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
                let problem = Problem::new(Severity::Warning, "shared-log", variable, message);
                let problem = problem.help("give each app a log of its own");
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
