//! Everything that must be true of a host for one app.

use crate::{
    AbsPath, AppName, AppSpec, AptPackage, Artifact, HealthPath, HealthStatus, PipPackage,
    PipRequirement, PublicKey, Sensitivity, ServerName, TaskName, UserName,
};

/// Debian packages that must be installed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackageNeeds {
    /// Whether the package lists are refreshed before one is installed.
    pub update_cache: bool,
    /// The packages.
    pub names: Vec<AptPackage>,
}

/// The Unix user of an app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserNeeds {
    /// Its name.
    pub name: UserName,
    /// Its primary group.
    pub group: UserName,
    /// Its home.
    pub home: AbsPath,
    /// Its login shell.
    pub shell: &'static str,
    /// Whether it logs in: without, no authorized keys of ours stay.
    pub authorized_keys: Vec<PublicKey>,
}

/// The virtualenv of an app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VirtualenvNeeds {
    /// Where it is.
    pub path: AbsPath,
    /// Where those of releases are: a deploy makes `path` a link to one of them.
    pub of_releases: AbsPath,
    /// What must be installed in it. Other packages are left alone.
    pub packages: Vec<PipRequirement>,
}

/// Files that nginx reads for TLS. They are there already: none of them is made by us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsNeeds {
    /// The certificate and its chain.
    pub certificate: AbsPath,
    /// The private key.
    pub key: AbsPath,
    /// Parameters of Diffie-Hellman, if they are named.
    pub dhparam: Option<AbsPath>,
    /// The chain that stapled answers are checked with, if there are any.
    pub staple_certificate: Option<AbsPath>,
}

/// A cron task, as a host may have it from before: by its name and its user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskNeeds {
    /// What it is called.
    pub name: TaskName,
    /// Who runs it.
    pub user: String,
}

/// What an app is asked to see whether it serves, and which answer is good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HealthNeeds {
    /// The socket that it answers at.
    pub socket: AbsPath,
    /// The name that visitors ask for.
    pub server_name: String,
    /// Whether they come by TLS.
    pub tls: bool,
    /// The path that is asked for.
    pub path: HealthPath,
    /// Which answers are good.
    pub status: HealthStatus,
}

/// What a host must have besides files: packages, the user, the virtualenv; and what it may have from
/// before.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Needs {
    /// Debian packages.
    pub packages: PackageNeeds,
    /// The user and its group.
    pub user: UserNeeds,
    /// The virtualenv.
    pub virtualenv: VirtualenvNeeds,
    /// What nginx reads for TLS, when the site has it.
    pub tls: Option<TlsNeeds>,
    /// The tasks that cron runs: nobody else shall run them, too.
    pub tasks: Vec<TaskNeeds>,
    /// How it is seen whether the app serves.
    pub health: HealthNeeds,
    /// The logs that nginx makes for the app's site.
    pub site_logs: Vec<AbsPath>,
}

impl Needs {
    /// A login shell for an app that people log in to.
    pub const SHELL: &'static str = "/bin/bash";
    /// The shell of an app that nobody logs in to.
    pub const NO_SHELL: &'static str = "/usr/sbin/nologin";

