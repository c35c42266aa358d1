//! The steps of a deploy.

use std::fmt;

/// A step of a deploy.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DeployStep {
    /// The files are put together.
    Assemble,
    /// What outlives releases is linked.
    Share,
    /// The release gets its name.
    Complete,
    /// The virtualenv is made, or found.
    Virtualenv,
    /// A command of `wsgi_deploy_build`, as it may be shown.
    Build(String),
    /// The app is imported.
    Check,
    /// The app is asked on a socket of its own.
    Probe,
    /// A command of `wsgi_deploy_release`, as it may be shown.
    Release(String),
    /// The links are switched.
    Switch,
    /// Gunicorn is exchanged.
    Exchange,
    /// The app is asked through nginx.
    Verify,
    /// A command of `wsgi_deploy_after`, as it may be shown.
    After(String),
}

impl fmt::Display for DeployStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Assemble => f.write_str("put the files together"),
            Self::Share => f.write_str("link what outlives releases"),
            Self::Complete => f.write_str("complete the release"),
            Self::Virtualenv => f.write_str("make the virtualenv"),
            Self::Build(command) => write!(f, "build: {command}"),
            Self::Check => f.write_str("import the app"),
            Self::Probe => f.write_str("ask the new release"),
            Self::Release(command) => write!(f, "release: {command}"),
            Self::Switch => f.write_str("switch to it"),
            Self::Exchange => f.write_str("exchange gunicorn"),
            Self::Verify => f.write_str("ask it through nginx"),
            Self::After(command) => write!(f, "after: {command}"),
        }
    }
}
