//! How apps are doing on a host.

use camino::Utf8PathBuf;
use wsgi_model::{AbsPath, AppName, Bundle};

use crate::{
    Answered, Counts, Desired, Facts, Look, Observed, Plan, Probe, Program, TlsFile, TlsRole,
};

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
    /// What it answers; none when it was not asked, or has nothing to answer with.
    pub health: Option<Health>,
    /// Whether visitors get the maintenance page instead.
    pub maintenance: bool,
    /// The certificate that its visitors get; none without TLS, or where nobody can tell.
    pub certificate: Option<Certificate>,
    /// When the last apply ended, as the host's clock said: in UTC, such as `2025-11-22T15:51:00Z`.
    pub applied: Option<String>,
    /// What an apply would do for it.
    pub drift: Counts,
}

/// What an app answers when it is asked how it is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Health {
    /// The path that was asked for.
    pub path: String,
    /// What it answers.
    pub answered: Answered,
    /// Whether that is what its vars file calls healthy.
    pub is_good: bool,
}

/// A certificate that visitors of an app get.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Certificate {
    /// The file.
    pub path: AbsPath,
    /// Until when it is valid; none when the host has no openssl(1) that could tell.
    pub validity: Option<Validity>,
}

/// Until when a certificate is valid.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Validity {
    /// Its last moment, as openssl(1) prints it.
    pub until: String,
    /// For how many seconds it is valid yet, by the host's clock; negative when it has expired.
    pub seconds: i64,
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
            for path in [current(bundle), maintenance_flag(bundle)] {
                probe.paths.insert(path, Look::Attributes);
            }
            let health = bundle.needs.health.clone();
            probe.health.insert(bundle.app.clone(), health);
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
            // The program waits for a release, and has nothing to serve before.
            health: match release {
                Release::None => None,
                _ => Health::of(bundle, facts),
            },
            certificate: Certificate::of(bundle, facts),
            // nginx follows a link, and people make one to the page.
            maintenance: matches!(
                facts.at(&maintenance_flag(bundle)),
                Observed::File { .. } | Observed::Symlink { .. }
            ),
            release,
            applied: facts.apps.get(app).and_then(|known| known.applied.clone()),
            drift: Counts::of(plan.steps.iter().filter(|step| step.app == *app)),
        }
    }

    /// Whether the program runs. One that answers does, also in the seconds (`startsecs`) for which
    /// supervisor still calls it starting.
    pub fn runs(&self) -> bool {
        let state = self.program.as_ref().map(|program| program.state.as_str());
        match state {
            Some("RUNNING") => true,
            Some("STARTING") => self.is_well(),
            _ => false,
        }
    }

    /// Whether it serves: it runs, and answers well when it has a release to answer with.
    pub fn serves(&self) -> bool {
        self.runs() && self.is_well()
    }

    fn is_well(&self) -> bool {
        self.health.as_ref().is_none_or(|health| health.is_good)
    }
}

impl Health {
    fn of(bundle: &Bundle, facts: &Facts) -> Option<Self> {
        let wanted = &bundle.needs.health;
        let answered = facts.answers.get(&bundle.app)?.clone();
        let good = wanted.status.range();
        Some(Self {
            path: wanted.path.as_str().to_owned(),
            is_good: matches!(&answered, Answered::Status(status) if good.contains(status)),
            answered,
        })
    }
}

impl Certificate {
    fn of(bundle: &Bundle, facts: &Facts) -> Option<Self> {
        let path = bundle.needs.tls.as_ref()?.certificate.clone();
        let validity = match facts.tls.get(&(TlsRole::Certificate, path.clone()))? {
            TlsFile::Certificate { ends, until, .. } => Some(Validity {
                until: until.clone(),
                seconds: *ends,
            }),
            TlsFile::Unknown => None,
            // What it is instead is an obstacle.
            _ => return None,
        };
        Some(Self { path, validity })
    }
}

impl Validity {
    /// Less than this is too little to be silent about: renewals are tried for weeks.
    pub const SOON: i64 = 21 * Self::DAY;

    pub(crate) const DAY: i64 = 24 * 60 * 60;

    /// For how many whole days it lasts; none when it is over.
    pub const fn days(&self) -> Option<i64> {
        if self.seconds > 0 {
            Some(self.seconds / Self::DAY)
        } else {
            None
        }
    }

    /// Whether it is over, or will be soon.
    pub const fn is_due(&self) -> bool {
        self.seconds < Self::SOON
    }
}

fn current(bundle: &Bundle) -> AbsPath {
    bundle.needs.user.home.join("current")
}

/// While this file exists, nginx answers with the maintenance page.
fn maintenance_flag(bundle: &Bundle) -> AbsPath {
    bundle.needs.user.home.join("maintenance.html")
}
