//! From the bytes of a vars file to a spec, or to every problem of it.

use std::sync::Arc;

use camino::Utf8Path;

use super::check_names::refuse_unknown;
use super::readable::{At, Readable};
use super::variables::Variables;
use super::yaml::{self, Node};
use super::{IncludePath, KeySource};
use crate::check::{self, Finding};
use crate::variable::{Fallback, Variable};
use crate::variables as v;
use crate::*;

/// A vars file in memory.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// What it is called in messages, such as `shop.yml`.
    pub name: &'a str,
    /// What is in it.
    pub bytes: &'a [u8],
}

/// What loading asks of the machine that it runs on. The model does no I/O of its own.
pub trait Lookups {
    /// The contents of a local file. A relative path is meant as seen from the vars file's directory,
    /// and `~/` from the operator's home.
    ///
    /// # Errors
    /// [`LookupError`] when it cannot be read.
    fn file(&self, path: &Utf8Path) -> Result<Vec<u8>, LookupError>;

    /// The operator's own public keys, as in a `.pub` file, the one to use first. Empty without one.
    ///
    /// # Errors
    /// [`LookupError`] when there are some that cannot be read.
    fn operator_keys(&self) -> Result<Vec<String>, LookupError>;

    /// An environment variable of the operator; `None` where it is not set.
    ///
    /// # Errors
    /// [`LookupError`] when it cannot be read, which is what an implementation says that has none.
    fn environment(&self, name: &str) -> Result<Option<String>, LookupError> {
        let _ = name;
        Err(LookupError::new("the environment cannot be read here"))
    }
}

/// Why a lookup failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct LookupError {
    reason: String,
}

impl LookupError {
    /// A failure for `reason` (lower case, no full stop).
    pub fn new(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
        }
    }
}

/// No files, no keys: for specs that need neither.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoLookups;

impl Lookups for NoLookups {
    fn file(&self, _: &Utf8Path) -> Result<Vec<u8>, LookupError> {
        Err(LookupError::new("no files can be read here"))
    }

    fn operator_keys(&self) -> Result<Vec<String>, LookupError> {
        Ok(Vec::new())
    }
}

/// Where the value of a variable came from.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// The vars file, at this place.
    File(Place),
    /// The command line (`-e name=value`).
    CommandLine,
    /// A file given on the command line (`-e @file`), at this place.
    ExtraFile(Arc<str>, Place),
    /// A file of shared variables, at this place.
    Shared(Arc<str>, Place),
    /// The default.
    Default,
}

/// A vars file that was taken.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Loaded {
    /// The app.
    pub app: AppSpec,
    /// Warnings and notes, in the order of the file.
    pub remarks: Vec<Problem>,
    origins: Vec<(&'static Definition, Origin)>,
    variables: Variables,
}

impl Loaded {
    /// Gives a problem of this app its place in the file, where the variable is set in it.
    pub fn locate(&self, problem: &mut Problem) {
        self.variables.locate(problem);
    }

