//! Releases: a new one takes the place of the running one, when it is known to be well.

mod attendance;
mod cues;
mod deployment;
mod dispatch;
mod host;
mod kept;
mod program;
mod record;
mod repository;
mod requirement_line;
mod requirements;
mod rollout;
mod site;
mod source;
mod step;
mod survey;
mod tree;

pub use attendance::{Maintenance, Page};
pub use cues::Cues;
pub use deployment::{Content, Deployment, NoRelease, Rollback, release_name};
pub use dispatch::Dispatch;
pub use kept::{KeptOutcome, KeptOutput, KeptStep};
pub use record::{DeployOutcome, DeployReport, Now};
pub use repository::{FetchError, Fetched, Repository};
pub use requirements::{LockKind, Requirements};
pub use rollout::{Go, Member, Rollout, RolloutEvent, Work};
pub use site::ReleaseSite;
pub use source::{SourceError, SourceTree};
pub use step::DeployStep;
pub use survey::{LogEntry, Release, ReleaseOutcome, Survey};
pub use tree::{Tree, TreeEntry, TreeError};

use crate::{HostError, Progress};

const SURVEY: &str = include_str!("deploy/survey.sh");
const OUTPUT: &str = include_str!("deploy/output.sh");
const FETCH: &str = include_str!("deploy/fetch.sh");
/// What follows the mark at the end of an answer.
const SURVEY_END: &str = "-end";
const DEPLOY: &str = include_str!("deploy/deploy.sh");
const ASSEMBLE: &str = include_str!("deploy/assemble.sh");
const GATE: &str = include_str!("deploy/gate.sh");
const ASK: &str = include_str!("deploy/ask.py");
const MOVE: &str = include_str!("deploy/move.py");

/// A host that releases are deployed to.
pub trait ReleaseHost {
    /// Says what releases there are. Changes nothing.
    ///
    /// # Errors
    /// [`HostError`] when that is not known.
    fn survey(&mut self, site: &ReleaseSite) -> Result<Survey, HostError>;

    /// Says what the deploy of a release has printed; none when that was not kept.
    ///
    /// # Errors
    /// [`HostError`] when that is not known.
    fn kept_output(
        &mut self,
        site: &ReleaseSite,
        release: &str,
    ) -> Result<Option<KeptOutput>, HostError>;

    /// Fetches a revision of a repository, with what the app's user has to log in with.
    ///
    /// # Errors
    /// [`FetchError`] when it is not there.
    fn fetch(&mut self, site: &ReleaseSite, repository: &Repository)
    -> Result<Fetched, FetchError>;

    /// Puts a release in the place of the running one, or leaves everything as it was.
    ///
    /// # Errors
    /// [`HostError`] when it is not known what became of it.
    fn deploy(
        &mut self,
        deployment: &Deployment<'_>,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<DeployReport, HostError>;

    /// Puts an earlier release in the place of the running one, or leaves everything as it was.
    ///
    /// # Errors
    /// [`HostError`] when it is not known what became of it.
    fn roll_back(
        &mut self,
        rollback: &Rollback<'_>,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<DeployReport, HostError>;

    /// Does its part of a [`Rollout`], which tells it when to go on after each
    /// [`Stands`](Progress::Stands).
    ///
    /// # Errors
    /// [`HostError`] when it is not known what became of it.
    fn in_company(
        &mut self,
        work: &Work<'_>,
        cues: Cues,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<DeployReport, HostError>;
}