    /// What `app` needs.
    pub fn of(app: &AppSpec) -> Self {
        // nginx is a prerequisite, as in the role: where it comes from is the host's business.
        const BASE: &[&str] = &[
            "supervisor",
            "python3",
            "python3-venv",
            "cron",
            "logrotate",
            "sudo",
        ];
        // The Pillow documentation's external libraries; before anything that may compile against them.
        // libfreetype6-dev has been another name of libfreetype-dev since Debian 11 and Ubuntu 20.04.
        const IMAGE: &[&str] = &[
            "libjpeg-dev",
            "libfreetype-dev",
            "zlib1g-dev",
            "python3-dev",
            "gcc",
        ];
        let image = if app.packages.python_image {
            IMAGE
        } else {
            &[]
        };
        let mut names: Vec<AptPackage> = Vec::new();
        let known = BASE.iter().chain(image).map(|name| AptPackage::known(name));
        for name in known.chain(app.packages.apt.iter().cloned()) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let gunicorn = PipRequirement {
            name: PipPackage::known("gunicorn"),
            version: app.gunicorn.version.clone(),
        };
        let own_gunicorn = app
            .packages
            .pip
            .iter()
            .any(|p| p.name.as_str().eq_ignore_ascii_case("gunicorn"));
        Self {
            packages: PackageNeeds {
                update_cache: app.packages.update_apt_cache,
                names,
            },
            user: UserNeeds {
                name: app.user().clone(),
                group: app.group().clone(),
                home: app.places.home.path().clone(),
                shell: if app.access.ssh {
                    Self::SHELL
                } else {
                    Self::NO_SHELL
                },
                authorized_keys: if app.access.ssh {
                    app.access.keys.clone()
                } else {
                    Vec::new()
                },
            },
            virtualenv: VirtualenvNeeds {
                path: app.places.virtualenv.path().clone(),
                of_releases: app.layout().virtualenvs(),
                packages: (!own_gunicorn)
                    .then_some(gunicorn)
                    .into_iter()
                    .chain(app.packages.pip.iter().cloned())
                    .collect(),
            },
            tls: app.tls().map(|tls| TlsNeeds {
                certificate: tls.certificate.clone(),
                key: tls.key.clone(),
                dhparam: tls.diffie_hellman.then(|| tls.dhparam.clone()),
                staple_certificate: tls.ocsp.then(|| tls.staple_certificate.clone()),
            }),
            tasks: app
                .cron_tasks
                .iter()
                .map(|task| TaskNeeds {
                    name: task.name.clone(),
                    user: match &task.user {
                        Some(user) => user.as_str().to_owned(),
                        None => app.user().as_str().to_owned(),
                    },
                })
                .collect(),
            health: HealthNeeds::of(app),
            site_logs: app
                .exposed_site()
                .map(|site| vec![site.access_log.clone(), site.error_log.clone()])
                .unwrap_or_default(),
        }
    }
}

impl HealthNeeds {
    fn of(app: &AppSpec) -> Self {
        // Nobody can ask for a pattern.
        let plain = |name: &&str| !name.contains('*') && !name.starts_with('.') && *name != "_";
        let mut names = app.site.server_names.iter().map(ServerName::as_str);
        Self {
            socket: app.layout().socket(),
            server_name: names.find(plain).unwrap_or("localhost").to_owned(),
            tls: app.tls().is_some(),
            path: app.deploy.health_path.clone(),
            status: app.deploy.health_status.clone(),
        }
    }
}

/// The desired state of a host, as far as one app is concerned: its artifacts, sorted by path, and
/// what it needs besides.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Bundle {
    /// Whose it is.
    pub app: AppName,
    /// Packages, user, virtualenv.
    pub needs: Needs,
    artifacts: Vec<Artifact>,
}

/// Two artifacts of one bundle claim one path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("two artifacts stand at {path}")]
#[non_exhaustive]
pub struct DuplicatePath {
    /// The path.
    pub path: AbsPath,
}

impl Bundle {
    /// A bundle of artifacts in any order.
    ///
    /// # Errors
    /// [`DuplicatePath`] when two of them have one path.
    pub fn new(
        app: AppName,
        needs: Needs,
        mut artifacts: Vec<Artifact>,
    ) -> Result<Self, DuplicatePath> {
        artifacts.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        if let Some(pair) = artifacts
            .windows(2)
            .find(|pair| pair[0].path == pair[1].path)
        {
            return Err(DuplicatePath {
                path: pair[0].path.clone(),
            });
        }
        Ok(Self {
            app,
            needs,
            artifacts,
        })
    }

    /// The artifacts, sorted by path.
    pub fn artifacts(&self) -> &[Artifact] {
        &self.artifacts
    }

    /// The artifact at `path`.
    pub fn artifact(&self, path: &str) -> Option<&Artifact> {
        self.artifacts.iter().find(|a| a.path.as_str() == path)
    }

    /// The artifacts whose contents must not be shown.
    pub fn secrets(&self) -> impl Iterator<Item = &Artifact> {
        self.artifacts
            .iter()
            .filter(|a| a.sensitivity() == Sensitivity::Secret)
    }
}
