//! The app container as a whole.

use std::collections::HashSet;
use std::ops::Deref;

use crate::{
    AbsPath, Access, AppName, CronTask, Database, Deploy, EmailAddress, EnvName, EnvPrefix,
    EnvValue, EnvVar, Gunicorn, OwnedDir, Owner, Packages, SecretVariables, Sensitivity, Site, Tls,
    UserName, WsgiTarget,
};

/// Where the app's things are.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Places {
    /// What outlives releases stands below `{storage}/{name}`.
    pub storage: AbsPath,
    /// The virtualenv.
    pub virtualenv: OwnedDir,
    /// The app's directory, which is its user's home.
    pub home: OwnedDir,
    /// The releases.
    pub releases: OwnedDir,
    /// The app's logs.
    pub logs: OwnedDir,
    /// What nginx serves below `/static/`; none serves nothing.
    pub static_dir: Option<OwnedDir>,
    /// What nginx serves below `/media/`, and the app writes; none serves nothing.
    pub media_dir: Option<OwnedDir>,
}

/// Every part of an app, each of them legal by itself; [`AppSpec::new`] checks them together.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AppParts {
    /// Names the app and everything of it.
    pub name: AppName,
    /// What gunicorn imports.
    pub wsgi: WsgiTarget,
    /// The contact on the error pages.
    pub support_email: EmailAddress,
    /// What generated variables start with.
    pub env_prefix: EnvPrefix,
    /// Further variables of the environment.
    pub env_vars: Vec<EnvVar>,
    /// Databases.
    pub databases: Vec<Database>,
    /// Whether nginx serves the app.
    pub expose: bool,
    /// Directories.
    pub places: Places,
    /// What is installed.
    pub packages: Packages,
    /// Logins and rights.
    pub access: Access,
    /// The server process.
    pub gunicorn: Gunicorn,
    /// The nginx site; looked at when the app is exposed.
    pub site: Site,
    /// Cron tasks.
    pub cron_tasks: Vec<CronTask>,
    /// How releases come in.
    pub deploy: Deploy,
    /// Which of all these came from a vault and must not be shown.
    pub secrets: SecretVariables,
}

/// The desired state of one app container. It cannot be invalid, and it does not change.
///
/// It dereferences to its [`AppParts`]; [`into_parts`](Self::into_parts) gives them back to be
/// changed and checked anew.
///
/// ```
/// use wsgi_model::{AppName, AppParts, AppSpec, Workers, WsgiTarget};
///
/// let mut parts = AppParts::new(AppName::parse("shop")?, WsgiTarget::parse("shop.wsgi")?);
/// parts.gunicorn.workers = Workers::new(3)?;
/// let app = AppSpec::new(parts)?;
/// assert_eq!(app.places.virtualenv.as_str(), "/var/lib/shop/venv");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppSpec(AppParts);

impl AppSpec {
    /// A spec that was checked.
    pub(crate) const fn checked(parts: AppParts) -> Self {
        Self(parts)
    }

    /// The parts, to be changed and checked anew.
    pub fn into_parts(self) -> AppParts {
        self.0
    }

    /// The nginx site, when the app is exposed.
    pub fn exposed_site(&self) -> Option<&Site> {
        self.expose.then_some(&self.site)
    }

    /// TLS, when the app is exposed and has it.
    pub fn tls(&self) -> Option<&Tls> {
        self.exposed_site()
            .map(|site| &site.tls)
            .filter(|tls| tls.ssl)
    }

    /// The Unix user that the app runs as and that people log in as.
    pub fn user(&self) -> &UserName {
        &self.gunicorn.user
    }

    /// That user's primary group.
    pub fn group(&self) -> &UserName {
        &self.gunicorn.group
    }

    /// Who owns what is the app's own: its user and group.
    pub fn owner(&self) -> Owner {
        let (user, group) = (self.user().as_str(), self.group().as_str());
        Owner::new(user.to_owned(), group.to_owned())
    }

