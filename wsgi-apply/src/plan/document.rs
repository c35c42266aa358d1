//! A plan as a JSON document.

use serde::{Deserialize, Serialize};
use wsgi_model::{Command, Sensitivity, Word};

use super::{After, Change, Counts, Obstacle, PathChange, Plan, Step};
use crate::{Attributes, Diff, Digest, Observed};

/// A plan as a JSON document, without anything secret.
///
/// Its fields are an interface: they stay, and others may be added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PlanDocument {
    /// The changes, in their order.
    pub steps: Vec<StepDocument>,
    /// What forbids to perform it.
    pub obstacles: Vec<ObstacleDocument>,
    /// What the operator should know.
    pub remarks: Vec<String>,
    /// How many steps do what.
    pub counts: CountsDocument,
}

/// A change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StepDocument {
    /// The app that wants it.
    pub app: String,
    /// `add`, `change`, `remove` or `run`.
    pub effect: String,
    /// `packages`, `group`, `user`, `directory`, `file`, `symlink`, `virtualenv`, `service`,
    /// `crontab`, `action` or `record`.
    pub kind: String,
    /// The path, or the name of what it is about.
    pub name: String,
    /// The path, if it is about one.
    pub path: Option<String>,
    /// Who makes the change at the path.
    pub actor: Option<String>,
    /// What is at the path before.
    pub before: Option<NodeDocument>,
    /// What is there then.
    pub after: Option<NodeDocument>,
    /// Whether a backup of what is there before is kept.
    pub backup: bool,
    /// The packages that are installed: Debian's, or as pip(1) takes them.
    pub install: Vec<String>,
    /// The hash of what runs.
    pub sha256: Option<Digest>,
    /// What else there is to say, in words.
    pub details: Vec<String>,
    /// Why, where the change does not say it itself.
    pub because: Option<String>,
    /// How a text changes, as `diff -u` prints it; none of what is secret.
    pub diff: Option<String>,
}

/// What stands at a path.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NodeDocument {
    /// `directory`, `file`, `symlink` or `other`.
    pub kind: String,
    /// The permissions, such as `0640`.
    pub mode: Option<String>,
    /// The owner.
    pub owner: Option<String>,
    /// The group.
    pub group: Option<String>,
    /// Where a link points.
    pub target: Option<String>,
    /// The hash of a file's contents; none of what is secret.
    pub sha256: Option<Digest>,
    /// Whether a file's contents are secret.
    pub sensitive: bool,
}

/// What forbids to perform a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ObstacleDocument {
    /// A word for programs, such as `foreign`.
    pub code: &'static str,
    /// What is the matter.
    pub message: String,
    /// What to do about it.
    pub help: String,
    /// The path that it is about, if it is about one.
    pub path: Option<String>,
}

/// How many steps of a plan do what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CountsDocument {
    /// How much is added.
    pub add: usize,
    /// How much is changed.
    pub change: usize,
    /// How much is removed.
    pub remove: usize,
    /// How many programs run.
    pub run: usize,
}

/// For whom a document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reader {
    /// Anybody: a hash of a short secret gives it away.
    Anybody,
    /// A later call of ours, that compares.
    Comparison,
}

impl Plan {
    /// The plan as a JSON document.
    pub fn document(&self) -> PlanDocument {
        PlanDocument {
            steps: self.step_documents(Reader::Anybody),
            obstacles: self.obstacles.iter().map(ObstacleDocument::of).collect(),
            remarks: self.remarks.clone(),
            counts: self.counts().into(),
        }
    }

    pub(super) fn step_documents(&self, reader: Reader) -> Vec<StepDocument> {
        let steps = self.steps.iter();
        steps.map(|step| StepDocument::of(step, reader)).collect()
    }
}

impl From<Counts> for CountsDocument {
    fn from(counts: Counts) -> Self {
        Self {
            add: counts.add,
            change: counts.change,
            remove: counts.remove,
            run: counts.run,
        }
    }
}

