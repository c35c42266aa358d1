//! What we made on a host for an app: what leaves it leaves the host.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use wsgi_model::{AbsPath, Action, Check, CheckMoment, Command, Stage, Word};

use crate::Digest;

/// What we made on a host for an app, kept there as `/var/lib/wsgi/{app}/manifest`: one JSON object a
/// line, so that a shell can read the paths.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Manifest {
    /// Paths and what we put there.
    pub paths: BTreeMap<AbsPath, Entry>,
    /// The actions that changes of these paths owe, by name.
    pub actions: BTreeMap<String, Action>,
    /// Besides paths.
    pub needs: ManifestNeeds,
}

/// What we put at a path.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Entry {
    /// What it is.
    pub kind: Kind,
    /// The hashes of what we wrote: of a block, of the block alone. Two, when a run did not end.
    pub digests: BTreeSet<Digest>,
    /// The owner, as `user:group`: what was asked for, where it could not be given.
    pub owner: String,
    /// Of a block, its first and its last line, by which it is found again.
    pub markers: Option<String>,
    /// What must hold after a change.
    pub checks: Vec<Check>,
    /// The names of actions that a change owes.
    pub notify: Vec<String>,
    /// Whether what we wrote is secret: what takes its place is then shown by nobody.
    pub secret: bool,
}

impl Entry {
    /// Something of root's that needs no checks and owes nothing.
    pub(crate) fn plain(kind: Kind) -> Self {
        Self {
            kind,
            digests: BTreeSet::new(),
            owner: "root:root".to_owned(),
            markers: None,
            checks: Vec::new(),
            notify: Vec::new(),
            secret: false,
        }
    }
}

/// What is at a path of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Kind {
    /// A file, all of it ours.
    File,
    /// A file with a block of ours.
    Block,
    /// A file that we made and somebody else fills.
    Kept,
    /// A directory.
    Directory,
    /// A symbolic link.
    Symlink,
}

/// What we made besides paths.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestNeeds {
    /// The user, when we made it.
    pub user: Option<String>,
    /// The group, when we made it.
    pub group: Option<String>,
    /// The public keys that we let in, as in `authorized_keys`.
    pub keys: BTreeSet<String>,
    /// The virtualenv.
    pub virtualenv: Option<String>,
    /// Python packages that were asked for.
    pub pip: BTreeSet<String>,
    /// Debian packages that were asked for.
    pub packages: BTreeSet<String>,
}

/// A line of the file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PathLine {
    // First, as a shell expects it.
    path: String,
    kind: Kind,
    digests: BTreeSet<Digest>,
    owner: String,
    markers: Option<String>,
    checks: Vec<CheckLine>,
    notify: Vec<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    secret: bool,
}

#[derive(Serialize, Deserialize)]
struct CheckLine {
    staged: bool,
    command: Vec<Option<String>>,
}

#[derive(Serialize, Deserialize)]
struct ActionLine {
    action: String,
    stage: StageName,
    commands: Vec<Vec<Option<String>>>,
}

#[derive(Serialize, Deserialize)]
struct NeedsLine {
    needs: ManifestNeeds,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum StageName {
    Reread,
    Restart,
    Exchange,
    Reload,
}

/// A manifest that this version cannot read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ManifestError {
    /// A line is not one of ours.
    #[error("line {line} cannot be read")]
    Line {
        /// Counted from 1.
        line: usize,
        /// Why not.
        #[source]
        source: serde_json::Error,
    },
    /// A path is none.
    #[error("`{0}` is not a path")]
    Path(String),
    /// It was written by a later version.
    #[error("it is not of version 1: a later wsgi-cli wrote it")]
    Version,
}

/// The first line, without its line feed.
const HEAD: &str = r#"{"wsgi":1}"#;

impl Manifest {
    /// The file.
    pub fn to_text(&self) -> String {
        let mut text = String::from(HEAD);
        text.push('\n');
        for (path, entry) in &self.paths {
            let checks = entry.checks.iter().map(|check| CheckLine {
                staged: check.moment == CheckMoment::Staged,
                command: words(&check.command),
            });
            push(
                &mut text,
                &PathLine {
                    path: path.to_string(),
                    kind: entry.kind,
                    digests: entry.digests.clone(),
                    owner: entry.owner.clone(),
                    markers: entry.markers.clone(),
                    checks: checks.collect(),
                    notify: entry.notify.clone(),
                    secret: entry.secret,
                },
            );
        }
        for (name, action) in &self.actions {
            push(
                &mut text,
                &ActionLine {
                    action: name.clone(),
                    stage: action.stage.into(),
                    commands: action.commands.iter().map(words).collect(),
                },
            );
        }
        push(
            &mut text,
            &NeedsLine {
                needs: self.needs.clone(),
            },
        );
        text
    }