    /// Who owns what root writes and the app reads: root, and the app's group.
    pub fn read_only_owner(&self) -> Owner {
        Owner::new("root", self.group().as_str().to_owned())
    }

    /// The environment that the app, its SSH sessions and its cron tasks share: the generated
    /// variables, then those of the databases, then the app's own in their order.
    ///
    /// Directories end in a slash, as the role wrote them.
    pub fn environment(&self) -> Vec<EnvVar> {
        self.shared_environment()
            .into_iter()
            .map(|(var, _)| var)
            .collect()
    }

    /// The names of the [environment](Self::environment) whose values may be shown: what is generated,
    /// and where the databases are. Passwords may not, nor what the vars file sets itself, nor what comes
    /// from a vault.
    pub fn public_environment(&self) -> HashSet<EnvName> {
        let vars = self.shared_environment().into_iter();
        vars.filter(|(_, sensitivity)| *sensitivity == Sensitivity::Public)
            .map(|(var, _)| var.name)
            .collect()
    }

    /// The part of [`environment`](Self::environment) that says where the app's things are.
    pub fn generated_environment(&self) -> Vec<EnvVar> {
        let generated = self.generated().into_iter();
        generated.map(|(var, _)| var).collect()
    }

    fn shared_environment(&self) -> Vec<(EnvVar, Sensitivity)> {
        let mut all = self.generated();
        all.reserve(5 * self.databases.len() + self.env_vars.len());
        for (i, database) in self.databases.iter().enumerate() {
            for (key, var) in database.environment(&self.env_prefix) {
                let sensitivity = match key {
                    "password" => Sensitivity::Secret,
                    key => self.sensitivity_of(&format!("wsgi_databases[{i}].{key}")),
                };
                all.push((var, sensitivity));
            }
        }
        let own = self.env_vars.iter().cloned();
        all.extend(own.map(|var| (var, Sensitivity::Secret)));
        all
    }

    fn sensitivity_of(&self, variable: &str) -> Sensitivity {
        if self.secrets.touch(variable) {
            Sensitivity::Secret
        } else {
            Sensitivity::Public
        }
    }

    fn generated(&self) -> Vec<(EnvVar, Sensitivity)> {
        let places = &self.places;
        let mut all = Vec::with_capacity(14);
        let of = |variable: &str| self.sensitivity_of(variable);
        let mut put = |name: &str, value: String, variable: &str| {
            let var = EnvVar {
                name: EnvName::generated(&self.env_prefix, name),
                value: EnvValue::of_text(value),
            };
            all.push((var, of(variable)));
        };
        put("APP_PATH", places.home.with_slash(), "wsgi_path");
        put("APP_NAME", self.name.to_string(), "wsgi_project_name");
        for name in ["RELEASE_DIR", "APP_RELEASE_DIR"] {
            put(name, places.releases.with_slash(), "wsgi_release_dir");
        }
        for name in ["VENV", "APP_VENV"] {
            put(name, places.virtualenv.with_slash(), "wsgi_virtualenv");
        }
        for name in ["LOG_DIR", "APP_LOG_DIR"] {
            put(name, places.logs.with_slash(), "wsgi_log_dir");
        }
        let pid = self.layout().pid_file().to_string();
        put("PID", pid, "wsgi_project_name");
        if let Some(dir) = &places.static_dir {
            for name in ["STATIC_DIR", "APP_STATIC_DIR"] {
                put(name, dir.with_slash(), "wsgi_static_dir");
            }
        }
        if let Some(dir) = &places.media_dir {
            for name in ["MEDIA_DIR", "APP_MEDIA_DIR"] {
                put(name, dir.with_slash(), "wsgi_media_dir");
            }
        }
        let current = EnvVar {
            name: EnvName::current_release(),
            value: EnvValue::of_text(self.layout().current().to_string()),
        };
        all.push((current, of("wsgi_path")));
        all
    }
}

impl Deref for AppSpec {
    type Target = AppParts;

    fn deref(&self) -> &AppParts {
        &self.0
    }
}
