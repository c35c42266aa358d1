//! Reads what `posix/observe.sh` prints.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use camino::Utf8PathBuf;
use sha2::{Digest as _, Sha256};
use wsgi_model::{AbsPath, AppName, Mode};

use super::{AppFacts, Attributes, Facts, Observed, Program};
use crate::manifest::ManifestError;
use crate::{Digest, Manifest, Probe};

/// Why what was observed is not known.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Unreadable {
    /// The answer is not whole.
    #[error("the answer is not whole")]
    Cut,
    /// Something was not looked at, as when a program that looks could not be started.
    #[error("the host does not tell all that it was asked for: {0}")]
    Missing(&'static str),
    /// A part of it makes no sense.
    #[error("`{0}` in the answer makes no sense")]
    Record(String),
    /// Something on the host could not be looked at.
    #[error("{0}")]
    Fault(String),
    /// What an earlier run left cannot be read.
    #[error("the manifest of {app} cannot be read")]
    Manifest {
        /// The app.
        app: AppName,
        /// Why not.
        #[source]
        source: ManifestError,
    },
}

/// An answer that is being read, piece by piece.
#[derive(Debug)]
pub(crate) struct Reading {
    mark: String,
    /// What stands for `/`; empty for `/` itself.
    prefix: String,
    begun: bool,
    ended: bool,
    partial: Vec<u8>,
    state: Option<Sha256>,
    /// The paths that are asked for, less those of manifests.
    paths: BTreeSet<AbsPath>,
    /// How many paths it says that it looked at, and how many of them had nothing.
    counted: (Option<usize>, Option<usize>),
    pub(super) facts: Facts,
    failure: Option<Unreadable>,
}

impl Reading {
    /// An answer between two marks, to what is asked.
    pub(crate) fn new(probe: &Probe, mark: &str, prefix: &str) -> Self {
        let mut paths = probe.ancestors();
        paths.extend(probe.paths.keys().cloned());
        Self {
            mark: mark.to_owned(),
            prefix: prefix.to_owned(),
            begun: false,
            ended: false,
            partial: Vec::new(),
            state: None,
            paths,
            counted: (None, None),
            facts: Facts::default(),
            failure: None,
        }
    }

    /// Takes the next piece.
    pub(crate) fn push(&mut self, piece: &[u8]) {
        let mut rest = piece;
        while let Some(end) = rest.iter().position(|&byte| byte == 0) {
            self.partial.extend_from_slice(&rest[..end]);
            rest = &rest[end + 1..];
            let record = std::mem::take(&mut self.partial);
            if self.failure.is_none() {
                self.record(&record);
            }
        }
        self.partial.extend_from_slice(rest);
    }

    /// The facts.
    pub(crate) fn finish(self) -> Result<Facts, Unreadable> {
        match self.failure {
            Some(failure) => Err(failure),
            None if !self.ended => Err(Unreadable::Cut),
            None => self.whole(),
        }
    }

    /// Not to know is an error, and no absence.
    fn whole(mut self) -> Result<Facts, Unreadable> {
        for app in self.facts.apps.values() {
            let manifests = [Some(&app.manifest), app.intent.as_ref()];
            for manifest in manifests.into_iter().flatten() {
                self.paths.extend(manifest.paths.keys().cloned());
            }
        }
        let (asked, missing) = self.counted;
        if asked != Some(self.paths.len()) {
            return Err(Unreadable::Missing("paths"));
        }
        if missing.map(|missing| missing + self.facts.nodes.len()) != asked {
            return Err(Unreadable::Missing("what stands at paths"));
        }
        Ok(self.facts)
    }

