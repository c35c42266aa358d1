//! Where an app's releases are, and how they are run.

use wsgi_model::{AbsPath, Action, AppName, AppSpec, Bundle, Deploy, Node, Stage, Tls};

use crate::Digest;

/// Where an app's releases are, and how they are run.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ReleaseSite {
    /// The app.
    pub app: AppName,
    /// Its user.
    pub user: String,
    /// The user's primary group.
    pub group: String,
    /// Its home.
    pub home: AbsPath,
    /// Where the releases are.
    pub releases: AbsPath,
    /// The link to the one that runs.
    pub current: AbsPath,
    /// The link to its virtualenv.
    pub virtualenv: AbsPath,
    /// Where the virtualenvs are.
    pub virtualenvs: AbsPath,
    /// Where its user keeps a copy of its repository.
    pub repository: AbsPath,
    /// Where the app's user makes sockets.
    pub run_dir: AbsPath,
    /// The script that knows the app's environment.
    pub start: AbsPath,
    /// Hooks, health check and retention.
    pub deploy: Deploy,
    /// What every virtualenv gets besides what the release asks for, as pip(1) takes it.
    pub packages: Vec<String>,
    /// The name that visitors ask for.
    pub server_name: String,
    /// Where nginx serves it, if it does: the port, and whether by TLS.
    pub front: Option<(u16, bool)>,
    /// While this file exists, visitors get the maintenance page.
    pub maintenance_flag: AbsPath,
    /// Gunicorn's log, with the app's tracebacks.
    pub app_log: AbsPath,
    /// What the app prints, as supervisor writes it.
    pub program_log: AbsPath,
    /// The logs of the app, of supervisor's program and of nginx.
    pub logs: Vec<AbsPath>,
    /// What starts the program when it does not run.
    pub restart: Option<Action>,
    /// The files beside [`start`](Self::start) with their hashes, as an apply leaves them.
    pub applied: Vec<(AbsPath, Digest)>,
}

impl ReleaseSite {
    /// That of an app and what was rendered for it.
    pub fn new(app: &AppSpec, bundle: &Bundle) -> Self {
        let layout = app.layout();
        let front = app.exposed_site().map(|site| match app.tls() {
            Some(_) => (Tls::PORT, true),
            None => (site.http_port.get(), false),
        });
        let mut actions = bundle.artifacts().iter().flat_map(|a| &a.notify);
        Self {
            app: app.name.clone(),
            user: app.user().to_string(),
            group: app.group().to_string(),
            home: app.places.home.path().clone(),
            releases: app.places.releases.path().clone(),
            current: layout.current(),
            virtualenv: app.places.virtualenv.path().clone(),
            virtualenvs: layout.virtualenvs(),
            repository: app.places.home.path().join(".cache/wsgi/repository"),
            run_dir: layout.run_dir(),
            start: layout.gunicorn_start(),
            deploy: app.deploy.clone(),
            packages: bundle
                .needs
                .virtualenv
                .packages
                .iter()
                .map(ToString::to_string)
                .collect(),
            server_name: bundle.needs.health.server_name.clone(),
            front,
            maintenance_flag: layout.maintenance_flag(),
            app_log: layout.app_log(),
            program_log: layout.supervisor_log(),
            logs: [layout.app_log(), layout.supervisor_log()]
                .into_iter()
                .chain(
                    app.exposed_site()
                        .into_iter()
                        .flat_map(|site| [site.access_log.clone(), site.error_log.clone()]),
                )
                .collect(),
            applied: bundle
                .artifacts()
                .iter()
                .filter(|artifact| artifact.path.parent() == layout.gunicorn_start().parent())
                .filter_map(|artifact| match &artifact.node {
                    Node::File { contents, .. } => {
                        Some((artifact.path.clone(), Digest::of(contents.expose())))
                    }
                    _ => None,
                })
                .collect(),
            restart: actions
                .find(|action| action.stage == Stage::Restart)
                .cloned(),
        }
    }
}
