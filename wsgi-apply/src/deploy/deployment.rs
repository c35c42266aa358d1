//! What is deployed where, and what is gone back to.

use std::collections::BTreeSet;
use std::time::SystemTime;

use wsgi_model::RelativePath;

use super::program::{Company, Program, Writer, program};
use super::tree::{Tree, TreeEntry, TreeError};
use super::{
    DeployStep, Dispatch, Fetched, LockKind, ReleaseOutcome, ReleaseSite, Requirements, SourceTree,
    Survey,
};
use crate::Digest;
use crate::posix::Payload;

/// A release that is to take the place of the running one.
#[derive(Debug)]
#[non_exhaustive]
pub struct Deployment<'a> {
    /// Where.
    pub site: &'a ReleaseSite,
    /// What.
    pub content: Content<'a>,
    /// What was there when it was looked at.
    pub survey: &'a Survey,
    /// What is to be installed.
    pub requirements: Requirements,
    /// Its name.
    pub id: String,
    /// Who does it.
    pub operator: String,
    /// For how many seconds to wait while somebody else deploys.
    pub wait: u32,
    /// Whether all files are sent, those that the host has as well.
    pub full: bool,
    /// Whether the hooks run that run once for all hosts.
    pub leads: bool,
    /// Whether it can still be withheld.
    pub dispatch: Dispatch,
}

/// The files of a release, and how they come to the host.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Content<'a> {
    /// They are sent.
    Sent(&'a SourceTree),
    /// The host has fetched them.
    Fetched(&'a Fetched),
}

impl<'a> From<&'a SourceTree> for Content<'a> {
    fn from(source: &'a SourceTree) -> Self {
        Self::Sent(source)
    }
}

impl<'a> From<&'a Fetched> for Content<'a> {
    fn from(fetched: &'a Fetched) -> Self {
        Self::Fetched(fetched)
    }
}

impl Content<'_> {
    fn revision(&self) -> &str {
        match self {
            Self::Sent(source) => &source.revision,
            Self::Fetched(fetched) => fetched.revision(),
        }
    }
}

/// An earlier release that is to take the place of the running one.
#[derive(Debug)]
#[non_exhaustive]
pub struct Rollback<'a> {
    /// Where.
    pub site: &'a ReleaseSite,
    /// What was there when it was looked at.
    pub survey: &'a Survey,
    /// The release.
    pub id: String,
    /// Its virtualenv.
    pub virtualenv: String,
    /// Of what it was made.
    pub revision: String,
    /// Who does it.
    pub operator: String,
    /// For how many seconds to wait while somebody else deploys.
    pub wait: u32,
    /// Whether it can still be withheld.
    pub dispatch: Dispatch,
}

/// What is sent of a release, by the names that it arrives under.
#[derive(Default)]
struct Parcels {
    /// The names of the last release's files that are not in this one as they were.
    gone: String,
    /// The files that the host does not have.
    archive: String,
    /// Their hashes.
    added: String,
    /// A hash of the hashes of all.
    whole: String,
    payload: Payload,
}

impl<'a> Deployment<'a> {
    /// A deployment of one host, by nobody in particular.
    pub fn new(
        site: &'a ReleaseSite,
        content: impl Into<Content<'a>>,
        survey: &'a Survey,
        requirements: Requirements,
        id: String,
    ) -> Self {
        Self {
            site,
            content: content.into(),
            survey,
            requirements,
            id,
            operator: String::new(),
            wait: 0,
            full: false,
            leads: true,
            dispatch: Dispatch::default(),
        }
    }

    /// The steps that it has.
    pub fn steps(&self) -> Vec<DeployStep> {
        self.writer(Parcels::default(), Company::Alone).steps
    }

    fn writer(&self, parcels: Parcels, company: Company) -> Writer {
        let site = self.site;
        let Parcels {
            gone,
            archive,
            added,
            whole,
            payload,
        } = parcels;
        let mut writer = Writer::new(payload, company);
        let base = if self.full {
            None
        } else {
            self.survey.base.as_deref()
        };
        let base = base.unwrap_or_default();
        writer.call(&["unused"]);
        match self.content {
            Content::Sent(_) => {
                let words = ["assemble", base, &gone, &archive, &added, &whole];
                writer.step(DeployStep::Assemble, &words);
            }
            Content::Fetched(fetched) => {
                writer.step(DeployStep::Assemble, &["check_out", &fetched.commit]);
            }
        }
        if !site.deploy.shared_paths.is_empty() {
            let mut words = vec!["shared"];
            words.extend(site.deploy.shared_paths.iter().map(RelativePath::as_str));
            writer.step(DeployStep::Share, &words);
        }
        writer.step(DeployStep::Complete, &["complete"]);
        let kind = self.requirements.kind;
        let key = self.requirements.key_for(&self.id);
        let mut words = vec![
            "virtualenv_of",
            key.as_str(),
            kind.word(),
            if kind == LockKind::Requirements {
                kind.file()
            } else {
                "-"
            },
        ];
        words.extend(site.packages.iter().map(String::as_str));
        writer.step(DeployStep::Virtualenv, &words);
        let release = format!("{}/{}", site.releases, self.id);
        let virtualenv = format!("{}/{key}", site.virtualenvs);
        let build = &site.deploy.build;
        writer.hooks(site, (&release, &virtualenv), build, DeployStep::Build);
        writer.go_over(site, &release, &virtualenv, Some(self.leads));
        let keep = site.deploy.keep_releases.to_string();
        writer.call(&["deployed", "deploy", &keep]);
        writer
    }

