//! How apps are doing on a host.

use camino::Utf8PathBuf;
use wsgi_model::{AppName, Bundle};

use crate::{Counts, Desired, Facts, Look, Observed, Plan, Probe, Program};

/// How an app is doing on a host: what one look at it tells.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AppStatus {
    /// The app.
    pub app: AppName,
    /// Its program; none when supervisor does not know it, or does not answer.
    pub program: Option<Program>,
    /// Whether supervisor answers.
    pub supervised: bool,
    /// What `current` leads to.
    pub release: Release,
    /// When the last apply ended, as the host's clock said: in UTC, such as `2025-11-22T15:51:00Z`.
    pub applied: Option<String>,
    /// What an apply would do for it.
    pub drift: Counts,
}

/// What an app's `current` leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Release {
    /// Nothing was deployed yet.
    None,
    /// A directory that was put there by hand.
    Directory,
    /// A link to a release.
    Link(Utf8PathBuf),
}

impl Probe {
    /// What must be known to say how the apps of `desired` are doing.
    pub fn of_status(desired: &Desired) -> Self {
        let mut probe = Self::of(desired);
        for bundle in desired.bundles() {
            probe.paths.insert(current(bundle), Look::Attributes);
        }
        probe
    }
}

impl AppStatus {
    /// How the app of a bundle is doing on a host of these facts, for which `plan` was made.
    pub fn of(bundle: &Bundle, facts: &Facts, plan: &Plan) -> Self {
        let app = &bundle.app;
        let programs = facts.system.programs.as_ref();
        let release = match facts.at(&current(bundle)) {
            Observed::Symlink { target, .. } => Release::Link(target.clone()),
            Observed::Directory(_) => Release::Directory,
            _ => Release::None,
        };
        Self {
            app: app.clone(),
            program: programs.and_then(|all| all.get(app.as_str())).cloned(),
            supervised: programs.is_some(),
            release,
            applied: facts.apps.get(app).and_then(|known| known.applied.clone()),
            drift: Counts::of(plan.steps.iter().filter(|step| step.app == *app)),
        }
    }

    /// Whether the program runs.
    pub fn runs(&self) -> bool {
        let program = self.program.as_ref();
        program.is_some_and(|program| program.state == "RUNNING")
    }
}

fn current(bundle: &Bundle) -> wsgi_model::AbsPath {
    bundle.needs.user.home.join("current")
}
