use std::fs;

use camino::Utf8Path;
use wsgi_model::{AppSpec, Artifact, LookupError, Lookups, Node, Source, load};
use wsgi_render::{Target, render};

use crate::{Entry, Kind, Machine, Process, wait_until};

const ECHO_APP: &str = include_str!("echo_app.py");

/// A machine with Debian's nginx and the nginx files of some apps.
#[derive(Debug)]
pub struct WebHost {
    /// The machine.
    pub machine: Machine,
    /// The apps, as their vars files say.
    pub apps: Vec<AppSpec>,
    nginx: Option<Process>,
    upstreams: Vec<Process>,
}

impl WebHost {
    /// A machine with the files of the apps that these vars files describe; nginx does not run yet.
    ///
    /// # Panics
    ///
    /// When a vars file is refused, or the machine does not come up.
    #[track_caller]
    pub fn with(vars: &[&str]) -> Self {
        Self::on(Machine::up(), vars)
    }

    /// As [`with`](Self::with), on a machine that is there.
    ///
    /// # Panics
    ///
    /// When a vars file is refused.
    #[track_caller]
    pub fn on(machine: Machine, vars: &[&str]) -> Self {
        let apps: Vec<AppSpec> = vars.iter().map(|text| app(text)).collect();
        let host = Self {
            machine,
            apps,
            nginx: None,
            upstreams: Vec::new(),
        };
        for app in &host.apps {
            host.install(app);
        }
        host
    }

    /// Puts the app's nginx files and pages in place.
    #[track_caller]
    fn install(&self, app: &AppSpec) {
        let bundle = match render(app, &Target::default()) {
            Ok(bundle) => bundle,
            Err(error) => panic!("{error}: {:?}", std::error::Error::source(&error)),
        };
        let storage = app.layout().storage();
        let ours = |artifact: &&Artifact| {
            let path = &artifact.path;
            path.as_str().starts_with("/etc/nginx/") || path.parent() == Some(storage.clone())
        };
        let tree = match tempfile::tempdir() {
            Ok(tree) => tree,
            Err(error) => panic!("no temporary directory: {error}"),
        };
        let entries: Vec<Entry> = bundle
            .artifacts()
            .iter()
            .filter(ours)
            .map(|artifact| {
                if let Node::File { contents, .. } = &artifact.node {
                    let path = tree.path().join(&artifact.path.as_str()[1..]);
                    let written = path
                        .parent()
                        .map_or(Ok(()), fs::create_dir_all)
                        .and_then(|()| fs::write(&path, contents.expose()));
                    assert!(written.is_ok(), "{}: {written:?}", path.display());
                }
                entry(artifact)
            })
            .collect();
        self.machine.install_tree(tree.path(), &entries);
    }

    /// Starts a stand-in for each app, which tells what arrived.
    #[must_use]
    #[track_caller]
    pub fn apps_up(mut self) -> Self {
        let program = "/usr/local/lib/echo_app.py";
        self.machine.write(program, ECHO_APP, 0o644);
        for app in &self.apps {
            let socket = app.layout().socket();
            let upstream = self
                .machine
                .spawn(["/usr/bin/python3", program, socket.as_str()]);
            // It opens the socket's mode once it listens.
            let listens = [
                "sh",
                "-c",
                "[ \"$(stat -c %a \"$1\")\" = 666 ]",
                "sh",
                socket.as_str(),
            ];
            wait_until("the app listens", || self.machine.run(listens).success());
            self.upstreams.push(upstream);
        }
        self
    }

    /// Starts nginx, once its configuration is accepted without a warning.
    ///
    /// # Panics
    ///
    /// With nginx's own words, when it is not.
    #[must_use]
    #[track_caller]
    pub fn nginx_up(mut self) -> Self {
        let test = self.machine.ok(["nginx", "-t", "-q"]);
        assert_eq!(test.errors(), "", "{test}");
        let nginx = self.machine.spawn(["nginx", "-g", "daemon off;"]);
        // It writes this file once it listens everywhere.
        wait_until("nginx listens", || {
            self.machine.sh("[ -s /run/nginx.pid ]").success()
        });
        self.nginx = Some(nginx);
        self
    }

    /// Both of them.
    #[must_use]
    #[track_caller]
    pub fn up(self) -> Self {
        self.apps_up().nginx_up()
    }
}

/// The app of a vars file.
///
/// # Panics
///
/// When it is refused.
#[track_caller]
pub fn app(vars: &str) -> AppSpec {
    let source = Source {
        name: "vars.yml",
        bytes: vars.as_bytes(),
    };
    match load(&source, &IncludesOnly) {
        Ok(loaded) => loaded.app,
        Err(rejected) => panic!("refused: {:#?}", rejected.problems),
    }
}

/// Stands in for the operator's files: each is a comment with its own path, then a location that
/// answers with its name.
struct IncludesOnly;

impl Lookups for IncludesOnly {
    fn file(&self, path: &Utf8Path) -> Result<Vec<u8>, LookupError> {
        let name = path.file_stem().unwrap_or_default();
        let text = format!("# {path}\nlocation = /{name} {{ return 200 \"include {name}\"; }}\n");
        Ok(text.into_bytes())
    }

    fn operator_keys(&self) -> Result<Vec<String>, LookupError> {
        Ok(Vec::new())
    }
}

/// An artifact in a manifest's words.
fn entry(artifact: &Artifact) -> Entry {
    let (kind, mode, owner, target) = match &artifact.node {
        Node::Directory { mode, owner } => (Kind::Directory, Some(mode), Some(owner), None),
        Node::File { mode, owner, .. } => (Kind::File, Some(mode), Some(owner), None),
        Node::Symlink { target, owner } => (Kind::Symlink, None, Some(owner), Some(target)),
        Node::Absent { .. } => (Kind::Absent, None, None, None),
        other => panic!("no nginx file: {other:?}"),
    };
    Entry {
        path: artifact.path.to_string(),
        kind,
        mode: mode.map(ToString::to_string),
        owner: owner.map(|owner| owner.user.clone()),
        group: owner.map(|owner| owner.group.clone()),
        target: target.map(ToString::to_string),
    }
}