    /// Reads the file.
    ///
    /// # Errors
    /// [`ManifestError`] when it is not one that this version wrote.
    pub fn parse(text: &str) -> Result<Self, ManifestError> {
        let mut lines = text.lines().enumerate();
        if lines.next().map(|(_, line)| line) != Some(HEAD) {
            return Err(ManifestError::Version);
        }
        let mut manifest = Self::default();
        for (index, line) in lines {
            let failed = |source| ManifestError::Line {
                line: index + 1,
                source,
            };
            if line.starts_with(r#"{"path":"#) {
                let line: PathLine = serde_json::from_str(line).map_err(failed)?;
                let path = AbsPath::parse(&line.path);
                let path = path.map_err(|_| ManifestError::Path(line.path.clone()))?;
                manifest.paths.insert(path, line.into());
            } else if line.starts_with(r#"{"action":"#) {
                let line: ActionLine = serde_json::from_str(line).map_err(failed)?;
                let commands: Vec<Command> = line.commands.into_iter().map(command).collect();
                let action = Action::new(line.action.clone(), line.stage.into(), commands);
                manifest.actions.insert(line.action, action);
            } else {
                let line: NeedsLine = serde_json::from_str(line).map_err(failed)?;
                manifest.needs = line.needs;
            }
        }
        Ok(manifest)
    }

    /// What both say: of a path in both, the hashes of both.
    #[must_use]
    pub(crate) fn with(self, other: &Self) -> Self {
        let mut both = self;
        for (path, entry) in &other.paths {
            let mut entry = entry.clone();
            if let Some(ours) = both.paths.get(path) {
                entry.digests.extend(&ours.digests);
            }
            both.paths.insert(path.clone(), entry);
        }
        both.actions
            .extend(other.actions.iter().map(|(n, a)| (n.clone(), a.clone())));
        let (needs, others) = (&mut both.needs, &other.needs);
        needs.user = others.user.clone().or_else(|| needs.user.take());
        needs.group = others.group.clone().or_else(|| needs.group.take());
        needs.virtualenv = others
            .virtualenv
            .clone()
            .or_else(|| needs.virtualenv.take());
        needs.keys.extend(others.keys.iter().cloned());
        needs.pip.extend(others.pip.iter().cloned());
        needs.packages.extend(others.packages.iter().cloned());
        both
    }
}

fn push(text: &mut String, line: &impl Serialize) {
    let line = serde_json::to_string(line).expect("texts, lists and maps of texts are JSON");
    text.push_str(&line);
    text.push('\n');
}

/// The program and its arguments; null is the staged file.
fn words(command: &Command) -> Vec<Option<String>> {
    let program = Some(command.program.to_string());
    let args = command.args.iter().map(|word| match word {
        Word::Literal(text) => Some(text.to_string()),
        _ => None,
    });
    std::iter::once(program).chain(args).collect()
}

fn command(words: Vec<Option<String>>) -> Command {
    let mut words = words.into_iter();
    let program = words.next().flatten().unwrap_or_default();
    words.fold(Command::new(program), |command, word| match word {
        Some(text) => command.arg(text),
        None => command.staged_file(),
    })
}

impl From<PathLine> for Entry {
    fn from(line: PathLine) -> Self {
        let checks = line.checks.into_iter().map(|check| Check {
            moment: if check.staged {
                CheckMoment::Staged
            } else {
                CheckMoment::InPlace
            },
            command: command(check.command),
        });
        Self {
            kind: line.kind,
            digests: line.digests,
            owner: line.owner,
            markers: line.markers,
            checks: checks.collect(),
            notify: line.notify,
            secret: line.secret,
        }
    }
}

impl From<Stage> for StageName {
    fn from(stage: Stage) -> Self {
        match stage {
            Stage::Reread => Self::Reread,
            Stage::Restart => Self::Restart,
            Stage::Exchange => Self::Exchange,
            Stage::Reload => Self::Reload,
        }
    }
}

impl From<StageName> for Stage {
    fn from(stage: StageName) -> Self {
        match stage {
            StageName::Reread => Self::Reread,
            StageName::Restart => Self::Restart,
            StageName::Exchange => Self::Exchange,
            StageName::Reload => Self::Reload,
        }
    }
}
