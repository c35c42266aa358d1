use std::collections::hash_map::DefaultHasher;
use std::fs::{self, File};
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Machine;
use crate::machine_builder::MachineBuilder;
use crate::machine_error::{MachineError, give_up};

const PREPARE: &str = include_str!("python_packages.sh");

/// Pinned Python packages, as wheels and as a virtualenv of Debian's Python.
///
/// They are fetched once and kept below the workspace's `target/`, whatever number of tests asks
/// for them at once; another list of requirements or another Python makes another directory.
#[derive(Debug, Clone)]
pub struct PythonPackages {
    directory: PathBuf,
}

impl PythonPackages {
    /// What a project's virtualenv holds: gunicorn, Flask, Django.
    ///
    /// # Errors
    ///
    /// When they can be neither found nor fetched.
    pub fn for_apps() -> Result<Self, MachineError> {
        Self::prepare("apps", "requirements.txt")
    }

    /// The oldest gunicorn that is still met, which is Debian 12's own.
    ///
    /// # Errors
    ///
    /// When it can be neither found nor fetched.
    pub fn oldest() -> Result<Self, MachineError> {
        Self::prepare("oldest", "requirements-oldest.txt")
    }

    /// Programs that judge what was rendered and what is read: gixy, sslyze, jsonschema.
    ///
    /// # Errors
    ///
    /// When they can be neither found nor fetched.
    pub fn tools() -> Result<Self, MachineError> {
        Self::prepare("tools", "requirements-tools.txt")
    }

    fn prepare(name: &str, requirements: &str) -> Result<Self, MachineError> {
        let crate_directory = Path::new(env!("CARGO_MANIFEST_DIR"));
        let requirements = crate_directory.join(requirements);
        let failed = |reason: String| MachineError::Python { reason };
        let list = fs::read(&requirements)
            .map_err(|error| failed(format!("{}: {error}", requirements.display())))?;
        let python = Command::new("/usr/bin/python3")
            .arg("--version")
            .output()
            .map_err(|source| MachineError::spawn("/usr/bin/python3", source))?;

        // The virtualenv names its own path, so a moved workspace needs another, too.
        let cache = crate_directory.join("../target/python-packages");
        fs::create_dir_all(&cache)
            .and_then(|()| cache.canonicalize())
            .map_err(|error| failed(format!("{}: {error}", cache.display())))
            .and_then(|cache| {
                let mut key = DefaultHasher::new();
                (&list, &python.stdout, PREPARE, &cache).hash(&mut key);
                let directory = cache.join(format!("{name}-{:016x}", key.finish()));
                let lock = cache.join(format!("{name}.lock"));
                let made = Command::new("flock")
                    .arg(&lock)
                    .args(["sh", "-c", PREPARE, "python_packages"])
                    .args([&directory, &requirements])
                    .env_remove("PYTHONPATH")
                    .env_remove("PYTHONHOME")
                    .env_remove("VIRTUAL_ENV")
                    .output()
                    .map_err(|source| MachineError::spawn("flock", source))?;
                if made.status.success() {
                    Ok(Self { directory })
                } else {
                    let said = [made.stdout, made.stderr].concat();
                    Err(failed(String::from_utf8_lossy(&said).into_owned()))
                }
            })
    }

    /// The directory with the wheels.
    pub fn wheels(&self) -> PathBuf {
        self.directory.join("wheels")
    }

    /// The virtualenv, for the test computer and for a machine that
    /// [shares](MachineBuilder::packages) it.
    pub fn virtualenv(&self) -> PathBuf {
        self.directory.join("venv")
    }

    /// A program of the virtualenv.
    pub fn program(&self, name: &str) -> String {
        let path = self.virtualenv().join("bin").join(name);
        path.to_string_lossy().into_owned()
    }
}

impl MachineBuilder {
    /// Shows the virtualenv at its own path, read-only: for programs that judge, at no cost.
    #[must_use]
    pub fn packages(self, packages: &PythonPackages) -> Self {
        self.share(packages.virtualenv(), packages.virtualenv())
    }
}

impl Machine {
    /// Puts a virtualenv with the packages at a path, owned by a user: a copy with its scripts'
    /// first lines rewritten, in a third of a second; `venv` and `pip` take five.
    ///
    /// # Panics
    ///
    /// When that fails.
    #[track_caller]
    pub fn install_virtualenv(&self, packages: &PythonPackages, path: &str, user: &str) {
        let packed = match File::open(packages.directory.join("venv.tar")) {
            Ok(packed) => packed,
            Err(error) => give_up(&MachineError::Python {
                reason: format!("{}: {error}", packages.directory.display()),
            }),
        };
        let script = r#"
            set -eu
            mkdir -p -- "$1"
            cd -- "$1"
            tar --extract --file=- --no-same-owner
            sed -i "s|$2|$1|g" pyvenv.cfg $(grep -lIF -- "$2" bin/*)
            chown -R -- "$3:" ."#;
        let old = packages.virtualenv();
        let old = old.to_string_lossy();
        self.command(["sh", "-c", script, "install_virtualenv", path, &old, user])
            .stdin_file(packed)
            .ok();
    }

    /// Lets `pip` on this machine, which has no network, install these packages and no others.
    ///
    /// # Panics
    ///
    /// When that fails.
    #[track_caller]
    pub fn offer_wheels(&self, packages: &PythonPackages) {
        self.copy_in(packages.wheels(), "/srv/wheels");
        let settings = "[global]\nno-index = true\nfind-links = /srv/wheels\n";
        self.write("/etc/pip.conf", settings, 0o644);
    }
}
