//! Reads variable by variable, whatever is refused on the way.

use super::check_names;
use super::locate::Spot;
use super::readable::{At, Found, Readable, stand_in};
use super::variables::Variables;
use super::yaml::{Entry, Node};
use super::{DirectoryPath, Lookups};
use crate::check::{self, Finding};
use crate::variable::{Fallback, Variable};
use crate::variables as v;
use crate::{
    AbsPath, Access, AppParts, Definition, Deploy, Gunicorn, Packages, Place, Places, Problem,
    Severity, Site, SiteTimeouts, Tls, nearest,
};

/// What the placeholders of defaults stand for.
struct Defaults {
    name: String,
    home: String,
    storage: String,
    virtualenv: String,
    logs: String,
}

/// A placeholder, what it stands for, and the variable that it takes that from.
type Placeholder<'a> = (&'static str, &'a str, &'static Definition);

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

    fn placeholders(&self) -> [Placeholder<'_>; 5] {
        [
            ("{name}", &self.name, &v::NAME.definition),
            ("{path}", &self.home, &v::HOME.definition),
            ("{storage}", &self.storage, &v::STORAGE.definition),
            ("{venv}", &self.virtualenv, &v::VIRTUALENV.definition),
            ("{log}", &self.logs, &v::LOGS.definition),
        ]
    }

    /// The placeholders in the text of a default.
    fn within(&self, text: &str) -> impl Iterator<Item = Placeholder<'_>> {
        let text = text.to_owned();
        self.placeholders()
            .into_iter()
            .filter(move |(placeholder, ..)| text.contains(placeholder))
    }

    fn expand(&self, text: &str) -> String {
        self.within(text)
            .fold(text.to_owned(), |text, (placeholder, value, _)| {
                text.replace(placeholder, value)
            })
    }
}

pub(super) struct Reader {
    pub(super) variables: Variables,
    pub(super) found: Found,
    defaults: Defaults,
    operator_has_no_key: bool,
}

impl Reader {
    pub(super) fn new(variables: Variables) -> Self {
        Self {
            variables,
            found: Found::default(),
            defaults: Defaults::stand_in(),
            operator_has_no_key: false,
        }
    }

    /// Refuses variables that there are not, and those that are set under two names.
    pub(super) fn refuse_unknown_names(&mut self) {
        check_names::refuse_unknown(&self.variables.root, &mut self.found.problems);
        for problem in &mut self.found.problems {
            self.variables.attribute(problem);
        }
    }

    fn entry(&self, definition: &Definition) -> Option<&Entry> {
        self.variables.entry(definition)
    }

    /// The value of a variable; after a refusal a stand-in, so that the rest is read and checked too.
    fn get<T: Readable>(&mut self, variable: &'static Variable<T>) -> T {
        let definition = &variable.definition;
        let mut found = std::mem::take(&mut self.found);
        let value = match (self.entry(definition), definition.fallback) {
            (Some(entry), _) => {
                let name = entry.key.python_text();
                self.variables.at(&mut found, &name).read(&entry.node)
            }
            (None, Fallback::Required) => {
                found.problems.extend(self.missing(definition));
                None
            }
            (None, Fallback::Nothing(_)) => self.default(definition, "~", &mut found),
            (None, Fallback::Text(text)) => self.default(definition, text, &mut found),
        };
        self.found = found;
        value.unwrap_or_else(|| {
            self.found.stand_in_for(definition.name);
            stand_in(definition, |text| Defaults::stand_in().expand(text))
        })
    }

    /// A default is as wrong as what it is made of, and stands where that stands.
    fn default<T: Readable>(
        &self,
        definition: &'static Definition,
        text: &str,
        found: &mut Found,
    ) -> Option<T> {
        let known = found.problems.len();
        let node = Node::of_default(&self.defaults.expand(text));
        let value = T::read(&node, &mut At::default_of(found, definition.name));
        for (.., of) in self.defaults.within(text) {
            if found.is_stand_in(of.name) {
                found.stand_in_for(definition.name);
            }
            for problem in &mut found.problems[known..] {
                if problem.place.is_none() && problem.file.is_none() {
                    self.variables.locate_as(problem, of.name, Spot::Value);
                }
            }
        }
        value
    }