    /// Every variable with where its value came from, in the order of the reference.
    pub fn origins(&self) -> &[(&'static Definition, Origin)] {
        &self.origins
    }
}

/// A vars file that was refused, with every problem of it, in the order of the file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the vars file was refused")]
#[non_exhaustive]
pub struct Rejected {
    /// At least one of them is an error.
    pub problems: Vec<Problem>,
}

impl Rejected {
    /// How many errors there are.
    pub fn errors(&self) -> usize {
        self.problems
            .iter()
            .filter(|p| p.severity == Severity::Error)
            .count()
    }
}

/// Loads and checks a vars file.
///
/// ```
/// use wsgi_model::{NoLookups, Source, load};
///
/// let source = Source { name: "shop.yml", bytes: b"wsgi_project_name: shop\nwsgi_wsgi_path: shop.wsgi\n" };
/// let loaded = load(&source, &NoLookups)?;
/// assert_eq!(loaded.app.name.as_str(), "shop");
///
/// let source = Source { name: "shop.yml", bytes: b"wsgi_project_nam: shop\nwsgi_wsgi_path: shop.wsgi\n" };
/// let rejected = load(&source, &NoLookups).unwrap_err();
/// assert_eq!(rejected.problems[0].help.as_deref(), Some("did you mean `wsgi_project_name`?"));
/// # Ok::<(), wsgi_model::Rejected>(())
/// ```
///
/// # Errors
/// [`Rejected`] with every problem of the file.
pub fn load(source: &Source<'_>, lookups: &dyn Lookups) -> Result<Loaded, Rejected> {
    let root = yaml::read(source.bytes).map_err(|problems| Rejected {
        problems: problems.into_iter().map(Problem::from).collect(),
    })?;
    load_variables(Variables::of_file(root), Vec::new(), lookups)
}

/// Loads and checks variables that were read, and worked out where they need it; `problems` is what
/// was found on the way.
pub(crate) fn load_variables(
    variables: Variables,
    problems: Vec<Problem>,
    lookups: &dyn Lookups,
) -> Result<Loaded, Rejected> {
    let mut reader = Reader::new(variables);
    refuse_unknown(&reader.variables.root, &mut reader.problems);
    for problem in &mut reader.problems {
        reader.variables.attribute(problem);
    }
    reader.problems.extend(problems);
    let parts = reader.parts(lookups);
    reader.place_findings(check::findings(&parts));
    if reader.has_errors() {
        return Err(reader.rejected());
    }
    let origins = VARIABLES.iter().map(|d| (*d, reader.origin(d))).collect();
    reader.sort();
    Ok(Loaded {
        app: AppSpec::checked(parts),
        remarks: reader.problems,
        origins,
        variables: reader.variables,
    })
}

impl AppParts {
    /// An app of this name and module; everything else has its default.
    ///
    /// The authorized keys are empty: there is no operator to take them from.
    pub fn new(name: AppName, wsgi: WsgiTarget) -> Self {
        let texts = [
            (v::NAME.definition.name, name.as_str()),
            (v::WSGI.definition.name, wsgi.as_str()),
        ];
        let mut reader = Reader::new(Variables::of_file(Node::of_texts(&texts)));
        reader.parts(&NoLookups)
    }
}

/// What the placeholders of defaults stand for.
struct Defaults {
    name: String,
    home: String,
    storage: String,
    virtualenv: String,
    logs: String,
}

impl Defaults {
    /// Those of an app called `app`.
    fn stand_in() -> Self {
        Self {
            name: "app".to_owned(),
            home: "/var/www/app/".to_owned(),
            storage: "/mnt/".to_owned(),
            virtualenv: "/var/lib/app/venv/".to_owned(),
            logs: "/var/log/app/".to_owned(),
        }
    }

    fn expand(&self, text: &str) -> String {
        if !text.contains('{') || text == "{}" {
            return text.to_owned();
        }
        text.replace("{name}", &self.name)
            .replace("{path}", &self.home)
            .replace("{storage}", &self.storage)
            .replace("{venv}", &self.virtualenv)
            .replace("{log}", &self.logs)
    }
}

/// A legal value in place of one that was refused.
fn stand_in<T: Readable>(definition: &Definition) -> T {
    let text = match definition.fallback {
        Fallback::Text(text) => Defaults::stand_in().expand(text),
        Fallback::Nothing(_) => "~".to_owned(),
        Fallback::Required => definition.example.to_owned(),
    };
    let mut problems = Vec::new();
    // Every default and every example is a constant of this crate; a test reads them all.
    T::read(
        &Node::of_default(&text),
        &mut At::default_of(&mut problems, definition.name),
    )
    .unwrap_or_else(|| unreachable!("a default was refused: {problems:?}"))
}

/// Reads variable by variable.
struct Reader {
    variables: Variables,
    problems: Vec<Problem>,
    defaults: Defaults,
    /// The variables that have a stand-in.
    refused: Vec<&'static str>,
}

impl Reader {
    fn new(variables: Variables) -> Self {
        Self {
            variables,
            problems: Vec::new(),
            defaults: Defaults::stand_in(),
            refused: Vec::new(),
        }
    }

