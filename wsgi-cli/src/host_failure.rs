//! Why nothing came of one host.

use wsgi_apply::deploy::FetchError;
use wsgi_apply::ssh::ConnectError;
use wsgi_apply::{Contradiction, HostError, ShellError};
use wsgi_render::RenderError;

use crate::exit;

/// Why nothing came of one host.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HostFailure {
    #[error("cannot be reached")]
    Connect(#[from] ConnectError),
    #[error("cannot be observed")]
    Observe(#[source] HostError),
    #[error("it is not known what was done")]
    Perform(#[source] HostError),
    #[error("nothing was begun")]
    NotSent(#[source] HostError),
    #[error("it is not known what became of it")]
    Unwatched { source: HostError, help: String },
    #[error("{app} cannot be rendered for it")]
    Render { app: String, source: RenderError },
    #[error("the apps do not go together")]
    Contradiction(#[from] Contradiction),
    #[error("the app was not applied: {missing} is missing")]
    NotApplied { missing: String },
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error("it has another commit of {what} than {other}")]
    OtherCommit { what: String, other: String },
    #[error(transparent)]
    NoRelease(wsgi_apply::deploy::NoRelease),
    #[error("nothing was kept of what the deploy of {0} has printed")]
    NotKept(String),
    #[error("not begun, since other hosts failed")]
    TooManyFailed,
    #[error("not begun")]
    Interrupted,
}

impl HostFailure {
    /// The exit status that follows.
    pub(crate) const fn status(&self) -> u8 {
        match self {
            Self::Connect(_) | Self::NotSent(_) | Self::Fetch(FetchError::Host(_)) => {
                exit::UNREACHABLE
            }
            Self::Unwatched { .. } => exit::PART_WAY,
            Self::Observe(error) => match error {
                HostError::Unreadable(_) | HostError::Missing(_) => exit::CONFLICT,
                HostError::Failed(_) => exit::BUG,
                _ => exit::UNREACHABLE,
            },
            Self::Perform(error) => match error {
                HostError::Shell(ShellError::NotStarted(_))
                | HostError::NoRight { .. }
                | HostError::PasswordWanted
                | HostError::PasswordRefused => exit::UNREACHABLE,
                _ => exit::PART_WAY,
            },
            Self::NotApplied { .. }
            | Self::NoRelease(_)
            | Self::NotKept(_)
            | Self::Fetch(_)
            | Self::OtherCommit { .. } => exit::CONFLICT,
            Self::Render { .. } => exit::BUG,
            Self::Contradiction(_) => exit::REFUSED,
            Self::TooManyFailed | Self::Interrupted => exit::DONE,
        }
    }

    /// What to do about it.
    pub(crate) fn help(&self) -> Option<String> {
        match self {
            Self::Connect(error) => Some(error.help()),
            Self::Observe(error) | Self::Perform(error) => error.help().map(str::to_owned),
            Self::NotApplied { .. } => Some("`wsgi-cli apply` it first".to_owned()),
            Self::Fetch(error) => error.help().map(str::to_owned),
            Self::OtherCommit { .. } => {
                Some("somebody has pushed meanwhile: run it again".to_owned())
            }
            Self::NotKept(_) => {
                Some("it was there before `wsgi-cli deploy`, which has adopted it".to_owned())
            }
            Self::NoRelease(error) => Some(error.help()),
            Self::Render { .. } => Some("this is a bug of wsgi-cli; please report it".to_owned()),
            Self::Contradiction(_) => {
                Some("give one of them another name, or another path".to_owned())
            }
            Self::Unwatched { help, .. } => Some(help.clone()),
            Self::NotSent(_) | Self::TooManyFailed | Self::Interrupted => {
                Some("run the command again for it".to_owned())
            }
        }
    }
}
