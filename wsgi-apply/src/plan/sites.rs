//! Names that another site or program has already.

use std::collections::BTreeSet;

use wsgi_model::{AbsPath, Bundle, Node};

use super::{Change, Draft, Obstacle};
use crate::Desired;

/// A server of nginx's, as far as its lines tell.
#[derive(Debug, Default, PartialEq, Eq)]
struct Server {
    ports: BTreeSet<String>,
    names: BTreeSet<String>,
}

impl Draft<'_> {
    /// What nginx and supervisor would take without a word, or refuse: a name that another file
    /// gives to something else.
    pub(super) fn taken_names(&mut self, desired: &Desired) {
        let wanted = desired.artifacts();
        let changed: BTreeSet<&AbsPath> = self.changed_paths().collect();
        let others: Vec<_> = self
            .facts
            .directives
            .iter()
            .filter(|(path, _)| !wanted.contains_key(path) && !changed.contains(path))
            .collect();
        let mut obstacles = Vec::new();
        for bundle in desired.bundles() {
            let (ours, upstreams) = of_bundle(bundle);
            let listening = &self.facts.system.listening;
            let ports = ours.ports.iter().filter_map(|port| port.parse().ok());
            for port in ports.filter(|port| listening.get(port) == Some(&false)) {
                obstacles.push(Obstacle::PortTaken { port });
            }
            let program = format!("[program:{}]", bundle.app);
            for (path, lines) in &others {
                let path = || (*path).clone();
                if lines.iter().any(|line| line.starts_with(&program)) {
                    obstacles.push(Obstacle::ProgramTaken {
                        program: bundle.app.to_string(),
                        path: path(),
                    });
                }
                let upstream = lines.iter().filter_map(|line| upstream(line));
                for name in upstream.filter(|name| upstreams.contains(name)) {
                    obstacles.push(Obstacle::SiteTaken {
                        what: format!("the upstream {name}"),
                        path: path(),
                    });
                }
                for server in servers(lines.iter().map(String::as_str)) {
                    let ports = server.ports.intersection(&ours.ports);
                    let Some(port) = ports.into_iter().next() else {
                        continue;
                    };
                    for name in server.names.intersection(&ours.names) {
                        obstacles.push(Obstacle::SiteTaken {
                            what: format!("the name {name} on port {port}"),
                            path: path(),
                        });
                    }
                }
            }
        }
        for obstacle in obstacles {
            self.obstacle(obstacle);
        }
    }

    /// The paths of what this plan changes so far.
    pub(super) fn changed_paths(&self) -> impl Iterator<Item = &AbsPath> {
        self.steps.iter().filter_map(|step| match &step.change {
            Change::Path(change) => Some(&change.path),
            _ => None,
        })
    }
}

/// All that an app's site listens to and is called, as one server, and its upstreams.
fn of_bundle(bundle: &Bundle) -> (Server, BTreeSet<String>) {
    let (mut all, mut upstreams) = (Server::default(), BTreeSet::new());
    for artifact in bundle.artifacts() {
        let Node::File { contents, .. } = &artifact.node else {
            continue;
        };
        if !artifact.path.as_str().starts_with("/etc/nginx/") {
            continue;
        }
        let text = String::from_utf8_lossy(contents.expose());
        let lines = || text.lines().map(str::trim);
        upstreams.extend(lines().filter_map(upstream));
        for line in lines() {
            all.ports.extend(port(line));
            all.names.extend(names(line));
        }
    }
    (all, upstreams)
}

/// The servers that lines of one file describe.
fn servers<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<Server> {
    let mut servers: Vec<Server> = Vec::new();
    for line in lines {
        if line == "server"
            || line
                .strip_prefix("server")
                .is_some_and(|rest| rest.trim_start().starts_with('{'))
        {
            servers.push(Server::default());
        }
        if let Some(server) = servers.last_mut() {
            server.ports.extend(port(line));
            server.names.extend(names(line));
        }
    }
    for server in &mut servers {
        if server.ports.is_empty() {
            server.ports.insert("80".to_owned());
        }
    }
    servers
}

fn upstream(line: &str) -> Option<String> {
    let rest = line.strip_prefix("upstream")?.strip_prefix([' ', '\t'])?;
    let name = rest.trim().trim_end_matches('{').trim_end();
    Some(name.to_owned())
}

/// The port of a line that listens.
fn port(line: &str) -> Option<String> {
    let rest = line.strip_prefix("listen")?.strip_prefix([' ', '\t'])?;
    let address = rest.split_whitespace().next()?.trim_end_matches(';');
    if address.starts_with("unix:") {
        return None;
    }
    let last = address.rsplit(':').next()?;
    let is_port = !last.is_empty() && last.bytes().all(|b| b.is_ascii_digit());
    Some(if is_port { last } else { "80" }.to_owned())
}

/// The names that a line gives a server; not those that match nothing anyway.
fn names(line: &str) -> Vec<String> {
    let rest = line.strip_prefix("server_name").unwrap_or_default();
    let words = rest
        .split([' ', '\t', ';'])
        .map(|word| word.trim_matches(['"', '\'']));
    let words = words.filter(|word| !matches!(*word, "" | "_"));
    words.map(str::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_told_apart_by_port() {
        let lines = [
            "upstream x {",
            "server unix:/run/x.sock;",
            "server {",
            "listen 127.0.0.1:8080 default_server;",
            "listen [::]:8080;",
            "server_name Shop.test www.shop.test;",
            "server {",
            "listen localhost;",
            "listen unix:/run/x.sock;",
            "server_name \"_\" shop.test;",
            "server{",
            "server_name other.test;",
        ];
        let found = servers(lines.into_iter());
        let server = |ports: &[&str], names: &[&str]| Server {
            ports: ports.iter().map(|text| (*text).to_owned()).collect(),
            names: names.iter().map(|text| (*text).to_owned()).collect(),
        };
        assert_eq!(
            found,
            [
                server(&["8080"], &["shop.test", "www.shop.test"]),
                server(&["80"], &["shop.test"]),
                server(&["80"], &["other.test"]),
            ]
        );
        assert_eq!(
            upstream("upstream wsgi_shop {").as_deref(),
            Some("wsgi_shop")
        );
        assert_eq!(upstream("upstreams"), None);
    }
}