    fn entry(&self, definition: &Definition) -> Option<&yaml::Entry> {
        self.variables.entry(definition)
    }

    fn origin(&self, definition: &Definition) -> Origin {
        self.entry(definition)
            .map_or(Origin::Default, |e| self.variables.origin(e))
    }

    /// The value of a variable; after a refusal a stand-in, so that the rest is read and checked too.
    fn get<T: Readable>(&mut self, variable: &Variable<T>) -> T {
        let definition = &variable.definition;
        let mut problems = std::mem::take(&mut self.problems);
        let value = if let Some(entry) = self.entry(definition) {
            let name = entry.key.python_text();
            let mut at = self.variables.at(&mut problems, &name);
            at.read(&entry.node)
        } else {
            let text = match definition.fallback {
                Fallback::Required => None,
                Fallback::Nothing(_) => Some("~".to_owned()),
                Fallback::Text(text) => Some(self.defaults.expand(text)),
            };
            match text {
                Some(text) => T::read(
                    &Node::of_default(&text),
                    &mut At::default_of(&mut problems, definition.name),
                ),
                None => {
                    problems.push(self.missing(definition));
                    None
                }
            }
        };
        self.problems = problems;
        value.unwrap_or_else(|| {
            self.refused.push(definition.name);
            stand_in(definition)
        })
    }

    fn missing(&self, definition: &Definition) -> Problem {
        let own: Vec<_> = self
            .variables
            .entries()
            .iter()
            .map(|e| e.key.python_text())
            .collect();
        let others = own
            .iter()
            .map(AsRef::as_ref)
            .filter(|key: &&str| !key.starts_with("wsgi_"));
        let help = match nearest(definition.name, others) {
            Some(near) => format!(
                "`{near}` looks like it: rename that to `{}`",
                definition.name
            ),
            None => format!(
                "add it, as in `{}: {}`",
                definition.name, definition.example
            ),
        };
        Problem::new(
            Severity::Error,
            "missing",
            definition.name,
            "it is required, and it is missing",
        )
        .help(help)
    }

    /// Every part, whatever is refused on the way.
    fn parts(&mut self, lookups: &dyn Lookups) -> AppParts {
        let name = self.get(&v::NAME);
        self.defaults.name = name.to_string();
        AppParts {
            wsgi: self.get(&v::WSGI),
            support_email: self.get(&v::SUPPORT_EMAIL),
            env_prefix: self.get(&v::ENV_PREFIX),
            env_vars: self.get(&v::ENV_VARS).0,
            databases: self.get(&v::DATABASES),
            expose: self.get(&v::EXPOSE),
            places: self.places(),
            packages: self.packages(),
            access: self.access(lookups),
            gunicorn: self.gunicorn(),
            site: self.site(lookups),
            cron_tasks: self.get(&v::CRON_TASKS).0,
            deploy: self.deploy(),
            secrets: self.variables.secrets(),
            name,
        }
    }

    fn places(&mut self) -> Places {
        let storage = self.get(&v::STORAGE);
        self.defaults.storage = storage.with_slash();
        let home = self.get(&v::HOME);
        self.defaults.home = home.with_slash();
        let virtualenv = self.get(&v::VIRTUALENV);
        self.defaults.virtualenv = virtualenv.with_slash();
        let logs = self.get(&v::LOGS);
        self.defaults.logs = logs.with_slash();
        Places {
            storage,
            virtualenv,
            home,
            releases: self.get(&v::RELEASES),
            logs,
            static_dir: self.get(&v::STATIC_DIR),
            media_dir: self.get(&v::MEDIA_DIR),
        }
    }

    fn packages(&mut self) -> Packages {
        Packages {
            update_apt_cache: self.get(&v::UPDATE_APT_CACHE),
            apt: self.get(&v::APT_PACKAGES),
            pip: self.get(&v::PIP_PACKAGES),
            python_image: self.get(&v::PYTHON_IMAGE),
        }
    }

