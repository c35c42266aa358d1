use std::collections::BTreeSet;
use std::collections::hash_map::DefaultHasher;
use std::env;
use std::fs;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use super::network_namespace::step;
use super::run_directory::failed;
use crate::machine_error::MachineError;

const MAKE: &str = include_str!("image.sh");

/// Not what a shell or sudo's prompt takes for something else by accident.
pub(super) const PASSWORD: &str = "correct horse 'battery' $staple";

/// After this time an image is made anew: the mirrors forget old versions of packages, and what a
/// host knows of the mirrors comes with its image.
const FORTNIGHT: Duration = Duration::from_secs(14 * 24 * 60 * 60);

/// A release that a host can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Suite {
    /// Debian 12.
    Bookworm,
    /// Debian 13.
    Trixie,
    /// Ubuntu 22.04.
    Jammy,
    /// Ubuntu 24.04.
    Noble,
}

impl Suite {
    /// As mirrors name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bookworm => "bookworm",
            Self::Trixie => "trixie",
            Self::Jammy => "jammy",
            Self::Noble => "noble",
        }
    }

    fn distribution(self) -> &'static str {
        match self {
            Self::Bookworm | Self::Trixie => "debian",
            Self::Jammy | Self::Noble => "ubuntu",
        }
    }

    /// The keys that the test computer believes the mirrors by.
    fn keyring(self) -> &'static str {
        match self {
            Self::Bookworm | Self::Trixie => "/usr/share/keyrings/debian-archive-keyring.gpg",
            // Debian has no package of Ubuntu's. This is F6ECB3762474EDA9D21B7022871920D1991BC93C,
            // from Ubuntu's package ubuntu-keyring.
            Self::Jammy | Self::Noble => {
                concat!(
                    env!("CARGO_MANIFEST_DIR"),
                    "/src/target_host/ubuntu-archive.asc"
                )
            }
        }
    }
}

/// A root file system that hosts begin with, never written again.
///
/// All checkouts share those of `~/.cache/wsgi-tests`. An image is another one when anything that
/// it follows from is: the script that makes it, its packages, how this computer reaches mirrors.
#[derive(Debug, Clone)]
pub(super) struct Image {
    directory: PathBuf,
}

impl Image {
    /// The image with these packages beside those of every host, made when there is none yet.
    pub(super) fn prepare(suite: Suite, packages: &BTreeSet<String>) -> Result<Self, MachineError> {
        let cache = cache()?;
        fs::create_dir_all(&cache).map_err(|error| failed(&cache, &error))?;
        let base = Self::make(&cache, suite, None, &BTreeSet::new())?;
        if packages.is_empty() {
            Ok(base)
        } else {
            Self::make(&cache, suite, Some(&base), packages)
        }
    }

    fn make(
        cache: &Path,
        suite: Suite,
        begin: Option<&Self>,
        packages: &BTreeSet<String>,
    ) -> Result<Self, MachineError> {
        let now = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
        let mut key = DefaultHasher::new();
        (MAKE, suite, packages, machine_settings()).hash(&mut key);
        (now.as_secs() / FORTNIGHT.as_secs(), PASSWORD).hash(&mut key);
        let directory = cache.join(format!("{}-{:016x}", suite.name(), key.finish()));
        let image = Self { directory };
        if image.directory.is_dir() {
            return Ok(image);
        }
        let mut bootstrap = Command::new("mmdebstrap");
        bootstrap.arg("--version");
        step("the program that makes images", bootstrap)?;
        remove_old(cache);
        let mut make = Command::new("flock");
        make.arg(image.directory.with_extension("lock"))
            .args(["bash", "-c", MAKE, "image"])
            .arg(&image.directory)
            .args([suite.distribution(), suite.name(), suite.keyring()])
            .arg(begin.map_or(Path::new(""), |base| &base.directory))
            .args(packages)
            .env("PASSWORD", PASSWORD)
            .env("LC_ALL", "C.UTF-8");
        let what = format!("an image of {} with {packages:?}", suite.name());
        step(&what, make)?;
        Ok(image)
    }

    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    /// The names of the computers that the image's apt and pip are configured for.
    pub(super) fn package_hosts(&self) -> Result<Vec<String>, MachineError> {
        let list = self.directory.join("package-hosts");
        let text = fs::read_to_string(&list).map_err(|error| failed(&list, &error))?;
        Ok(text.lines().map(str::to_owned).collect())
    }
}

fn cache() -> Result<PathBuf, MachineError> {
    let home = || env::var_os("HOME").map(|home| Path::new(&home).join(".cache"));
    let cache = env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(home).filter(|path| path.is_absolute());
    let cache = cache.ok_or_else(|| MachineError::Setup {
        stderr: "no place for the images of hosts: HOME is not set".to_owned(),
    })?;
    Ok(cache.join("wsgi-tests"))
}

/// What of this computer's configuration decides what an image is.
fn machine_settings() -> Vec<(PathBuf, Vec<u8>)> {
    let home = env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    let mut files = vec![
        "/etc/apt/sources.list".into(),
        "/etc/pip.conf".into(),
        home.join(".config/pip/pip.conf"),
        home.join(".pip/pip.conf"),
    ];
    for directory in [
        "/etc/apt/sources.list.d",
        "/etc/apt/apt.conf.d",
        "/usr/local/share/ca-certificates",
    ] {
        let entries = fs::read_dir(directory).into_iter().flatten();
        files.extend(entries.flatten().map(|entry| entry.path()));
    }
    files.sort();
    let read = |path: PathBuf| fs::read(&path).ok().map(|bytes| (path, bytes));
    let mut settings: Vec<_> = files.into_iter().filter_map(read).collect();
    for name in ["PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_TRUSTED_HOST"] {
        let value = env::var(name).unwrap_or_default();
        settings.push((name.into(), value.into_bytes()));
    }
    settings
}

/// Removes images that nothing is made from any more.
fn remove_old(cache: &Path) {
    let entries = fs::read_dir(cache).into_iter().flatten();
    for path in entries.flatten().map(|entry| entry.path()) {
        let age = fs::metadata(&path)
            .and_then(|image| image.modified())
            .ok()
            .and_then(|made| made.elapsed().ok());
        // Twice the time, so that none goes below a host that runs.
        if age.is_some_and(|age| age > 2 * FORTNIGHT) {
            let _ = fs::remove_dir_all(&path).or_else(|_| fs::remove_file(&path));
        }
    }
}
