//! Why a command ended early.

use std::io;
use std::path::Path;

use wsgi_apply::{Contradiction, SavedPlanError};
use wsgi_render::{RenderError, Unquotable};

use crate::exit;
use crate::output::PrintError;
use crate::plan_file::UnreadablePlan;
use crate::tree::{Conflict, TreeError};
use crate::vars_file::UnreadableVars;

/// Why a command ended early, other than by problems of vars files.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommandError {
    #[error("`{name}` is given twice")]
    GivenTwice { name: String },
    #[error(transparent)]
    Unreadable(#[from] UnreadableVars),
    #[error(transparent)]
    Print(#[from] PrintError),
    #[error("cannot make {path}")]
    Make { path: String, source: io::Error },
    #[error(transparent)]
    Tree(#[from] TreeError),
    #[error("cannot render {app}")]
    Render { app: String, source: RenderError },
    #[error("`--host {0}` is given twice")]
    HostTwice(String),
    #[error("`--root {name}` cannot be used: {reason}")]
    Root { name: String, reason: String },
    #[error("a password cannot be asked for without a terminal")]
    Unasked(#[source] io::Error),
    #[error("nobody can be asked without a terminal")]
    Unconfirmed(#[source] io::Error),
    #[error("the apps do not go together")]
    Contradiction(#[source] Contradiction),
    #[error("cannot read the plan {name}")]
    UnreadablePlan {
        name: String,
        source: UnreadablePlan,
    },
    #[error("the plan was not performed")]
    OtherPlan(#[from] SavedPlanError),
    #[error("there are several vars files, and one source")]
    SeveralApps,
    #[error("this works on one host at a time")]
    SeveralHosts,
    #[error("a shell is used in a terminal")]
    NoTerminal,
    #[error("cannot use the terminal")]
    Terminal(#[source] io::Error),
    #[error("an app runs on a host, not in a directory")]
    NoHost,
    #[error("there is nothing to deploy")]
    Source(#[source] wsgi_apply::deploy::SourceError),
    #[error("a variable cannot be printed for a shell")]
    Unquotable { source: Unquotable },
}

impl CommandError {
    /// The file or directory at `path` cannot be made.
    pub(crate) fn make(path: &Path, source: io::Error) -> Self {
        let path = path.to_string_lossy().into_owned();
        Self::Make { path, source }
    }

    /// A value cannot be written for a shell.
    pub(crate) const fn unquotable(source: Unquotable) -> Self {
        Self::Unquotable { source }
    }

    /// What stands in the way of files, when that is what is wrong.
    pub(crate) fn conflicts(&self) -> &[Conflict] {
        match self {
            Self::Tree(error) => error.conflicts(),
            _ => &[],
        }
    }

    pub(crate) fn status(&self) -> u8 {
        match self {
            Self::GivenTwice { .. }
            | Self::HostTwice(_)
            | Self::Root { .. }
            | Self::Unasked(_)
            | Self::Unconfirmed(_)
            | Self::SeveralApps
            | Self::SeveralHosts
            | Self::NoHost
            | Self::NoTerminal
            | Self::Source(_)
            | Self::UnreadablePlan { .. } => exit::USAGE,
            Self::Print(_) | Self::Terminal(_) => exit::PART_WAY,
            Self::OtherPlan(_) | Self::Make { .. } => exit::CONFLICT,
            Self::Contradiction(_) | Self::Unreadable(_) | Self::Unquotable { .. } => exit::REFUSED,
            Self::Tree(error) => error.status(),
            Self::Render { .. } => exit::BUG,
        }
    }

    pub(crate) fn help(&self) -> Option<String> {
        match self {
            Self::GivenTwice { .. } => Some("each vars file is one app: name it once".to_owned()),
            Self::HostTwice(_) => Some("name each host once".to_owned()),
            Self::Root { .. } => Some("name a directory that is there; it may be empty".to_owned()),
            Self::Unasked(_) => Some("run it in a terminal, or use a key or an agent".to_owned()),
            Self::Unconfirmed(_) => Some("look at `wsgi-cli plan`, then add `--yes`".to_owned()),
            Self::Contradiction(_) => {
                Some("give one of them another name, or another path".to_owned())
            }
            Self::SeveralApps => {
                Some("name one vars file: each app has its own releases".to_owned())
            }
            Self::SeveralHosts => Some("give one `--host`".to_owned()),
            Self::NoTerminal => {
                Some("`wsgi-cli run` runs a command where there is none".to_owned())
            }
            Self::NoHost => Some("give a `--host`, or `--local`".to_owned()),
            Self::Source(error) => error.help().map(str::to_owned),
            Self::OtherPlan(error) => Some(error.help().to_owned()),
            Self::UnreadablePlan { .. } => Some("`wsgi-cli plan --out FILE` writes one".to_owned()),
            Self::Make { source, .. } if source.kind() == io::ErrorKind::AlreadyExists => Some(
                "nothing that is there is overwritten: give another name, or remove it first"
                    .to_owned(),
            ),
            Self::Tree(error) => Some(error.help()),
            Self::Unreadable(error) => error.help().map(str::to_owned),
            Self::Render { .. } => Some("this is a bug of wsgi-cli; please report it".to_owned()),
            Self::Print(_) | Self::Terminal(_) | Self::Make { .. } | Self::Unquotable { .. } => {
                None
            }
        }
    }
}