    fn access(&mut self, lookups: &dyn Lookups) -> Access {
        let ssh = self.get(&v::SSH);
        let keys = match self.get(&v::SSH_KEYS) {
            Some(sources) => self.keys(&sources.0, lookups),
            None if ssh && !self.refused.contains(&v::SSH_KEYS.definition.name) => {
                self.operator_keys(lookups)
            }
            None => Vec::new(),
        };
        Access {
            ssh,
            keys,
            sudo: self.get(&v::SUDO),
        }
    }

    /// The keys that the vars file gives or names.
    fn keys(&mut self, sources: &[KeySource], lookups: &dyn Lookups) -> Vec<PublicKey> {
        let mut keys = Vec::new();
        for source in sources {
            let mut at = self
                .variables
                .at(&mut self.problems, v::SSH_KEYS.definition.name)
                .hiding(source.secret);
            let text = match source.path() {
                None => source.text.clone(),
                Some(path) => match lookups.file(Utf8Path::new(path)) {
                    Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
                    Err(error) => {
                        let reason = format!(
                            "the public key `{}` cannot be read: {error}",
                            name::shown(path)
                        );
                        let why = Invalid::new(reason).help(
                            "give the path of a `.pub` file on your machine, or the line in it",
                        );
                        at.refuse(source.place, "lookup", &why);
                        continue;
                    }
                },
            };
            let mut lines = text
                .lines()
                .map(str::trim)
                .filter(|l| !l.is_empty() && !l.starts_with('#'))
                .peekable();
            if lines.peek().is_none() {
                at.refuse(
                    source.place,
                    "invalid-value",
                    &Invalid::new("there is no public key here"),
                );
            }
            for line in lines {
                match PublicKey::parse(line) {
                    Ok(key) if keys.contains(&key) => {}
                    Ok(key) => keys.push(key),
                    Err(why) => {
                        at.refuse(source.place, "invalid-value", &why);
                        break;
                    }
                }
            }
        }
        keys
    }

    fn operator_keys(&mut self, lookups: &dyn Lookups) -> Vec<PublicKey> {
        let name = v::SSH_KEYS.definition.name;
        let lines = lookups.operator_keys().unwrap_or_else(|error| {
            let message = format!("your own public key cannot be read: {error}");
            self.problems
                .push(Problem::new(Severity::Error, "lookup", name, message));
            Vec::new()
        });
        let keys: Vec<PublicKey> = lines
            .iter()
            .filter_map(|line| PublicKey::parse(line.trim()).ok())
            .collect();
        if keys.is_empty() && !self.has_errors() {
            let message =
                "none is given and you have none of your own, so nobody can log in as the app yet";
            let help = "set it to the line of a `.pub` file (`ssh-keygen -t ed25519` makes one), or set \
                        `wsgi_ssh: no` if nobody should log in";
            self.problems
                .push(Problem::new(Severity::Warning, "no-key", name, message).help(help));
        }
        keys
    }

    fn gunicorn(&mut self) -> Gunicorn {
        Gunicorn {
            user: self.get(&v::USER),
            group: self.get(&v::GROUP),
            workers: self.get(&v::WORKERS),
            max_requests: self.get(&v::MAX_REQUESTS),
            timeout: self.get(&v::TIMEOUT),
            request_line_limit: self.get(&v::REQUEST_LINE_LIMIT),
            version: self.get(&v::GUNICORN_VERSION),
        }
    }

