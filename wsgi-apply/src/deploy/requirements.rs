//! What a release asks for to be installed.

use std::fmt::Write as _;

use super::Tree;
use crate::Digest;

/// The file that says what a release needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LockKind {
    /// `uv.lock`, read by uv.
    Uv,
    /// `poetry.lock`, read by Poetry.
    Poetry,
    /// `requirements.txt`.
    Requirements,
    /// `pyproject.toml` without a lock file.
    Project,
    /// None of them.
    Nothing,
}

/// What a release asks for to be installed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Requirements {
    /// What says so.
    pub kind: LockKind,
    /// What names the virtualenv: the same for the same requirements and the same Python.
    pub key: String,
}

impl LockKind {
    /// A word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Uv => "uv",
            Self::Poetry => "poetry",
            Self::Requirements => "requirements",
            Self::Project => "project",
            Self::Nothing => "nothing",
        }
    }

    /// The file; empty for none.
    pub const fn file(self) -> &'static str {
        match self {
            Self::Uv => "uv.lock",
            Self::Poetry => "poetry.lock",
            Self::Requirements => "requirements.txt",
            Self::Project => "pyproject.toml",
            Self::Nothing => "",
        }
    }
}

impl Requirements {
    /// What `tree` asks for, beside `packages`, on a host with this `python`.
    pub fn of(tree: &Tree, packages: &[String], python: &str) -> Self {
        const KINDS: &[LockKind] = &[
            LockKind::Uv,
            LockKind::Poetry,
            LockKind::Requirements,
            LockKind::Project,
        ];
        let found = KINDS.iter().find(|kind| tree.text(kind.file()).is_some());
        let kind = found.copied().unwrap_or(LockKind::Nothing);
        let mut text = format!("{python}\n{}\n{}\n", kind.word(), packages.join("\n"));
        for (path, digest) in tree.files() {
            if concerns(kind, path.as_str()) {
                let _ = writeln!(text, "{path} {digest}");
            }
        }
        Self {
            kind,
            key: Digest::of(text.as_bytes()).to_string()[..16].to_owned(),
        }
    }
}

/// Whether a file may say something of what is installed. Requirement files include others: all
/// that could be meant count.
fn concerns(kind: LockKind, path: &str) -> bool {
    match kind {
        LockKind::Uv | LockKind::Poetry => path == kind.file() || path == "pyproject.toml",
        LockKind::Requirements => path.contains("requirements") || path.contains("constraints"),
        LockKind::Project => path == kind.file(),
        LockKind::Nothing => false,
    }
}
