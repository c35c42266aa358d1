//! What is known of an app's releases on a host.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime};

use camino::Utf8Path;
use serde::Serialize;

use super::deployment::{NoRelease, second};
use wsgi_model::nearest;

/// What is known of an app's releases on a host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Survey {
    /// What must be there before a deploy and is not: the app was not applied.
    pub unready: Vec<String>,
    /// The releases, the oldest first: in the order in which they came, whatever their names say.
    pub releases: Vec<Release>,
    /// The release that runs.
    pub current: Option<String>,
    /// Who deploys right now, and since when.
    pub deploying: Option<String>,
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
    /// Its name: when it was made by the clock of whoever made it, and of what.
    pub id: String,
    /// Its place in the order in which releases came to the host.
    #[serde(skip)]
    pub(super) number: u64,
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
            "deploying" => self.deploying = Some(rest.to_owned()),
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

    /// Puts in order what was recorded.
    pub(super) fn arrange(&mut self) {
        let place = |release: &Release| (release.number, release.id.clone());
        self.releases.sort_by_cached_key(place);
    }

    /// A time for the name of the next release: `time`, or the next second in which no other one was
    /// made.
    pub fn free_second(&self, mut time: SystemTime) -> SystemTime {
        let is_taken = |time: SystemTime| {
            let second = second(time);
            let mut names = self.releases.iter().map(|release| &release.id);
            names.any(|name| name.starts_with(&second))
        };
        while is_taken(time) {
            time += Duration::from_secs(1);
        }
        time
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

    /// The release of this name, or the one that may be meant by it: by its revision, say.
    ///
    /// # Errors
    /// [`NoRelease::Unknown`]
    pub fn find(&self, name: &str) -> Result<&Release, NoRelease> {
        self.release(name).ok_or_else(|| {
            let known = self.releases.iter().map(|release| release.id.as_str());
            let mut with = known.clone().filter(|id| id.contains(name));
            let meant = match (with.next(), with.next()) {
                (Some(id), None) => Some(id),
                _ => nearest(name, known),
            };
            NoRelease::Unknown {
                name: name.to_owned(),
                meant: meant.map(str::to_owned),
            }
        })
    }

    /// The release to go back to: the newest good one before the one that runs.
    pub fn previous(&self) -> Option<&Release> {
        let current = self.current.as_deref();
        let current = self
            .releases
            .iter()
            .position(|release| Some(release.id.as_str()) == current);
        // All are before one that nothing is noted of.
        let earlier = &self.releases[..current.unwrap_or(self.releases.len())];
        earlier
            .iter()
            .rfind(|release| release.is_there && release.outcome == ReleaseOutcome::Good)
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
        number: word("number").parse().unwrap_or_default(),
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
