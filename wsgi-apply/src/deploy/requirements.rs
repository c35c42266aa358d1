//! What a release asks for to be installed.

use std::fmt::Write as _;

use camino::Utf8Path;

use super::{Fetched, Tree};
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
        let files = tree.files().map(|(path, digest)| (path.as_str(), digest));
        Self::of_files(&files.collect::<Vec<_>>(), packages, python)
    }

    /// What a revision asks for that a host has fetched.
    pub fn of_fetched(fetched: &Fetched, packages: &[String], python: &str) -> Self {
        let files = fetched.files.iter();
        let mut files: Vec<(&str, Digest)> =
            files.map(|(path, digest)| (&**path, *digest)).collect();
        // As those of a tree are, so that both name the same virtualenv.
        files.sort_unstable_by(|(a, _), (b, _)| Utf8Path::new(a).cmp(Utf8Path::new(b)));
        Self::of_files(&files, packages, python)
    }

    fn of_files(files: &[(&str, Digest)], packages: &[String], python: &str) -> Self {
        const KINDS: &[LockKind] = &[
            LockKind::Uv,
            LockKind::Poetry,
            LockKind::Requirements,
            LockKind::Project,
        ];
        let found = KINDS
            .iter()
            .find(|kind| files.iter().any(|(path, _)| *path == kind.file()));
        let kind = found.copied().unwrap_or(LockKind::Nothing);
        let mut text = format!("{python}\n{}\n{}\n", kind.word(), packages.join("\n"));
        for (path, digest) in files {
            if concerns(kind, path) {
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