    fn record(&mut self, record: &[u8]) {
        if !self.begun {
            // A login shell may print before it.
            self.begun = record.ends_with(self.mark.as_bytes());
            return;
        }
        if self.ended {
            return;
        }
        let text = String::from_utf8_lossy(record);
        if text.strip_suffix("-end") == Some(&self.mark) {
            self.ended = true;
            return;
        }
        if text == "stated" {
            let state = self.state.take().unwrap_or_default();
            self.facts.state = Some(Digest::finished(state));
            return;
        }
        if let Some(state) = &mut self.state {
            state.update(record);
            state.update([0]);
        }
        if text == "state" {
            self.state = Some(Sha256::new());
            return;
        }
        if let Err(failure) = self.fact(&text) {
            self.failure = Some(failure);
        }
    }

    fn fact(&mut self, text: &str) -> Result<(), Unreadable> {
        let nonsense = || Unreadable::Record(text.chars().take(200).collect());
        let (word, rest) = text.split_once('\t').unwrap_or((text, ""));
        let system = &mut self.facts.system;
        match word {
            "fault" => return Err(Unreadable::Fault(rest.to_owned())),
            "system" => {
                let mut fields = rest.split('\t').map(str::to_owned);
                system.id = fields.next().unwrap_or_default();
                system.version = fields.next().unwrap_or_default();
                system.systemd = fields.next().as_deref() == Some("systemd");
            }
            "nginx" => system.nginx = Some(rest.to_owned()),
            "nginx_refusal" => system.nginx_refusal = Some(rest.to_owned()),
            "running" => _ = system.running.insert(rest.to_owned()),
            "enabled" => _ = system.enabled.insert(rest.to_owned()),
            "programs" => system.programs = programs(rest),
            "manifest" | "intent" | "applied" | "owed" | "venv" => {
                self.app(word, rest).ok_or_else(nonsense)??;
            }
            "asked" => self.counted.0 = Some(rest.parse().map_err(|_| nonsense())?),
            "missing" => self.counted.1 = Some(rest.parse().map_err(|_| nonsense())?),
            "packages" if !rest.starts_with("dpkg\t") && !rest.contains("\ndpkg\t") => {
                return Err(Unreadable::Missing("packages"));
            }
            "node" => {
                let (path, node) = self.node(rest).ok_or_else(nonsense)?;
                self.facts.nodes.insert(path, node);
            }
            "pristine" => {
                let path = self.path(rest).ok_or_else(nonsense)?;
                self.facts.pristine.insert(path);
            }
            "hash" => self.hashes(rest),
            "marked" => {
                let path = self.path(rest).ok_or_else(nonsense)?;
                self.facts.marked.insert(path);
            }
            "contents" => {
                let (paths, encoded) = rest.split_once('\t').ok_or_else(nonsense)?;
                let bytes = STANDARD.decode(encoded).unwrap_or_default();
                let mut rest = bytes.as_slice();
                let mut paths = paths.lines().peekable();
                while let Some(path) = paths.next() {
                    // As `head -v` prints several files.
                    let title = |path: &str| format!("==> {path} <==\n");
                    rest = rest
                        .strip_prefix(title(path).as_bytes())
                        .unwrap_or_default();
                    let next = paths.peek().map(|next| ["\n", &title(next)].concat());
                    let end = next.and_then(|next| find(rest, next.as_bytes()));
                    let contents = &rest[..end.unwrap_or(rest.len())];
                    rest = end.map_or(&[], |end| &rest[end + 1..]);
                    let path = self.path(path).ok_or_else(nonsense)?;
                    self.contents(&path, contents);
                }
            }
            _ => return self.system(word, rest).ok_or_else(nonsense),
        }
        Ok(())
    }

    /// What is known of one app; none when it makes no sense.
    fn app(&mut self, word: &str, rest: &str) -> Option<Result<(), Unreadable>> {
        let (name, text) = rest.split_once('\t')?;
        let name = AppName::parse(name).ok()?;
        let app: &mut AppFacts = self.facts.apps.entry(name.clone()).or_default();
        match word {
            "applied" => app.applied = Some(text.to_owned()),
            "owed" => _ = app.owed.insert(text.to_owned()),
            "venv" => app.virtualenv = Some(text.lines().filter_map(distribution).collect()),
            _ => match Manifest::parse(text) {
                Ok(manifest) if word == "manifest" => app.manifest = manifest,
                Ok(intent) => app.intent = Some(intent),
                Err(source) => return Some(Err(Unreadable::Manifest { app: name, source })),
            },
        }
        Some(Ok(()))
    }

