//! What is installed beside the app.

use crate::{AptPackage, PipPackage, PipVersion};

/// Debian packages and Python packages.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Packages {
    /// Whether the package lists are refreshed before something is installed.
    pub update_apt_cache: bool,
    /// Further Debian packages.
    pub apt: Vec<AptPackage>,
    /// Further Python packages, into the virtualenv.
    pub pip: Vec<PipRequirement>,
    /// Whether the native libraries of Pillow are installed.
    pub python_image: bool,
}

/// A Python package for the virtualenv.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PipRequirement {
    /// The name.
    pub name: PipPackage,
    /// The version; none takes what is there, or the newest.
    pub version: Option<PipVersion>,
}

impl std::fmt::Display for PipRequirement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.version {
            Some(version) => write!(f, "{}=={version}", self.name),
            None => self.name.fmt(f),
        }
    }
}
