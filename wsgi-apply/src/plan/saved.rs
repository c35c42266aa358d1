//! A plan that was kept, to be performed exactly or not at all.

use serde::{Deserialize, Serialize};

use super::Plan;
use super::document::{Reader, StepDocument};
use crate::Digest;

/// The version of the document.
const VERSION: u32 = 1;

/// What a plan was, with hashes in the place of contents: enough to know it again.
///
/// It is not performed itself. The apps are rendered and the host is observed anew, and the plan that
/// follows must be this one. A hash of a short secret gives it away, so nobody else should read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct SavedPlan {
    /// The version of this document: 1.
    pub version: u32,
    /// For which hosts, in their order.
    pub hosts: Vec<SavedHost>,
}

/// The plan for one host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct SavedHost {
    /// What the host is called.
    pub host: String,
    /// What was observed of its paths.
    pub state: Option<Digest>,
    /// The steps.
    pub steps: Vec<StepDocument>,
}

/// Why a plan is not the one that was kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SavedPlanError {
    /// It was kept by another version.
    #[error("the plan is of version {0}, and this one reads version {VERSION}")]
    Version(u32),
    /// It is for other hosts.
    #[error("the plan is for {}", .0.join(", "))]
    Hosts(Vec<String>),
    /// The host is not as it was.
    #[error("{host} changed since the plan was made")]
    Drifted {
        /// The host.
        host: String,
    },
    /// The apps are not as they were.
    #[error("the plan for {host} is not what the vars files ask for now: {difference}")]
    Differs {
        /// The host.
        host: String,
        /// The first difference.
        difference: String,
    },
}

impl SavedPlan {
    /// Plans by the names of their hosts.
    pub fn of<'a>(plans: impl IntoIterator<Item = (&'a str, &'a Plan)>) -> Self {
        let hosts = plans.into_iter().map(|(host, plan)| SavedHost {
            host: host.to_owned(),
            state: plan.state,
            steps: plan.step_documents(Reader::Comparison),
        });
        Self {
            version: VERSION,
            hosts: hosts.collect(),
        }
    }

    /// Whether plans that were made now are these.
    ///
    /// # Errors
    /// [`SavedPlanError`] says what differs.
    pub fn verify(&self, now: &Self) -> Result<(), SavedPlanError> {
        if self.version != VERSION {
            return Err(SavedPlanError::Version(self.version));
        }
        let names = |plan: &Self| -> Vec<String> {
            plan.hosts.iter().map(|host| host.host.clone()).collect()
        };
        if names(self) != names(now) {
            return Err(SavedPlanError::Hosts(names(self)));
        }
        for (kept, now) in self.hosts.iter().zip(&now.hosts) {
            let host = kept.host.clone();
            if kept.state != now.state {
                return Err(SavedPlanError::Drifted { host });
            }
            if let Some(difference) = difference(&kept.steps, &now.steps) {
                return Err(SavedPlanError::Differs { host, difference });
            }
        }
        Ok(())
    }
}

impl SavedPlanError {
    /// What to do about it.
    pub const fn help(&self) -> &'static str {
        match self {
            Self::Hosts(_) => "name the same hosts in the same order",
            _ => "make a new plan, and look at it",
        }
    }
}

/// The first step that is not the same.
fn difference(kept: &[StepDocument], now: &[StepDocument]) -> Option<String> {
    let longer = kept.len().max(now.len());
    (0..longer).find_map(|index| match (kept.get(index), now.get(index)) {
        (Some(kept), Some(now)) if kept == now => None,
        (Some(kept), Some(now)) if kept.name == now.name => {
            Some(format!("{} {} has other contents", kept.kind, kept.name))
        }
        (_, Some(step)) => Some(format!("{} {} is new", step.kind, step.name)),
        (Some(step), None) => Some(format!("{} {} is missing", step.kind, step.name)),
        (None, None) => None,
    })
}
