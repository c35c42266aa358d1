//! What is true of a host.

mod answered;
mod read;
mod system;
mod tls;

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8PathBuf;
use wsgi_model::{AbsPath, AppName, Bundle, Mode, Node, Owner, Sensitivity};

use crate::{Desired, Digest, Manifest};

pub use answered::Answered;
pub use read::Unreadable;
pub(crate) use read::{Reading, normalised};
pub use tls::{TlsFile, TlsRole};

/// What is true of a host, as far as a [`Probe`](crate::Probe) asks.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Facts {
    /// The system.
    pub system: System,
    /// What stands at each path that was asked for, at those of the manifests and above them.
    pub nodes: BTreeMap<AbsPath, Observed>,
    /// The packages of those asked for that are installed, with their versions; each also as
    /// `name:architecture`.
    pub packages: BTreeMap<String, String>,
    /// The packages of those asked for that another one provides.
    pub provided: BTreeSet<String>,
    /// The packages of those asked for that could be installed; none when the host has no package
    /// lists, or nothing is missing.
    pub candidates: Option<BTreeSet<String>>,
    /// The users of those asked for that exist.
    pub users: BTreeMap<String, User>,
    /// The groups of those asked for that exist, with their ids.
    pub groups: BTreeMap<String, u32>,
    /// What is known of each app on the host, asked for or not.
    pub apps: BTreeMap<AppName, AppFacts>,
    /// Which other apps have made what stands at a path.
    pub claims: BTreeMap<AbsPath, BTreeSet<AppName>>,
    /// Configuration files that are still as their package installed them.
    pub pristine: BTreeSet<AbsPath>,
    /// The files in which everything stands that [`Look::Marked`](crate::Look::Marked) asks for.
    pub marked: BTreeSet<AbsPath>,
    /// The crontab(1) of each user of those asked for, where the Ansible role put a job in it.
    pub crontabs: BTreeMap<String, String>,
    /// Lines of the configuration of nginx's sites and supervisor's programs, as far as they tell what
    /// is whose: what a server listens to and is called, what it includes, and what a program is
    /// called.
    pub directives: BTreeMap<AbsPath, Vec<String>>,
    /// What nginx reads for TLS, by what it is for.
    pub tls: BTreeMap<(TlsRole, AbsPath), TlsFile>,
    /// What the apps of those asked for answer.
    pub answers: BTreeMap<AppName, Answered>,
    /// A hash of everything that was observed about paths: whether the host drifted since.
    pub state: Option<Digest>,
}

/// The system of a host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct System {
    /// `ID` of os-release(5), such as `debian`.
    pub id: String,
    /// `VERSION_ID` of os-release(5), such as `12`.
    pub version: String,
    /// Whether systemd runs it.
    pub systemd: bool,
    /// What `nginx -V` prints; none when there is no nginx.
    pub nginx: Option<String>,
    /// Why nginx refuses its configuration; none when it takes it.
    pub nginx_refusal: Option<String>,
    /// The ports that somebody listens to, and whether it is nginx.
    pub listening: BTreeMap<u16, bool>,
    /// The services of those that matter which run.
    pub running: BTreeSet<String>,
    /// The services of those that matter which start with the host.
    pub enabled: BTreeSet<String>,
    /// The state of each of supervisor's programs; none when supervisor does not answer.
    pub programs: Option<BTreeMap<String, Program>>,
}

/// A program of supervisor's.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Program {
    /// Such as `RUNNING`.
    pub state: String,
    /// Its process.
    pub pid: u32,
    /// For how many seconds.
    pub uptime: u64,
}

/// A user of a host.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct User {
    /// Its id.
    pub uid: u32,
    /// The id of its primary group.
    pub gid: u32,
    /// Its home.
    pub home: String,
    /// Its login shell.
    pub shell: String,
}