    /// What to say of a required variable that is not set; nothing, when a name that was refused
    /// already was meant to be it.
    fn missing(&self, definition: &Definition) -> Option<Problem> {
        let entries = self.variables.entries();
        let unprefixed = definition.name.trim_start_matches("wsgi_");
        let mut looks_like_it = None;
        for entry in entries {
            let key = entry.key.python_text();
            if check_names::is_ours(&key) {
                if check_names::meant(&key).is_some_and(|d| d.name == definition.name) {
                    return None;
                }
            } else if nearest(&key, [definition.name, unprefixed]).is_some() {
                looks_like_it = Some((key.into_owned(), entry.key_place));
            }
        }
        let problem = Problem::new(
            Severity::Error,
            "missing",
            definition.name,
            "it is required, and it is missing",
        );
        Some(match looks_like_it {
            Some((key, place)) => problem
                .at(place)
                .help(format!("rename `{key}` to `{}`", definition.name)),
            None => problem.help(format!(
                "add it, as in `{}: {}`",
                definition.name, definition.example
            )),
        })
    }

    /// Every part, whatever is refused on the way.
    pub(super) fn parts(&mut self, lookups: &dyn Lookups) -> AppParts {
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
        let storage = self.storage();
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

    /// The directory itself may be the system's, as `/mnt/` is; the app's part of it may not.
    fn storage(&mut self) -> AbsPath {
        let storage = self.get(&v::STORAGE).0;
        let Err(why) = check::app_storage(&storage, &self.defaults.name) else {
            return storage;
        };
        let name = v::STORAGE.definition.name;
        let place = self.entry(&v::STORAGE.definition).map(|e| e.node.place);
        let secret = self.variables.secrets().touch(name);
        self.variables
            .at(&mut self.found, name)
            .hiding(secret)
            .refuse(place.unwrap_or(Place::START), "invalid-value", &why);
        stand_in::<DirectoryPath>(&v::STORAGE.definition, str::to_owned).0
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
            None if ssh && self.is_sound(&v::SSH_KEYS.definition) => self.operator_keys(lookups),
            None => Vec::new(),
        };
        Access {
            ssh,
            keys,
            sudo: self.get(&v::SUDO),
        }
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

    /// Whether nothing of the variable was refused.
    pub(super) fn is_sound(&self, definition: &Definition) -> bool {
        !self.found.is_stand_in(definition.name)
    }

    pub(super) fn operator_has_no_key(&mut self) {
        self.operator_has_no_key = true;
    }

    /// Takes what was found in the parts together, each at the place of its variable, or of the first
    /// that it follows from and that is set. What involves a stand-in says nothing of the file.
    pub(super) fn place_findings(&mut self, findings: Vec<Finding>) {
        for finding in findings {
            let involved = || std::iter::once(&finding.problem.variable).chain(&finding.involves);
            if involved().any(|path| self.found.is_stand_in(path)) {
                continue;
            }
            let mut problem = finding.problem.clone();
            for path in involved() {
                self.variables.locate_as(&mut problem, path, finding.spot);
                if problem.place.is_some() || problem.file.is_some() {
                    break;
                }
            }
            for (path, what) in &finding.related {
                let place = self
                    .variables
                    .place_in(path, finding.spot, problem.file.as_ref());
                let place = place.filter(|place| Some(*place) != problem.place);
                problem
                    .related
                    .extend(place.map(|place| (place, what.clone())));
            }
            self.found.problems.push(problem);
        }
    }

    /// The file, and all that there is to say of it, in its order; what has no place comes last.
    pub(super) fn finish(self) -> (Variables, Vec<Problem>) {
        let mut problems = self.found.problems;
        let refused = problems.iter().any(|p| p.severity == Severity::Error);
        if self.operator_has_no_key && !refused {
            problems.push(no_key());
        }
        for problem in &mut problems {
            // What stands on the command line has no place, so no other is one beside it.
            if problem.place.is_none() {
                problem.related.clear();
            }
        }
        problems.sort_by_key(|p| (p.place.is_none(), p.file.clone(), p.place, p.severity));
        (self.variables, problems)
    }
}

fn no_key() -> Problem {
    let message =
        "none is given and you have none of your own, so nobody can log in as the app yet";
    let help = "set it to the line of a `.pub` file (`ssh-keygen -t ed25519` makes one), or set \
                `wsgi_ssh: no` if nobody should log in";
    Problem::new(
        Severity::Warning,
        "no-key",
        v::SSH_KEYS.definition.name,
        message,
    )
    .help(help)
}
