//! What must be true of the parts of one app together.

mod cron;
mod environment;
mod places;
mod site;

use crate::{AppParts, AppSpec, Problem, Severity, Sudo};

/// Something that was found, and the variables that it follows from.
pub(crate) struct Finding {
    pub(crate) problem: Problem,
    pub(crate) involves: Vec<&'static str>,
}

/// Findings on their way.
pub(crate) struct Findings(Vec<Finding>);

impl Findings {
    /// An error at `variable`, which follows from it and from `others`.
    fn error(
        &mut self,
        code: &'static str,
        variable: impl Into<String>,
        others: &[&'static str],
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.say(Severity::Error, code, variable, others, message, help);
    }

    /// A warning at `variable`, which follows from it and from `others`.
    fn warning(
        &mut self,
        code: &'static str,
        variable: impl Into<String>,
        others: &[&'static str],
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.say(Severity::Warning, code, variable, others, message, help);
    }

    fn say(
        &mut self,
        severity: Severity,
        code: &'static str,
        variable: impl Into<String>,
        others: &[&'static str],
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        let problem = Problem::new(severity, code, variable, message).help(help);
        let first = problem
            .variable
            .split(['.', '['])
            .next()
            .unwrap_or_default();
        let own = crate::VARIABLES
            .iter()
            .map(|d| d.name)
            .find(|name| *name == first);
        let involves = own.into_iter().chain(others.iter().copied()).collect();
        self.0.push(Finding { problem, involves });
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
            problem.related.clear();
        }
    }
    found.0
}

fn rights(app: &AppParts, found: &mut Findings) {
    if app.access.sudo == Sudo::Full {
        found.warning(
            "full-sudo",
            "wsgi_sudo",
            &[],
            format!("`{}` may run everything as root without a password, so whoever breaks into the app is root", app.gunicorn.user),
            "`wsgi_sudo: yes` lets it control its own program and nothing else",
        );
    }
    if app.support_email.is_placeholder() {
        found.warning(
            "placeholder",
            "wsgi_support_email",
            &[],
            "nobody reads support@example.com, so the error pages show no contact",
            "set it to an address that somebody reads",
        );
    }
}

fn packages(app: &AppParts, found: &mut Findings) {
    for (i, package) in app.packages.pip.iter().enumerate() {
        let name = normal(package.name.as_str());
        if app.packages.pip[..i]
            .iter()
            .any(|p| normal(p.name.as_str()) == name)
        {
            found.error(
                "duplicate-package",
                format!("wsgi_extra_pip_packages[{i}].name"),
                &[],
                format!("`{}` is in the list already", package.name),
                "keep one of the two",
            );
        }
        if name == "gunicorn"
            && app.gunicorn.version.is_some()
            && package.version != app.gunicorn.version
        {
            found.error(
                "contradiction",
                format!("wsgi_extra_pip_packages[{i}].version"),
                &["wsgi_gunicorn_version"],
                "wsgi_gunicorn_version asks for another version of gunicorn",
                "take gunicorn out of this list",
            );
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
    for (i, path) in shared.iter().enumerate() {
        let own = camino::Utf8Path::new(path.as_str());
        let clash = shared.iter().enumerate().find(|(j, other)| {
            *j != i
                && own.starts_with(other.as_str())
                && (other.as_str() != path.as_str() || *j < i)
        });
        if let Some((_, other)) = clash {
            found.error(
                "overlap",
                format!("wsgi_shared_paths[{i}]"),
                &[],
                format!(
                    "`{}` is, or lies in, `{}`, which is shared already",
                    path.as_str(),
                    other.as_str()
                ),
                "share the outer one only",
            );
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