/// What is known of an app on a host.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct AppFacts {
    /// What we made there, by the run that ended last.
    pub manifest: Manifest,
    /// What a run that did not end was about to make.
    pub intent: Option<Manifest>,
    /// The names of actions that are owed since an earlier run.
    pub owed: BTreeSet<String>,
    /// When the run that ended last did so, by the host's clock in UTC, such as `2025-11-22T15:51:00Z`.
    pub applied: Option<String>,
    /// The virtualenv's packages with their versions, by normalised name; none without a virtualenv.
    pub virtualenv: Option<BTreeMap<String, String>>,
}

/// What stands at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Observed {
    /// Nothing.
    Absent,
    /// A directory.
    Directory(Attributes),
    /// A file.
    File {
        /// Its attributes.
        attributes: Attributes,
        /// How many names it has.
        links: u32,
        /// The hash of its contents; none when its reader may not read it.
        digest: Option<Digest>,
        /// Its contents, when they were asked for.
        contents: Option<Vec<u8>>,
    },
    /// A symbolic link.
    Symlink {
        /// Whose it is.
        attributes: Attributes,
        /// Where it points.
        target: Utf8PathBuf,
    },
    /// A socket, a pipe or a device, as find(1) calls it.
    Other(char, Attributes),
}

/// Permissions and owner of what stands at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attributes {
    /// The permissions.
    pub mode: Mode,
    /// The owner's id.
    pub uid: u32,
    /// The owner's name, or its id where it has none.
    pub user: String,
    /// The group's name, or its id where it has none.
    pub group: String,
}

impl Attributes {
    /// User and group.
    pub fn owner(&self) -> Owner {
        Owner::new(self.user.clone(), self.group.clone())
    }
}

impl Observed {
    /// Permissions and owner; none where there is nothing.
    pub const fn attributes(&self) -> Option<&Attributes> {
        match self {
            Self::Absent => None,
            Self::Directory(attributes)
            | Self::File { attributes, .. }
            | Self::Symlink { attributes, .. }
            | Self::Other(_, attributes) => Some(attributes),
        }
    }

    /// What it is called in a sentence.
    pub const fn noun(&self) -> &'static str {
        match self {
            Self::Absent => "nothing",
            Self::Directory(_) => "a directory",
            Self::File { .. } => "a file",
            Self::Symlink { .. } => "a symbolic link",
            Self::Other('s', _) => "a socket",
            Self::Other('p', _) => "a named pipe",
            Self::Other(..) => "a device",
        }
    }
}

impl Program {
    /// A program in a state, such as `RUNNING`, for so many seconds.
    pub fn new(state: impl Into<String>, pid: u32, uptime: u64) -> Self {
        let state = state.into();
        Self { state, pid, uptime }
    }
}

impl User {
    /// A user.
    pub fn new(uid: u32, gid: u32, home: impl Into<String>, shell: impl Into<String>) -> Self {
        let (home, shell) = (home.into(), shell.into());
        Self {
            uid,
            gid,
            home,
            shell,
        }
    }
}

impl Facts {
    /// What stands at `path`: nothing, unless something was seen.
    pub fn at(&self, path: &AbsPath) -> &Observed {
        self.nodes.get(path).unwrap_or(&Observed::Absent)
    }

    /// The facts with the contents that the host did not hand over since they are those of `known`,
    /// of which the [`Probe`](crate::Probe) was made: for a plan of something else.
    #[must_use]
    pub fn recalling(mut self, known: &Desired) -> Self {
        for artifact in known.bundles().iter().flat_map(Bundle::artifacts) {
            let Node::File { contents, .. } = &artifact.node else {
                continue;
            };
            if contents.sensitivity() != Sensitivity::Public {
                continue;
            }
            match self.nodes.get_mut(&artifact.path) {
                Some(Observed::File {
                    digest: Some(digest),
                    contents: found @ None,
                    ..
                }) if *digest == Digest::of(contents.expose()) => {
                    *found = Some(contents.expose().to_owned());
                }
                _ => {}
            }
        }
        self
    }
}