    fn site(&mut self, lookups: &dyn Lookups) -> Site {
        Site {
            server_names: self.get(&v::SERVER_NAMES),
            http_port: self.get(&v::HTTP_PORT),
            resolver: self.get(&v::RESOLVER),
            access_log: self.get(&v::ACCESS_LOG),
            error_log: self.get(&v::ERROR_LOG),
            includes: {
                let paths = self.get(&v::INCLUDES);
                self.includes(&paths, lookups)
            },
            timeouts: SiteTimeouts {
                keepalive: self.get(&v::KEEPALIVE_TIMEOUT),
                proxy_read: self.get(&v::PROXY_READ_TIMEOUT),
                proxy_send: self.get(&v::PROXY_SEND_TIMEOUT),
                proxy_connect: self.get(&v::PROXY_CONNECT_TIMEOUT),
                send: self.get(&v::SEND_TIMEOUT),
                resolver: self.get(&v::RESOLVER_TIMEOUT),
            },
            tls: self.tls(),
        }
    }

    fn includes(&mut self, paths: &[IncludePath], lookups: &dyn Lookups) -> Vec<NginxInclude> {
        let mut includes = Vec::with_capacity(paths.len());
        for (
            i,
            IncludePath {
                path,
                place,
                secret,
            },
        ) in paths.iter().enumerate()
        {
            let mut at = self
                .variables
                .at(&mut self.problems, v::INCLUDES.definition.name)
                .hiding(*secret);
            at.below(&format!("[{i}]"), |at| {
                let file_name = path.rsplit('/').next().unwrap_or(path);
                let file_name = IncludeName::parse(file_name)
                    .map_err(|why| at.refuse(*place, "invalid-value", &why));
                let bytes = lookups.file(Utf8Path::new(path)).map_err(|error| {
                    let why = Invalid::new(format!(
                        "the include `{}` cannot be read: {error}",
                        name::shown(path)
                    ))
                    .help(
                        "it is a file on your machine; a relative path is seen from the vars file",
                    );
                    at.refuse(*place, "lookup", &why);
                });
                if let (Ok(file_name), Ok(bytes)) = (file_name, bytes) {
                    includes.push(NginxInclude {
                        source: path.clone(),
                        file_name,
                        contents: Contents::public(bytes),
                    });
                }
            });
        }
        includes
    }

    fn tls(&mut self) -> Tls {
        Tls {
            ssl: self.get(&v::SSL),
            force: self.get(&v::FORCE_SSL),
            default_server: self.get(&v::DEFAULT_SERVER),
            certificate: self.get(&v::CERTIFICATE),
            key: self.get(&v::KEY),
            diffie_hellman: self.get(&v::DIFFIE_HELLMAN),
            dhparam: self.get(&v::DHPARAM),
            ocsp: self.get(&v::OCSP),
            staple_certificate: self.get(&v::STAPLE_CERTIFICATE),
            profile: self.get(&v::PROFILE),
            hsts_max_age: self.get(&v::HSTS_MAX_AGE),
        }
    }

    fn deploy(&mut self) -> Deploy {
        Deploy {
            build: self.get(&v::BUILD),
            release: self.get(&v::RELEASE),
            after: self.get(&v::AFTER),
            timeout: self.get(&v::DEPLOY_TIMEOUT),
            health_path: self.get(&v::HEALTH_PATH),
            health_status: self.get(&v::HEALTH_STATUS),
            health_timeout: self.get(&v::HEALTH_TIMEOUT),
            keep_releases: self.get(&v::KEEP_RELEASES),
            shared_paths: self.get(&v::SHARED_PATHS),
        }
    }

    fn has_errors(&self) -> bool {
        self.problems.iter().any(|p| p.severity == Severity::Error)
    }

    fn rejected(mut self) -> Rejected {
        self.sort();
        Rejected {
            problems: self.problems,
        }
    }

    /// In the order of the file; what has no place comes last.
    fn sort(&mut self) {
        self.problems
            .sort_by_key(|p| (p.place.is_none(), p.file.clone(), p.place, p.severity));
    }

    /// Takes what was found in the parts together, each at the place of its variable. What involves a
    /// stand-in says nothing of the file.
    fn place_findings(&mut self, findings: Vec<Finding>) {
        for Finding {
            mut problem,
            involves,
        } in findings
        {
            if involves.iter().any(|name| self.refused.contains(name)) {
                continue;
            }
            self.variables.locate(&mut problem);
            self.problems.push(problem);
        }
    }
}
