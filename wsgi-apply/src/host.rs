//! A machine, or a directory standing in for one.

use crate::{Facts, Plan, Probe, Progress, Report, ShellError, Unreadable};

/// A machine, or a directory standing in for one.
///
/// Each method is one round trip: what is asked for is asked at once.
/// [`conformance::host`](crate::conformance::host) tries what is promised here.
pub trait Host {
    /// What it is called in messages.
    fn label(&self) -> &str;

    /// Says what is true of it. Changes nothing.
    ///
    /// # Errors
    /// [`HostError`] when that is not known.
    fn observe(&mut self, probe: &Probe) -> Result<Facts, HostError>;

    /// Performs a plan, unless the host is not as it was when the plan was made. Says what is done
    /// as it goes.
    ///
    /// # Errors
    /// [`HostError`] when it is not known what was done. What was refused, or failed, is in the
    /// [`Report`].
    fn perform(
        &mut self,
        plan: &Plan,
        options: &PerformOptions,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<Report, HostError>;
}

/// How a plan is performed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PerformOptions {
    /// Who does it, for those who come at the same time: such as `ada@laptop`.
    pub operator: String,
    /// For how many seconds to wait while somebody else is at work on the host.
    pub wait: u32,
}

/// Why nothing is known of a host, or of what was done to it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HostError {
    /// The program on the host did not run, or the connection to it was lost.
    #[error(transparent)]
    Shell(#[from] ShellError),
    /// The user may not become root.
    #[error("{user} may not become root")]
    NoRight {
        /// The user.
        user: String,
        /// What sudo says.
        said: String,
    },
    /// sudo wants a password and none was given.
    #[error("sudo wants a password")]
    PasswordWanted,
    /// sudo does not take the password.
    #[error("sudo does not take the password")]
    PasswordRefused,
    /// What the host answers makes no sense.
    #[error("cannot observe the host")]
    Unreadable(#[from] Unreadable),
    /// It was withheld before the host had all of it.
    #[error("it was withheld: nothing was begun")]
    Withheld,
    /// What was to be sent cannot be read.
    #[error("cannot read what is to be deployed")]
    Tree(#[from] crate::deploy::TreeError),
    /// Programs that everything here is built on are not there.
    #[error("the host has no {0}")]
    Missing(String),
    /// The program failed in a way that it should not.
    #[error("the program on the host failed: {0}")]
    Failed(String),
}

impl HostError {
    /// What to do about it.
    pub fn help(&self) -> Option<&'static str> {
        match self {
            Self::Shell(ShellError::Lost(_)) => Some(
                "what was begun goes on there by itself: run the command again to see what became \
                 of it",
            ),
            Self::NoRight { said, .. } if said.contains("tty") => Some(
                "sudo is told to run in a terminal only: add `Defaults:USER !requiretty` to its \
                 rules",
            ),
            Self::NoRight { .. } => Some("give the user a sudo rule, or log in as root"),
            Self::PasswordWanted => Some("give it with `--ask-sudo-pass`"),
            Self::PasswordRefused => Some("try again; nothing was changed"),
            Self::Missing(_) => Some("install it: it is a part of every Debian and Ubuntu"),
            _ => None,
        }
    }
}
