//! What must be true of the parts of one app together.

mod cron;
mod environment;
mod places;
mod site;

use std::collections::HashMap;

use crate::wire::locate::Spot;
use crate::{AbsPath, AppParts, AppSpec, Problem, Severity, Sudo};

pub(crate) use places::app_storage;

/// Something that was found, and the variables that it follows from.
pub(crate) struct Finding {
    pub(crate) problem: Problem,
    /// Paths of further variables that it follows from.
    pub(crate) involves: Vec<String>,
    /// Paths of what else is worth a look, with what is there.
    pub(crate) related: Vec<(String, String)>,
    pub(crate) spot: Spot,
}

impl Finding {
    /// It follows from another variable too.
    fn with(&mut self, other: impl Into<String>) -> &mut Self {
        self.involves.push(other.into());
        self
    }

    /// It follows from another variable too, which is worth a look.
    fn see(&mut self, other: impl Into<String>, what: impl Into<String>) -> &mut Self {
        let other = other.into();
        self.related.push((other.clone(), what.into()));
        self.with(other)
    }

    /// It is about the variable's name, not its value, which may be a secret.
    fn at_name(&mut self) -> &mut Self {
        self.spot = Spot::Name;
        self
    }
}

/// Findings on their way.
struct Findings(Vec<Finding>);

