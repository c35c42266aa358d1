//! What a release asks for to be installed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};

use super::requirement_line::RequirementLine;
use super::{Fetched, Tree, TreeEntry};
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
    /// Whether files of the project are installed, or linked to where they are. Then a virtualenv is
    /// of one release alone: in another's, the files would not be that one's.
    pub has_project: bool,
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
        let mut files: BTreeMap<&str, Digest> = files.collect();
        // One of them may be a link to the one that is meant here.
        for (path, entry) in &tree.entries {
            if let TreeEntry::Symlink(target) = entry {
                let target = beside(path.as_str(), target.as_str());
                let target = target.and_then(|target| files.get(&*target).copied());
                files.extend(target.map(|digest| (path.as_str(), digest)));
            }
        }
        let text = |path: &str| {
            let bytes = fs::read(tree.root.join(path)).ok()?;
            Some(String::from_utf8_lossy(&bytes).into_owned())
        };
        Self::of_files(&files, text, packages, python)
    }

    /// What a revision asks for that a host has fetched.
    pub fn of_fetched(fetched: &Fetched, packages: &[String], python: &str) -> Self {
        let files = fetched.files.iter();
        let digests = files.map(|(path, file)| (&**path, file.digest)).collect();
        let text = |path: &str| fetched.files.get(path).map(|file| file.text.clone());
        Self::of_files(&digests, text, packages, python)
    }

    /// The key of the virtualenv that a release gets.
    pub(super) fn key_for(&self, release: &str) -> String {
        if self.has_project {
            short(&format!("{}\n{release}\n", self.key))
        } else {
            self.key.clone()
        }
    }

    fn of_files(
        files: &BTreeMap<&str, Digest>,
        text: impl Fn(&str) -> Option<String>,
        packages: &[String],
        python: &str,
    ) -> Self {
        const KINDS: &[LockKind] = &[
            LockKind::Uv,
            LockKind::Poetry,
            LockKind::Requirements,
            LockKind::Project,
        ];
        let found = KINDS.iter().find(|kind| files.contains_key(kind.file()));
        let kind = found.copied().unwrap_or(LockKind::Nothing);
        let lock = || text(kind.file()).unwrap_or_default();
        let mut counted = BTreeSet::from([kind.file().to_owned()]);
        let has_project = match kind {
            LockKind::Uv => {
                counted.insert("pyproject.toml".to_owned());
                lock().lines().any(is_source_of_uv)
            }
            LockKind::Poetry => {
                counted.insert("pyproject.toml".to_owned());
                lock().lines().any(|line| line == "type = \"directory\"")
            }
            LockKind::Requirements => follow(&text, &mut counted),
            LockKind::Project => true,
            LockKind::Nothing => false,
        };
        let mut asked = format!("{python}\n{}\n{}\n", kind.word(), packages.join("\n"));
        for (path, digest) in files {
            if counted.contains(*path) {
                let _ = writeln!(asked, "{path} {digest}");
            }
        }
        Self {
            kind,
            key: short(&asked),
            has_project,
        }
    }
}

fn short(text: &str) -> String {
    Digest::of(text.as_bytes()).to_string()[..16].to_owned()
}

/// Whether a line of `uv.lock` says that a package is a directory of the project, other than the
/// project itself, which is not installed.
fn is_source_of_uv(line: &str) -> bool {
    ["editable", "directory"].iter().any(|kind| {
        let place = line.strip_prefix(&format!("source = {{ {kind} = \""));
        place.is_some_and(|place| !place.starts_with(".\""))
    })
}

/// Adds what the requirement files that are `counted` include, and says whether one of them has
/// files of the project installed, or includes what cannot be read here.
fn follow(text: &impl Fn(&str) -> Option<String>, counted: &mut BTreeSet<String>) -> bool {
    let mut has_project = false;
    let mut unread: Vec<String> = counted.iter().cloned().collect();
    while let Some(path) = unread.pop() {
        let Some(lines) = text(&path) else {
            has_project = true;
            continue;
        };
        for line in lines.lines() {
            match RequirementLine::parse(line) {
                RequirementLine::Elsewhere => {}
                RequirementLine::Project => has_project = true,
                RequirementLine::Includes(place) => match beside(&path, place) {
                    Some(place) => {
                        if counted.insert(place.clone()) {
                            unread.push(place);
                        }
                    }
                    None => has_project = true,
                },
            }
        }
    }
    has_project
}

/// The path of what a file includes; none outside of the project.
fn beside(file: &str, place: &str) -> Option<String> {
    let mut path = Utf8Path::new(file).parent()?.to_owned();
    for component in Utf8Path::new(place).components() {
        match component {
            Utf8Component::CurDir => {}
            Utf8Component::Normal(name) => path.push(name),
            Utf8Component::ParentDir => {
                if !path.pop() {
                    return None;
                }
            }
            _ => return None,
        }
    }
    Some(Utf8PathBuf::into_string(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(files: &[(&str, &str)]) -> Requirements {
        let digests = files
            .iter()
            .map(|(path, text)| (*path, Digest::of(text.as_bytes())));
        let text = |wanted: &str| {
            let found = files.iter().find(|(path, _)| *path == wanted)?;
            Some(found.1.to_owned())
        };
        Requirements::of_files(&digests.collect(), text, &[], "3.11")
    }

    #[test]
    fn what_a_requirements_file_includes_counts_whatever_it_is_called() {
        let with = |pins: &str, other: &str| {
            of(&[
                ("requirements.txt", "-r deps/web\n"),
                ("deps/web", "flask\n-c ../pins\n"),
                ("pins", pins),
                ("old-requirements.txt", other),
            ])
        };
        let first = with("flask==3", "a");
        assert!(!first.has_project);
        assert_ne!(first.key, with("flask==2", "a").key);
        assert_eq!(first.key, with("flask==3", "b").key);
        assert_eq!(first.key_for("one"), first.key_for("two"));
    }

    #[test]
    fn files_of_the_project_in_a_virtualenv_are_those_of_one_release() {
        let other =
            "[[package]]\nname = \"flask\"\nsource = { registry = \"https://pypi.example.org\" }\n";
        for (path, text) in [
            ("requirements.txt", "flask\n-e .\n"),
            ("requirements.txt", "-r ../outside.txt\n"),
            ("requirements.txt", "-r missing.txt\n"),
            ("pyproject.toml", "[project]\n"),
            ("uv.lock", "source = { editable = \"libs/billing\" }\n"),
            ("uv.lock", "source = { directory = \"libs/billing\" }\n"),
            (
                "poetry.lock",
                "[package.source]\ntype = \"directory\"\nurl = \"libs/billing\"\n",
            ),
        ] {
            let found = of(&[(path, text)]);
            assert!(found.has_project, "{text}");
            assert_ne!(found.key_for("one"), found.key_for("two"), "{text}");
        }
        for (path, text) in [
            ("requirements.txt", "flask\n"),
            ("uv.lock", "source = { virtual = \".\" }\n"),
            ("uv.lock", "source = { editable = \".\" }\n"),
            ("uv.lock", other),
        ] {
            assert!(!of(&[(path, text)]).has_project, "{text}");
        }
    }
}
