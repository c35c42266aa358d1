//! What is known of an app's releases on a host.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8Path;
use serde::Serialize;

/// What is known of an app's releases on a host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Survey {
    /// What must be there before a deploy and is not: the app was not applied.
    pub unready: Vec<String>,
    /// The releases, the oldest first.
    pub releases: Vec<Release>,
    /// The release that runs.
    pub current: Option<String>,
    /// Whether what runs is a directory that somebody copied there.
    pub is_plain: bool,
    /// The virtualenvs that are whole.
    pub cached: BTreeSet<String>,
    /// The shared paths that are there: what a release has of them has no say any more.
    kept: BTreeSet<String>,
    /// The files of the release that runs.
    pub(super) index: BTreeMap<String, Known>,
    /// The release that the index is of.
    pub(super) base: Option<String>,
    /// The host's Python and processor.
    pub python: String,
    /// Whether the host has uv.
    pub has_uv: bool,
    /// What was deployed when, the oldest first.
    pub log: Vec<LogEntry>,
    arch: String,
}

/// A release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Release {
    /// Its name: when it was made, and of what.
    pub id: String,
    /// Of what it was made.
    pub revision: String,
    /// Who made it.
    pub operator: String,
    /// When its deploy began, in seconds since 1970.
    pub began: u64,
    /// How long that took, in seconds.
    pub seconds: u64,
    /// How it ended.
    pub outcome: ReleaseOutcome,
    /// Its virtualenv.
    pub virtualenv: String,
    /// Whether its files are there.
    pub is_there: bool,
}

/// What is known of a file of the release that runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Known {
    /// The first digits of its hash.
    half: String,
    /// Whether it can be run; nothing when it is not what was deployed any more.
    is_executable: Option<bool>,
}

/// How the deploy of a release ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ReleaseOutcome {
    /// It served.
    Good,
    /// It did not.
    Failed,
}

/// A line of the log of deploys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct LogEntry {
    /// When it ended, as RFC 3339 writes it.
    pub time: String,
    /// `deploy` or `rollback`.
    pub verb: String,
    /// The release.
    pub release: String,
    /// Of what it was made.
    pub revision: String,
    /// Who did it.
    pub operator: String,
    /// `good` or `failed`.
    pub outcome: String,
    /// How long it took, in seconds.
    pub seconds: u64,
}

impl Survey {
    /// Takes a record of the answer.
    pub(super) fn record(&mut self, text: &str) {
        let (word, rest) = text.split_once('\t').unwrap_or((text, ""));
        match word {
            "unready" => self.unready.push(rest.to_owned()),
            "current" => self.current = rest.rsplit('/').next().map(str::to_owned),
            "plain" => self.is_plain = true,
            "release" => self.releases.extend(release(rest)),
            "cached" => _ = self.cached.insert(rest.to_owned()),
            "base" => self.base = Some(rest.to_owned()),
            "index" => {
                self.index = rest.lines().filter_map(known).collect();
            }
            "kept" => _ = self.kept.insert(rest.to_owned()),
            "python" => rest.clone_into(&mut self.python),
            "arch" => rest.clone_into(&mut self.arch),
            "uv" => self.has_uv = true,
            "log" => self.log = rest.lines().filter_map(entry).collect(),
            _ => {}
        }
    }

    /// What decides, besides the requirements, whether a virtualenv fits.
    pub fn interpreter(&self) -> String {
        format!("{} {}", self.python, self.arch)
    }

    /// Whether it is kept for all releases, so that none brings it.
    pub(super) fn keeps(&self, path: &Utf8Path) -> bool {
        self.kept.iter().any(|kept| path.starts_with(kept))
    }

    /// Whether the release that runs has this very file.
    pub(super) fn has(&self, path: &Utf8Path, digest: &str, is_executable: bool) -> bool {
        let known = self.index.get(path.as_str());
        known.is_some_and(|known| {
            digest.starts_with(&known.half) && known.is_executable == Some(is_executable)
        })
    }

    /// The release of this name.
    pub fn release(&self, id: &str) -> Option<&Release> {
        self.releases.iter().find(|release| release.id == id)
    }

    /// The release to go back to: the newest good one before the one that runs.
    pub fn previous(&self) -> Option<&Release> {
        let current = self.current.as_deref().unwrap_or_default();
        let mut earlier = self.releases.iter().filter(|release| {
            release.is_there
                && release.outcome == ReleaseOutcome::Good
                && release.id.as_str() < current
        });
        earlier.next_back()
    }
}

fn known(line: &str) -> Option<(String, Known)> {
    let (half, rest) = line.split_at_checked(16)?;
    let (mode, path) = rest.split_at_checked(1)?;
    let known = Known {
        half: half.to_owned(),
        is_executable: match mode {
            "x" => Some(true),
            "-" => Some(false),
            _ => None,
        },
    };
    Some((path.to_owned(), known))
}

fn release(text: &str) -> Option<Release> {
    let mut fields = text.splitn(3, '\t');
    let id = fields.next()?.to_owned();
    let is_there = !fields.next()?.is_empty();
    let about: BTreeMap<&str, &str> = fields
        .next()?
        .lines()
        .filter_map(|line| line.split_once('='))
        .collect();
    let word = |name: &str| about.get(name).copied().unwrap_or_default();
    Some(Release {
        id,
        revision: word("revision").to_owned(),
        operator: word("operator").to_owned(),
        began: word("began").parse().unwrap_or_default(),
        seconds: word("seconds").parse().unwrap_or_default(),
        outcome: if word("outcome") == "good" {
            ReleaseOutcome::Good
        } else {
            ReleaseOutcome::Failed
        },
        virtualenv: word("venv").to_owned(),
        is_there,
    })
}

fn entry(line: &str) -> Option<LogEntry> {
    let fields: Vec<&str> = line.split('\t').collect();
    let &[time, verb, release, revision, operator, outcome, seconds] = fields.as_slice() else {
        return None;
    };
    Some(LogEntry {
        time: time.to_owned(),
        verb: verb.to_owned(),
        release: release.to_owned(),
        revision: revision.to_owned(),
        operator: operator.to_owned(),
        outcome: outcome.to_owned(),
        seconds: seconds.parse().ok()?,
    })
}
