//! What became of a deploy.

use crate::{Failure, Outcome, Report};

/// What became of a deploy or a rollback.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeployReport {
    /// The steps that were done.
    pub done: Vec<usize>,
    /// How it ended.
    pub outcome: DeployOutcome,
}

/// How a deploy or a rollback ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DeployOutcome {
    /// The release serves.
    Serves,
    /// It does not, and what served before does.
    Failed {
        /// The step that failed.
        failure: Failure,
        /// What serves instead.
        now: Now,
    },
    /// Nothing was done: somebody else has deployed meanwhile.
    Drifted,
    /// Nothing was done: somebody else deploys.
    Locked {
        /// Who, and since when.
        owner: String,
    },
    /// It was ended on the host, and everything is as it was.
    Ended {
        /// What serves.
        now: Now,
    },
}

/// What serves after a deploy that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Now {
    /// What served before: it was never left.
    Unchanged,
    /// What served before, this release: it was gone back to, and answers.
    Returned(String),
    /// It was gone back to this release, which does not answer.
    Unreturned(String),
    /// Nothing: there was no earlier release.
    Nothing,
}

impl DeployReport {
    /// `notes` are the events that only a deploy knows.
    pub(super) fn new(report: Report, notes: &[(String, String)]) -> Self {
        let note = |name: &str| notes.iter().find(|(word, _)| word == name);
        let now = || match (note("returned"), note("unreturned"), note("returning")) {
            (Some((_, release)), _, _) => Now::Returned(release.clone()),
            (_, Some((_, release)), _) => Now::Unreturned(release.clone()),
            (_, _, Some(_)) => Now::Nothing,
            _ if note("nothing").is_some() => Now::Nothing,
            _ => Now::Unchanged,
        };
        let outcome = match report.outcome {
            Outcome::Done => DeployOutcome::Serves,
            Outcome::Drifted => DeployOutcome::Drifted,
            Outcome::Locked { owner } => DeployOutcome::Locked { owner },
            Outcome::Ended => DeployOutcome::Ended { now: now() },
            // Only a plan is refused.
            Outcome::Refused { said } => DeployOutcome::Failed {
                failure: Failure { step: 0, said },
                now: now(),
            },
            Outcome::Failed(failures) => DeployOutcome::Failed {
                failure: failures.into_iter().next().unwrap_or(Failure {
                    step: 0,
                    said: Vec::new(),
                }),
                now: now(),
            },
        };
        Self {
            done: report.done,
            outcome,
        }
    }
}