impl StepDocument {
    fn of(step: &Step, reader: Reader) -> Self {
        let path = match &step.change {
            Change::Path(change) => Some(change),
            _ => None,
        };
        let diff = Diff::of(step).filter(|_| reader == Reader::Anybody);
        Self {
            app: step.app.to_string(),
            effect: step.effect().code().to_owned(),
            kind: step.kind().to_owned(),
            name: step.subject(),
            path: path.map(|change| change.path.to_string()),
            actor: path.map(|change| change.actor.name().to_owned()),
            before: path.and_then(|change| NodeDocument::before(change, reader)),
            after: path.and_then(|change| NodeDocument::after(change, reader)),
            backup: path.is_some_and(|change| change.backup),
            install: match &step.change {
                Change::Packages { names, .. } => names.clone(),
                Change::Virtualenv { install, .. } => install.clone(),
                _ => Vec::new(),
            },
            sha256: match &step.change {
                Change::Action { action, .. } => Some(digest(&action.commands)),
                _ => None,
            },
            details: step.details(),
            because: step.because.map(str::to_owned),
            diff: match diff {
                Some(diff @ Diff::Text(_)) => Some(diff.to_string()),
                _ => None,
            },
        }
    }
}

impl NodeDocument {
    fn before(change: &PathChange, reader: Reader) -> Option<Self> {
        let sensitive = is_secret(&change.after);
        let document = match &change.before {
            Observed::Absent => return None,
            Observed::Directory(attributes) => Self::new("directory", attributes),
            Observed::File {
                attributes, digest, ..
            } => Self {
                sha256: digest.filter(|_| reader == Reader::Comparison || !sensitive),
                sensitive,
                ..Self::new("file", attributes)
            },
            Observed::Symlink { attributes, target } => Self {
                target: Some(target.to_string()),
                ..Self::new("symlink", attributes)
            },
            Observed::Other(_, attributes) => Self::new("other", attributes),
        };
        Some(document)
    }

    fn after(change: &PathChange, reader: Reader) -> Option<Self> {
        let of = |kind: &str, mode: Option<String>, owner: &wsgi_model::Owner| Self {
            kind: kind.to_owned(),
            mode,
            owner: Some(owner.user.to_string()),
            group: Some(owner.group.to_string()),
            ..Self::default()
        };
        let document = match &change.after {
            After::Absent => return None,
            After::Directory { mode, owner } => of("directory", Some(mode.to_string()), owner),
            After::Attributes { mode, owner } => {
                let before = Self::before(change, reader)?;
                let mode = Some(mode.to_string());
                Self {
                    sha256: before.sha256,
                    ..of(&before.kind, mode, owner)
                }
            }
            After::File {
                contents,
                mode,
                owner,
            } => {
                let sensitive = is_secret(&change.after);
                let shown = reader == Reader::Comparison || !sensitive;
                Self {
                    sha256: shown.then(|| Digest::of(contents.expose())),
                    sensitive,
                    ..of("file", Some(mode.to_string()), owner)
                }
            }
            After::Symlink { target, owner } => Self {
                target: Some(target.to_string()),
                ..of("symlink", None, owner)
            },
        };
        Some(document)
    }

    fn new(kind: &str, attributes: &Attributes) -> Self {
        Self {
            kind: kind.to_owned(),
            mode: Some(attributes.mode.to_string()),
            owner: Some(attributes.user.clone()),
            group: Some(attributes.group.clone()),
            ..Self::default()
        }
    }
}

impl ObstacleDocument {
    fn of(obstacle: &Obstacle) -> Self {
        Self {
            code: obstacle.code(),
            message: obstacle.to_string(),
            help: obstacle.help(),
            path: obstacle.path().map(ToString::to_string),
        }
    }
}

fn is_secret(after: &After) -> bool {
    match after {
        After::File { contents, .. } => contents.sensitivity() == Sensitivity::Secret,
        // Nothing is known of what goes, or stays as it is.
        After::Absent | After::Attributes { .. } => true,
        _ => false,
    }
}

fn digest(commands: &[Command]) -> Digest {
    let mut text = String::new();
    for command in commands {
        text.push_str(&command.program);
        for word in &command.args {
            text.push('\0');
            if let Word::Literal(word) = word {
                text.push_str(word);
            }
        }
        text.push('\n');
    }
    Digest::of(text.as_bytes())
}
