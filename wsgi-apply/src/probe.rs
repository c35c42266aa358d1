//! What is asked of a host.

use std::collections::{BTreeMap, BTreeSet};

use wsgi_model::{AbsPath, AppName, Bundle, HealthNeeds, Node, OnlyIf, Sensitivity, UserName};

use crate::plan::role;
use crate::{Desired, Digest, TlsRole};

/// What is asked of a host: made of the desired state, so that one look answers everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Probe {
    /// The apps, each with its user.
    pub apps: BTreeMap<AppName, AppProbe>,
    /// What to look at.
    pub paths: BTreeMap<AbsPath, Look>,
    /// Debian packages.
    pub packages: BTreeSet<String>,
    /// Configuration files of packages: whether each is as it was installed, if the link at the
    /// path is there.
    pub conffiles: BTreeMap<AbsPath, AbsPath>,
    /// Users whose crontab(1) may have jobs from before.
    pub crontabs: BTreeSet<String>,
    /// What nginx reads for TLS.
    pub tls: BTreeSet<(TlsRole, AbsPath)>,
    /// What apps are asked to see whether they serve.
    pub health: BTreeMap<AppName, HealthNeeds>,
}

/// What is asked about an app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppProbe {
    /// Its user.
    pub user: UserName,
    /// The user's primary group.
    pub group: UserName,
    /// Its virtualenv.
    pub virtualenv: AbsPath,
}

/// What is wanted of a path besides what stands there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Look {
    /// Permissions and owner.
    Attributes,
    /// Also the hash of a file, not its contents: they are secret.
    Hash,
    /// Also the contents of a file, unless they have this hash: they are known then.
    ContentsUnless(Digest),
    /// Also the contents of a file.
    Contents,
    /// Also whether all of these lines stand in a file; with none of them, whether it is empty.
    Marked(&'static [&'static str]),
}

impl Probe {
    /// The largest file whose contents are handed over, in bytes: 256 KiB.
    pub const LARGEST: usize = 256 << 10;

    /// What must be known to bring about `desired`.
    pub fn of(desired: &Desired) -> Self {
        let mut probe = Self::default();
        for bundle in desired.bundles() {
            let needs = &bundle.needs;
            let user = &needs.user;
            let app = AppProbe {
                user: user.name.clone(),
                group: user.group.clone(),
                virtualenv: needs.virtualenv.path.clone(),
            };
            probe.apps.insert(bundle.app.clone(), app);
            let names = needs.packages.names.iter();
            probe
                .packages
                .extend(names.map(|name| bare_package(name.as_str()).to_owned()));
            probe.paths.insert(user.home.join(".ssh"), Look::Attributes);
            let keys = user.home.join(".ssh/authorized_keys");
            probe.paths.insert(keys, Look::Contents);
            for artifact in bundle.artifacts() {
                if let Node::Absent {
                    only_if: Some(OnlyIf::LinkToPristineConffile { target }),
                } = &artifact.node
                {
                    let link = artifact.path.clone();
                    probe.conffiles.insert(link, target.clone());
                }
                let look = Look::of(&artifact.path, &artifact.node);
                probe.paths.insert(artifact.path.clone(), look);
            }
            for path in role::leftovers(&bundle.app) {
                probe.paths.entry(path).or_insert(Look::Contents);
            }
            if let Some(link) = role::enabled(&bundle.app) {
                probe.paths.entry(link).or_insert(Look::Attributes);
            }
            let tls = tls_files(bundle).into_iter();
            probe
                .tls
                .extend(tls.map(|(role, path)| (role, path.clone())));
            let users = bundle.needs.tasks.iter().map(|task| task.user.clone());
            let own = [user.name.as_str().to_owned(), "root".to_owned()];
            probe.crontabs.extend(users.chain(own));
            for path in [&needs.virtualenv.path, &needs.virtualenv.of_releases] {
                probe.paths.entry(path.clone()).or_insert(Look::Attributes);
            }
        }
        probe
    }

    /// What must be known to take away what was made for the apps of `desired`.
    pub fn of_removal(desired: &Desired) -> Self {
        let mut probe = Self::of(desired);
        let logs = desired.bundles().iter().flat_map(own_site_logs);
        for log in logs {
            probe.paths.insert(log.clone(), Look::Attributes);
        }
        probe
    }

    /// The directories above the paths, which decide who may act there.
    pub(crate) fn ancestors(&self) -> BTreeSet<AbsPath> {
        let mut all = BTreeSet::new();
        for path in self.paths.keys() {
            let mut above = path.parent();
            while let Some(dir) = above {
                above = dir.parent();
                if !self.paths.contains_key(&dir) && !all.insert(dir) {
                    // Those above it are there already.
                    break;
                }
            }
        }
        all
    }
}

/// The logs that nginx makes for the app's site, where the app's name is in theirs: others may be of
/// several sites. `shop.access.log` is shop's; no name has a dot, so it is not that of another app.
pub(crate) fn own_site_logs(bundle: &Bundle) -> impl Iterator<Item = &AbsPath> {
    let is_own = |log: &&AbsPath| {
        let rest = log.file_name().unwrap_or_default();
        let rest = rest.strip_prefix(bundle.app.as_str());
        rest.is_some_and(|rest| rest.starts_with('.'))
    };
    bundle.needs.site_logs.iter().filter(is_own)
}

/// A Debian package without the version that it shall have.
fn bare_package(name: &str) -> &str {
    name.split_once('=').map_or(name, |(name, _)| name)
}

/// The files that an app's site needs for TLS.
pub(crate) fn tls_files(bundle: &Bundle) -> Vec<(TlsRole, &AbsPath)> {
    let Some(tls) = &bundle.needs.tls else {
        return Vec::new();
    };
    let chain = tls.staple_certificate.as_ref();
    let mut files = vec![
        (TlsRole::Certificate, &tls.certificate),
        (TlsRole::Key, &tls.key),
    ];
    files.extend(tls.dhparam.as_ref().map(|path| (TlsRole::Parameters, path)));
    files.extend(chain.map(|path| (TlsRole::StapleCertificate, path)));
    files
}

impl Look {
    fn of(path: &AbsPath, node: &Node) -> Self {
        match node {
            Node::Symlink { .. } => {
                role::lines_to_find(path).map_or(Self::Attributes, Self::Marked)
            }
            Node::File { contents, .. } => match contents.sensitivity() {
                Sensitivity::Secret => Self::Hash,
                Sensitivity::Public => Self::ContentsUnless(Digest::of(contents.expose())),
            },
            Node::Block { .. } => Self::Contents,
            _ => Self::Attributes,
        }
    }
}
