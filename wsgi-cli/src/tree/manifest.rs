//! `manifest.json`: what is in the tree, and what the apps need besides.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use wsgi_model::{
    AptPackage, Artifact, Check, CheckMoment, Command, Needs, Node, OnlyIf, PublicKey, Sensitivity,
    Word,
};

use super::TreeError;
use super::sorted::{Line, Sorted};
use super::staging::{StagedApp, Staging};

/// What a manifest of ours begins with.
pub(super) const BEGINNING: &str = "{\n  \"version\": 1,\n  \"generator\": \"wsgi-cli\",\n";

/// What is at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    File,
    Directory,
    Symlink,
    Absent,
}

/// A path of the manifest, but for the app that it belongs to.
#[derive(Serialize)]
struct ArtifactJson<'a> {
    path: &'a str,
    kind: Kind,
    /// Whether the file is only a block of lines at the top of somebody's file.
    block: bool,
    /// Whether the file is only made where there is none, for others to write.
    kept: bool,
    mode: Option<String>,
    owner: Option<&'a str>,
    group: Option<&'a str>,
    target: Option<&'a str>,
    sensitive: bool,
    sha256: Option<&'a str>,
    only_if: Option<OnlyIfJson<'a>>,
    notify: Vec<&'a str>,
    checks: Vec<CheckJson<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum OnlyIfJson<'a> {
    LinkToPristineConffile(&'a str),
}

#[derive(Serialize)]
struct CheckJson<'a> {
    when: &'static str,
    command: Vec<&'a str>,
}

#[derive(Serialize)]
struct NeedsJson<'a> {
    app: &'a str,
    packages: PackagesJson<'a>,
    group: &'a str,
    user: UserJson<'a>,
    virtualenv: VirtualenvJson<'a>,
}

#[derive(Serialize)]
struct PackagesJson<'a> {
    update_cache: bool,
    names: Vec<&'a str>,
}

#[derive(Serialize)]
struct UserJson<'a> {
    name: &'a str,
    group: &'a str,
    home: &'a str,
    shell: &'a str,
    /// As `ssh-keygen -l` names them.
    authorized_keys: Vec<String>,
}

#[derive(Serialize)]
struct VirtualenvJson<'a> {
    path: &'a str,
    packages: Vec<String>,
}

/// A digest of a file's contents.
pub(super) fn sha256(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

/// Two digits for each byte.
pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

/// The line of an artifact; `digest` is that of its contents.
pub(super) fn artifact_line(artifact: &Artifact, digest: Option<&str>) -> String {
    let (kind, mode, owner, target) = match &artifact.node {
        Node::Directory { mode, owner } => (Kind::Directory, Some(mode), Some(owner), None),
        Node::File { mode, owner, .. }
        | Node::KeptFile { mode, owner }
        | Node::Block { mode, owner, .. } => (Kind::File, Some(mode), Some(owner), None),
        Node::Symlink { target, owner } => (Kind::Symlink, None, Some(owner), Some(target)),
        _ => (Kind::Absent, None, None, None),
    };
    let only_if = match &artifact.node {
        Node::Absent {
            only_if: Some(OnlyIf::LinkToPristineConffile { target }),
        } => Some(OnlyIfJson::LinkToPristineConffile(target.as_str())),
        _ => None,
    };
    json(&ArtifactJson {
        path: artifact.path.as_str(),
        kind,
        block: matches!(artifact.node, Node::Block { .. }),
        kept: matches!(artifact.node, Node::KeptFile { .. }),
        mode: mode.map(ToString::to_string),
        owner: owner.map(|owner| &*owner.user),
        group: owner.map(|owner| &*owner.group),
        target: target.map(|target| target.as_str()),
        sensitive: artifact.sensitivity() == Sensitivity::Secret,
        sha256: digest,
        only_if,
        notify: artifact
            .notify
            .iter()
            .map(|action| action.name.as_ref())
            .collect(),
        checks: artifact.checks.iter().map(CheckJson::new).collect(),
    })
}

impl<'a> CheckJson<'a> {
    fn new(check: &'a Check) -> Self {
        let Command { program, args } = &check.command;
        let args = args.iter().map(|word| match word {
            Word::Literal(word) => word.as_ref(),
            _ => "{staged_file}",
        });
        Self {
            when: match check.moment {
                CheckMoment::Staged => "staged",
                CheckMoment::InPlace => "in-place",
            },
            command: std::iter::once(program.as_ref()).chain(args).collect(),
        }
    }
}

/// The line of what an app needs besides files.
pub(super) fn needs_line(app: &str, needs: &Needs) -> String {
    let Needs {
        packages,
        user,
        virtualenv,
        ..
    } = needs;
    json(&NeedsJson {
        app,
        packages: PackagesJson {
            update_cache: packages.update_cache,
            names: packages.names.iter().map(AptPackage::as_str).collect(),
        },
        group: user.group.as_str(),
        user: UserJson {
            name: user.name.as_str(),
            group: user.group.as_str(),
            home: user.home.as_str(),
            shell: user.shell,
            authorized_keys: user.authorized_keys.iter().map(fingerprint).collect(),
        },
        virtualenv: VirtualenvJson {
            path: virtualenv.path.as_str(),
            packages: virtualenv
                .packages
                .iter()
                .map(ToString::to_string)
                .collect(),
        },
    })
}

fn fingerprint(key: &PublicKey) -> String {
    let (_, blob) = key.identity();
    // The model takes no key whose blob is not base64.
    let blob = STANDARD.decode(blob).unwrap_or_default();
    format!("SHA256:{}", STANDARD_NO_PAD.encode(Sha256::digest(blob)))
}

fn json(line: &impl Serialize) -> String {
    serde_json::to_string(line)
        .unwrap_or_else(|error| unreachable!("texts, lists and records serialize: {error}"))
}

/// Collects the manifest of many apps without keeping it in memory.
pub(super) struct ManifestWriter {
    pub(super) apps: Vec<String>,
    pub(super) needs: Sorted,
    pub(super) artifacts: Sorted,
}

impl ManifestWriter {
    pub(super) fn new(staging: &Staging) -> Self {
        Self {
            apps: Vec::new(),
            needs: Sorted::new(staging.file("needs")),
            artifacts: Sorted::new(staging.file("artifacts")),
        }
    }

    pub(super) fn add(&mut self, app: StagedApp) -> Result<(), TreeError> {
        let StagedApp {
            name,
            needs,
            artifacts,
        } = app;
        self.needs.add(Line {
            key: name.clone(),
            app: name.clone(),
            json: needs,
        })?;
        for (path, json) in artifacts {
            self.artifacts.add(Line {
                key: path,
                app: name.clone(),
                json,
            })?;
        }
        self.apps.push(name);
        Ok(())
    }
}