impl Findings {
    /// An error at `variable`.
    fn error(
        &mut self,
        code: &'static str,
        variable: impl Into<String>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> &mut Finding {
        self.say(Problem::new(Severity::Error, code, variable, message).help(help))
    }

    /// A warning at `variable`.
    fn warning(
        &mut self,
        code: &'static str,
        variable: impl Into<String>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> &mut Finding {
        self.say(Problem::new(Severity::Warning, code, variable, message).help(help))
    }

    fn say(&mut self, problem: Problem) -> &mut Finding {
        let finding = Finding {
            problem,
            involves: Vec::new(),
            related: Vec::new(),
            spot: Spot::Value,
        };
        let last = self.0.len();
        self.0.push(finding);
        &mut self.0[last]
    }
}

/// Everything that is wrong with the parts together, or worth a warning.
pub(crate) fn findings(app: &AppParts) -> Vec<Finding> {
    let mut found = Findings(Vec::new());
    environment::check(app, &mut found);
    places::check(app, &mut found);
    site::check(app, &mut found);
    cron::check(app, &mut found);
    rights(app, &mut found);
    packages(app, &mut found);
    releases(app, &mut found);
    for finding in &mut found.0 {
        let problem = &mut finding.problem;
        let secret = finding.involves.iter().any(|name| app.secrets.touch(name))
            || app.secrets.touch(&problem.variable);
        // What is said quotes the values.
        if secret {
            problem.message = format!(
                "it does not fit the other settings (`{}`); what does not fit is not shown, because a value of it comes from a vault",
                problem.code
            );
            problem.help = None;
            finding.related.clear();
        }
    }
    found.0
}

/// Why nobody but the app opens a log at `path`: the code, and the reason.
fn no_place_for_a_log(path: &AbsPath) -> Option<(&'static str, String)> {
    const DEVICES: &[&str] = &["/dev/null", "/dev/stdout", "/dev/stderr"];
    /// Where any user may put a file, or a link.
    const SHARED: &[&str] = &["/dev/shm", "/home", "/tmp", "/var/tmp"];
    const SYSTEM: &[&str] = &[
        "/bin", "/boot", "/dev", "/etc", "/lib", "/lib32", "/lib64", "/libx32", "/proc", "/sbin",
        "/sys", "/usr",
    ];
    let lies_in = |dirs: &'static [&'static str]| {
        let mut above = path.as_path().ancestors().map(camino::Utf8Path::as_str);
        above.find(|above| dirs.contains(above))
    };
    if DEVICES.contains(&path.as_str()) {
        return None;
    }
    if let Some(dir) = lies_in(SHARED) {
        let why = format!(
            "`{path}` lies in `{dir}`, where other users may put a link in its place that would have any file written"
        );
        return Some(("writable-log", why));
    }
    let dir = lies_in(SYSTEM)?;
    let why = format!("`{path}` lies in `{dir}`, which is the system's and holds no logs");
    Some(("system-directory", why))
}

fn rights(app: &AppParts, found: &mut Findings) {
    if app.access.sudo == Sudo::Full {
        found.warning(
            "full-sudo",
            "wsgi_sudo",
            format!("`{}` may run everything as root without a password, so whoever breaks into the app is root", app.gunicorn.user),
            "`wsgi_sudo: yes` lets it control its own program and nothing else",
        ).with("wsgi_gunicorn_user");
    }
    if app.expose && app.support_email.is_placeholder() {
        found.warning(
            "placeholder",
            "wsgi_support_email",
            "nobody reads support@example.com, so the error pages show no contact",
            "set it to an address that somebody reads",
        );
    }
}

fn packages(app: &AppParts, found: &mut Findings) {
    let mut seen: HashMap<String, usize> = HashMap::new();
    for (i, package) in app.packages.pip.iter().enumerate() {
        let variable = |i: usize, key: &str| format!("wsgi_extra_pip_packages[{i}].{key}");
        let name = normal(package.name.as_str());
        if name == "gunicorn"
            && app.gunicorn.version.is_some()
            && package.version != app.gunicorn.version
        {
            found
                .error(
                    "contradiction",
                    variable(i, "version"),
                    "wsgi_gunicorn_version asks for another version of gunicorn",
                    "take gunicorn out of this list",
                )
                .see("wsgi_gunicorn_version", "the other version");
        }
        if let Some(first) = seen.get(&name) {
            found
                .error(
                    "duplicate-package",
                    variable(i, "name"),
                    format!("`{}` is in the list already", package.name),
                    "keep one of the two",
                )
                .see(variable(*first, "name"), "it is here first");
        } else {
            seen.insert(name, i);
        }
    }
}

/// A Python package's name as PEP 503 compares it.
fn normal(name: &str) -> String {
    let name = name.split('[').next().unwrap_or(name);
    name.to_ascii_lowercase().replace(['_', '.'], "-")
}

fn releases(app: &AppParts, found: &mut Findings) {
    let shared = &app.deploy.shared_paths;
    let all: HashMap<&str, usize> = shared
        .iter()
        .enumerate()
        .rev()
        .map(|(i, path)| (path.as_str(), i))
        .collect();
    for (i, path) in shared.iter().enumerate() {
        let above = camino::Utf8Path::new(path.as_str()).ancestors().skip(1);
        let outer = above
            .map(camino::Utf8Path::as_str)
            .find_map(|above| all.get(above));
        let same = all.get(path.as_str()).filter(|first| **first < i);
        if let Some(other) = same.or(outer) {
            found
                .error(
                    "overlap",
                    format!("wsgi_shared_paths[{i}]"),
                    format!(
                        "`{}` is, or lies in, `{}`, which is shared already",
                        path.as_str(),
                        shared[*other].as_str()
                    ),
                    "share the outer one only",
                )
                .see(format!("wsgi_shared_paths[{other}]"), "shared here");
        }
    }
}

/// Parts that are legal each by itself, but not together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the app's settings contradict each other: {}", self.summary())]
#[non_exhaustive]
pub struct Contradiction {
    /// At least one of them is an error; none has a place.
    pub problems: Vec<Problem>,
}

impl Contradiction {
    fn summary(&self) -> String {
        let errors = self
            .problems
            .iter()
            .filter(|p| p.severity == Severity::Error);
        errors
            .map(|p| format!("{}: {}", p.variable, p.message))
            .collect::<Vec<_>>()
            .join("; ")
    }
}

impl AppSpec {
    /// Checks the parts together.
    ///
    /// # Errors
    /// [`Contradiction`] with everything that is wrong, and the warnings beside it.
    pub fn new(parts: AppParts) -> Result<Self, Contradiction> {
        let problems = parts.remarks();
        if problems.iter().any(|p| p.severity == Severity::Error) {
            return Err(Contradiction { problems });
        }
        Ok(Self::checked(parts))
    }
}

impl AppParts {
    /// What is wrong with the parts together, and what is worth a warning.
    pub fn remarks(&self) -> Vec<Problem> {
        findings(self)
            .into_iter()
            .map(|finding| finding.problem)
            .collect()
    }
}