    /// What is sent: of the files, those that the host has not.
    fn parcels(&self, tree: &Tree) -> Result<Parcels, TreeError> {
        let has_base = !self.full && self.survey.base.is_some();
        let mut kept = BTreeSet::new();
        let mut unknown = BTreeSet::new();
        for (path, entry) in &tree.entries {
            let TreeEntry::File {
                digest, executable, ..
            } = entry
            else {
                continue;
            };
            if self.survey.keeps(path) {
                continue;
            }
            if has_base && self.survey.has(path, &digest.to_string(), *executable) {
                kept.insert(path.as_str());
            } else {
                unknown.insert(path.as_path());
            }
        }
        // What is told of the files is in proportion to what has changed, too.
        let gone = self.survey.index.keys();
        let gone: String = gone
            .filter(|path| !kept.contains(path.as_str()))
            .flat_map(|path| [path.as_str(), "\n"])
            .collect();
        let failed = |error| TreeError::Read(tree.root.clone(), error);
        let archive = tempfile::tempfile().map_err(failed)?;
        let archive = tree.archive(archive, |path| unknown.contains(path))?;
        let mut payload = Payload::default();
        let gone = payload.push(gone.into_bytes());
        let archive = payload.push_file(archive).map_err(failed)?;
        let added = tree.index(|path| unknown.contains(path));
        let added = payload.push(added.into_bytes());
        let whole = Digest::of(tree.index(|path| !self.survey.keeps(path)).as_bytes()).to_string();
        Ok(Parcels {
            gone,
            archive,
            added,
            whole,
            payload,
        })
    }

    pub(super) fn program(
        &self,
        mark: &str,
        supervisor: &str,
        company: Company,
    ) -> Result<Program, TreeError> {
        let parcels = match self.content {
            Content::Sent(source) => self.parcels(&source.tree)?,
            Content::Fetched(_) => Parcels::default(),
        };
        let writer = self.writer(parcels, company);
        Ok(program(
            self.site,
            (
                &self.id,
                &self.requirements.key_for(&self.id),
                self.content.revision(),
            ),
            (&self.operator, self.wait),
            self.survey,
            mark,
            supervisor,
            writer,
        ))
    }
}

/// Why there is no release to go back to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoRelease {
    /// There is none of this name.
    #[error("there is no release {name}")]
    Unknown {
        /// The name.
        name: String,
        /// Another one that may be meant.
        meant: Option<String>,
    },
    /// It never served.
    #[error("the release {0} failed when it was deployed")]
    Failed(String),
    /// Its files are gone.
    #[error("the files of the release {0} are gone")]
    Gone(String),
    /// It serves already.
    #[error("the release {0} serves already")]
    Serves(String),
    /// There is none before the one that serves.
    #[error("there is no good release before the one that serves")]
    NoEarlier,
}

impl NoRelease {
    /// What to do about it.
    pub fn help(&self) -> String {
        let lists = "`wsgi-cli releases` lists them; `wsgi-cli deploy` makes a new one";
        match self {
            Self::Unknown {
                meant: Some(meant), ..
            } => format!("did you mean {meant}? {lists}"),
            _ => lists.to_owned(),
        }
    }
}

/// A time as it begins the name of a release.
pub(super) fn second(time: SystemTime) -> String {
    let time = humantime::format_rfc3339_seconds(time).to_string();
    time.chars().filter(|c| !matches!(c, '-' | ':')).collect()
}

/// The name of a release that is made at `time` of a revision: `20261122T101500Z-0f3a9c1d2e`.
pub fn release_name(time: SystemTime, revision: &str) -> String {
    let time = second(time);
    // It becomes a part of paths and of a shell's patterns.
    let is_plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let revision: String = revision.chars().filter(is_plain).take(40).collect();
    format!("{time}-{revision}")
}

impl<'a> Rollback<'a> {
    /// A return to the release `to`, or to the last good one before that which serves.
    ///
    /// # Errors
    /// [`NoRelease`] when there is none.
    pub fn new(
        site: &'a ReleaseSite,
        survey: &'a Survey,
        to: Option<&str>,
    ) -> Result<Self, NoRelease> {
        let release = match to {
            None => survey.previous().ok_or(NoRelease::NoEarlier)?,
            Some(id) => survey.find(id)?,
        };
        let id = release.id.clone();
        if survey.current.as_deref() == Some(&id) {
            return Err(NoRelease::Serves(id));
        }
        if release.outcome != ReleaseOutcome::Good {
            return Err(NoRelease::Failed(id));
        }
        if !release.is_there || !survey.cached.contains(&release.virtualenv) {
            return Err(NoRelease::Gone(id));
        }
        Ok(Self {
            site,
            survey,
            id,
            virtualenv: release.virtualenv.clone(),
            revision: release.revision.clone(),
            operator: String::new(),
            wait: 0,
            dispatch: Dispatch::default(),
        })
    }
}

impl Rollback<'_> {
    fn writer(&self, company: Company) -> Writer {
        let site = self.site;
        let mut writer = Writer::new(Payload::default(), company);
        let release = format!("{}/{}", site.releases, self.id);
        let virtualenv = format!("{}/{}", site.virtualenvs, self.virtualenv);
        writer.go_over(site, &release, &virtualenv, None);
        writer.call(&["deployed", "rollback", ""]);
        writer
    }

    /// The steps that it has.
    pub fn steps(&self) -> Vec<DeployStep> {
        self.writer(Company::Alone).steps
    }

    pub(super) fn program(&self, mark: &str, supervisor: &str, company: Company) -> Program {
        program(
            self.site,
            (&self.id, &self.virtualenv, &self.revision),
            (&self.operator, self.wait),
            self.survey,
            mark,
            supervisor,
            self.writer(company),
        )
    }
}