    fn path(&self, text: &str) -> Option<AbsPath> {
        let path = text.strip_prefix(&self.prefix)?;
        AbsPath::parse(if path.is_empty() { "/" } else { path }).ok()
    }

    fn node(&self, text: &str) -> Option<(AbsPath, Observed)> {
        let mut fields = text.splitn(8, '\t');
        let kind = fields.next()?.chars().next()?;
        let mode = u16::from_str_radix(fields.next()?, 8).ok()?;
        let attributes = Attributes {
            mode: Mode::new(mode),
            uid: fields.next()?.parse().ok()?,
            user: fields.next()?.to_owned(),
            group: fields.next()?.to_owned(),
        };
        let links = fields.next()?;
        let path = self.path(fields.next()?)?;
        let target = fields.next()?;
        let node = match kind {
            'd' => Observed::Directory(attributes),
            'f' => Observed::File {
                attributes,
                links: links.parse().ok()?,
                digest: None,
                contents: None,
            },
            'l' => Observed::Symlink {
                attributes,
                target: Utf8PathBuf::from(target),
            },
            other => Observed::Other(other, attributes),
        };
        Some((path, node))
    }

    /// Hashes of files, as sha256sum(1) prints them.
    fn hashes(&mut self, lines: &str) {
        for line in lines.lines() {
            let Some((digest, path)) = line.split_once("  ") else {
                continue;
            };
            let (Some(found), Some(path)) = (Digest::parse(digest), self.path(path)) else {
                continue;
            };
            if let Some(Observed::File { digest, .. }) = self.facts.nodes.get_mut(&path) {
                *digest = Some(found);
            }
        }
    }

    /// Contents count when they have the file's hash: they may be too long, or have changed since.
    fn contents(&mut self, path: &AbsPath, bytes: &[u8]) {
        match self.facts.nodes.get_mut(path) {
            Some(Observed::File {
                digest, contents, ..
            }) if *digest == Some(Digest::of(bytes)) => *contents = Some(bytes.to_owned()),
            _ => {}
        }
    }
}

/// Where the needle begins.
fn find(hay: &[u8], needle: &[u8]) -> Option<usize> {
    hay.windows(needle.len()).position(|part| part == needle)
}

/// The name and version in the path of a `.dist-info` directory; the name as PEP 503 normalises it.
fn distribution(path: &str) -> Option<(String, String)> {
    let name = path.rsplit('/').next()?.strip_suffix(".dist-info")?;
    let (name, version) = name.rsplit_once('-')?;
    Some((normalised(name), version.to_owned()))
}

/// The name of a Python package as PEP 503 normalises it: `Zope.Interface` is `zope-interface`.
pub(crate) fn normalised(name: &str) -> String {
    let mut normal = String::with_capacity(name.len());
    for letter in name.chars() {
        match letter {
            '-' | '_' | '.' if normal.ends_with('-') => {}
            '-' | '_' | '.' => normal.push('-'),
            _ => normal.push(letter.to_ascii_lowercase()),
        }
    }
    normal
}

/// The states of supervisor's programs; none when it did not answer.
fn programs(text: &str) -> Option<BTreeMap<String, Program>> {
    let mut lines = text.lines();
    (lines.next() == Some("answered")).then(|| {
        let program = |line: &str| {
            let mut fields = line.split('\t');
            let name = fields.next()?.to_owned();
            let state = fields.next()?.to_owned();
            let pid = fields.next()?.parse().ok()?;
            let start: u64 = fields.next()?.parse().ok()?;
            let now: u64 = fields.next()?.parse().ok()?;
            let uptime = now.saturating_sub(start);
            Some((name, Program { state, pid, uptime }))
        };
        lines.filter_map(program).collect()
    })
}
