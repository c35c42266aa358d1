//! What a host shall be: the bundles of its apps, together.

use std::collections::BTreeMap;

use wsgi_model::{AbsPath, AppName, Artifact, Bundle};

/// The bundles of the apps of one call.
///
/// Apps may share a path, such as `/etc/nginx/wsgi`, when they want the same there.
#[derive(Clone, Debug)]
pub struct Desired {
    bundles: Vec<Bundle>,
}

/// Two apps want something different at one path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{first} and {second} want something different at {path}")]
#[non_exhaustive]
pub struct Contradiction {
    /// The path.
    pub path: AbsPath,
    /// An app.
    pub first: AppName,
    /// The other.
    pub second: AppName,
}

impl Desired {
    /// The state that all of `bundles` ask for.
    ///
    /// # Errors
    /// [`Contradiction`] when two of them want something different at one path.
    pub fn new(bundles: Vec<Bundle>) -> Result<Self, Contradiction> {
        let mut seen: BTreeMap<&AbsPath, (&AppName, &Artifact)> = BTreeMap::new();
        for bundle in &bundles {
            for artifact in bundle.artifacts() {
                match seen.insert(&artifact.path, (&bundle.app, artifact)) {
                    Some((first, other)) if other.node != artifact.node => {
                        return Err(Contradiction {
                            path: artifact.path.clone(),
                            first: first.clone(),
                            second: bundle.app.clone(),
                        });
                    }
                    _ => {}
                }
            }
        }
        Ok(Self { bundles })
    }

    /// The bundles.
    pub fn bundles(&self) -> &[Bundle] {
        &self.bundles
    }

    /// Each path once, with the first app that wants it, in the order of paths.
    pub(crate) fn artifacts(&self) -> BTreeMap<&AbsPath, (&AppName, &Artifact)> {
        let mut all = BTreeMap::new();
        for bundle in &self.bundles {
            for artifact in bundle.artifacts() {
                all.entry(&artifact.path).or_insert((&bundle.app, artifact));
            }
        }
        all
    }
}
