//! What should be at one path of a host.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use camino::Utf8PathBuf;

use crate::{AbsPath, Action, Command};

/// Permission bits, 0 to 0o7777.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Mode(u16);

impl Mode {
    /// The mode of `bits`; bits above 0o7777 are dropped.
    pub const fn new(bits: u16) -> Self {
        Self(bits & 0o7777)
    }

    /// The bits.
    pub const fn bits(self) -> u16 {
        self.0
    }
}

impl fmt::Display for Mode {
    /// Four octal digits: `0640`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04o}", self.0)
    }
}

impl fmt::Debug for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mode({self})")
    }
}

/// The user and group that own a path, by name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Owner {
    /// The user.
    pub user: Cow<'static, str>,
    /// The group.
    pub group: Cow<'static, str>,
}

impl Owner {
    /// An owner by two names.
    pub fn new(user: impl Into<Cow<'static, str>>, group: impl Into<Cow<'static, str>>) -> Self {
        Self {
            user: user.into(),
            group: group.into(),
        }
    }

    /// `root:root`.
    pub const fn root() -> Self {
        Self {
            user: Cow::Borrowed("root"),
            group: Cow::Borrowed("root"),
        }
    }
}

/// Whether something may be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sensitivity {
    /// Anybody may see it.
    Public,
    /// It may hold a password: it is not shown in diffs and logs.
    Secret,
}

/// The bytes of a file, quick to clone: all clones share them.
#[derive(Clone, PartialEq, Eq)]
pub struct Contents {
    bytes: Arc<[u8]>,
    sensitivity: Sensitivity,
}

impl Contents {
    /// Bytes that anybody may see.
    pub fn public(bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            bytes: bytes.into().into(),
            sensitivity: Sensitivity::Public,
        }
    }

    /// Bytes that are never shown.
    pub fn secret(bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            bytes: bytes.into().into(),
            sensitivity: Sensitivity::Secret,
        }
    }

    /// The same bytes, never shown.
    #[must_use]
    pub fn into_secret(self) -> Self {
        Self {
            sensitivity: Sensitivity::Secret,
            ..self
        }
    }

    /// The bytes.
    pub fn expose(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether they may be shown.
    pub const fn sensitivity(&self) -> Sensitivity {
        self.sensitivity
    }
}

impl fmt::Debug for Contents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Contents({} bytes, {:?})",
            self.bytes.len(),
            self.sensitivity
        )
    }
}

/// What must be true before something that is not ours is taken away.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnlyIf {
    /// The path is a link to `target`, a configuration file that is still as its package installed
    /// it (dpkg-query(1) `${Conffiles}` knows its MD5).
    LinkToPristineConffile {
        /// The configuration file.
        target: AbsPath,
    },
}

/// What should be at a path.
///
/// Missing directories above it are made, root's and 0755, whatever the node: where another owner
/// is wanted, that directory is an artifact of its own. What belongs to another user than root is
/// made as that user, who could otherwise have root write through a link of theirs.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Node {
    /// Nothing: what is there is taken away.
    Absent {
        /// Leave it where this is not the case.
        only_if: Option<OnlyIf>,
    },
    /// A directory. What is in it is not looked at.
    Directory {
        /// Its permissions.
        mode: Mode,
        /// Whose it is.
        owner: Owner,
    },
    /// A file of exactly these bytes.
    File {
        /// The bytes.
        contents: Contents,
        /// Its permissions.
        mode: Mode,
        /// Whose it is.
        owner: Owner,
    },
    /// A file that is made empty where nothing is, and that others write: whatever it holds then is
    /// neither looked at nor changed, and it is never replaced by another file.
    ///
    /// Whoever writes a log or locks a file has it open.
    KeptFile {
        /// Its permissions, from its first moment on.
        mode: Mode,
        /// Whose it is.
        owner: Owner,
    },
    /// A marked block of lines at the top of a file whose other lines are somebody else's.
    ///
    /// Its first and last line are its markers: an older block is what stands between two lines
    /// that equal them.
    Block {
        /// The block, from its first marker line to its last, each ended by a line feed.
        contents: Contents,
        /// The file's permissions, when it is made for the block.
        mode: Mode,
        /// Whose the file is, when it is made for the block.
        owner: Owner,
    },
    /// A symbolic link.
    Symlink {
        /// Where it points, relative to the directory that it stands in unless absolute.
        target: Utf8PathBuf,
        /// Whose it is.
        owner: Owner,
    },
}

/// When a check is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckMoment {
    /// On the staged file, before it takes its place, with its final owner and mode: visudo(8)
    /// looks at both.
    Staged,
    /// On everything of its kind together, after all took their places; on failure all of them go back.
    InPlace,
}

/// A program that must succeed for an artifact to be accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// When it runs.
    pub moment: CheckMoment,
    /// What runs.
    pub command: Command,
}

/// What should be at one path, what to check first, what to do afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Artifact {
    /// The path on the host.
    pub path: AbsPath,
    /// What should be there.
    pub node: Node,
    /// Checks in their order.
    pub checks: Vec<Check>,
    /// What is owed when it changes.
    pub notify: Vec<Action>,
    /// What it was made from, for whoever looks for a mistake in it: a template such as
    /// `nginx/site.hbs`, or a file of the operator's.
    pub source: Option<Cow<'static, str>>,
}

impl Artifact {
    /// An artifact without checks and actions.
    pub fn new(path: AbsPath, node: Node) -> Self {
        Self {
            path,
            node,
            checks: Vec::new(),
            notify: Vec::new(),
            source: None,
        }
    }

    /// A file.
    pub fn file(path: AbsPath, contents: Contents, mode: Mode, owner: Owner) -> Self {
        Self::new(
            path,
            Node::File {
                contents,
                mode,
                owner,
            },
        )
    }

    /// A file that others write.
    pub fn kept_file(path: AbsPath, mode: Mode, owner: Owner) -> Self {
        Self::new(path, Node::KeptFile { mode, owner })
    }

    /// A directory.
    pub fn directory(path: AbsPath, mode: Mode, owner: Owner) -> Self {
        Self::new(path, Node::Directory { mode, owner })
    }

    /// A symbolic link.
    pub fn symlink(path: AbsPath, target: impl Into<Utf8PathBuf>, owner: Owner) -> Self {
        Self::new(
            path,
            Node::Symlink {
                target: target.into(),
                owner,
            },
        )
    }

    /// Adds a check.
    #[must_use]
    pub fn check(mut self, moment: CheckMoment, command: Command) -> Self {
        self.checks.push(Check { moment, command });
        self
    }

    /// Adds an action that is owed when it changes.
    #[must_use]
    pub fn notify(mut self, action: Action) -> Self {
        self.notify.push(action);
        self
    }

    /// Says what it was made from.
    #[must_use]
    pub fn made_from(mut self, source: impl Into<Cow<'static, str>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Whether its contents may be shown.
    pub fn sensitivity(&self) -> Sensitivity {
        match &self.node {
            Node::File { contents, .. } | Node::Block { contents, .. } => contents.sensitivity(),
            _ => Sensitivity::Public,
        }
    }
}
