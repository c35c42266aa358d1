//! Where everything new stands until it takes its place.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use wsgi_model::{Bundle, Contents, Mode, Node};

use super::manifest::{artifact_line, needs_line, sha256};
use super::occupant::Occupant;
use super::{STAGING, TreeError};

/// A directory below DIR, so that a rename is enough; nobody else may look into it.
pub(super) struct Staging {
    directory: PathBuf,
    /// Two threads that make one directory must not give it each a mode.
    making: Mutex<()>,
}

/// An app whose new and changed files stand in the staging directory.
pub(crate) struct StagedApp {
    pub(super) name: String,
    /// What it needs besides files, as JSON.
    pub(super) needs: String,
    /// Each path with its line of the manifest.
    pub(super) artifacts: Vec<(String, String)>,
}

impl Staging {
    /// Makes it.
    pub(super) fn new(root: &Path) -> Result<Self, TreeError> {
        let staging = Self::left_in(root);
        let mut builder = DirBuilder::new();
        builder.mode(0o700);
        for path in [
            &staging.directory,
            &staging.file("new"),
            &staging.file("old"),
        ] {
            builder
                .create(path)
                .map_err(|error| TreeError::io("make", path, &error))?;
        }
        Ok(staging)
    }

    /// The one that an earlier run may have left.
    pub(super) fn left_in(root: &Path) -> Self {
        Self {
            directory: root.join(STAGING),
            making: Mutex::new(()),
        }
    }

    pub(super) fn exists(&self) -> bool {
        fs::symlink_metadata(&self.directory).is_ok()
    }

    /// A file of our own.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// Where what is to stand at `path` stands now.
    pub(super) fn new_at(&self, path: &str) -> PathBuf {
        below(&self.file("new"), path)
    }

    /// Where what stood at the path of a step stands now.
    pub(super) fn old_of(&self, step: usize) -> PathBuf {
        self.file(&format!("old/{step}"))
    }

    /// Takes it away with all that is in it.
    pub(super) fn remove(&self) {
        // What is left is taken away by the next run.
        let _ = fs::remove_dir_all(&self.directory);
    }

    /// Puts aside what is not in the tree yet.
    pub(super) fn stage(&self, root: &Path, bundle: &Bundle) -> Result<StagedApp, TreeError> {
        let mut artifacts = Vec::with_capacity(bundle.artifacts().len());
        for artifact in bundle.artifacts() {
            let path = artifact.path.as_str();
            let at = below(root, path);
            let staged = match &artifact.node {
                Node::Directory { mode, .. } => self.directory(&at, path, *mode).map(|()| None),
                Node::File { contents, mode, .. } | Node::Block { contents, mode, .. } => {
                    self.contents(&at, path, contents, *mode).map(Some)
                }
                Node::KeptFile { mode, .. } => self.kept(&at, path, *mode).map(Some),
                Node::Symlink { target, .. } => {
                    self.symlink(&at, path, target.as_std_path()).map(|()| None)
                }
                _ => Ok(None),
            };
            let digest = staged.map_err(|error| match error.kind() {
                io::ErrorKind::AlreadyExists => TreeError::MadeTwice {
                    path: path.to_owned(),
                },
                _ => TreeError::io("write", &at, &error),
            })?;
            artifacts.push((path.to_owned(), artifact_line(artifact, digest.as_deref())));
        }
        let name = bundle.app.to_string();
        let needs = needs_line(&name, &bundle.needs);
        Ok(StagedApp {
            name,
            needs,
            artifacts,
        })
    }

    fn directory(&self, at: &Path, path: &str, mode: Mode) -> io::Result<()> {
        if matches!(Occupant::at(at)?, Occupant::Directory { .. }) {
            return Ok(());
        }
        let staged = self.new_at(path);
        let _making = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        make_directories(&staged)?;
        set_mode(&staged, u32::from(mode.bits()))
    }

    /// Gives the digest.
    fn contents(
        &self,
        at: &Path,
        path: &str,
        contents: &Contents,
        mode: Mode,
    ) -> io::Result<String> {
        let bytes = contents.expose();
        let digest = sha256(bytes);
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let same_length =
            matches!(Occupant::at(at)?, Occupant::File { length: found, .. } if found == length);
        if same_length && fs::read(at)? == bytes {
            return Ok(digest);
        }
        let mut file = self.create(path)?;
        file.write_all(bytes)?;
        // Only now: nobody may look into a file that is not complete, whatever its mode will be.
        file.set_permissions(Permissions::from_mode(u32::from(mode.bits())))?;
        Ok(digest)
    }

    /// Gives the digest of what is made where nothing is.
    fn kept(&self, at: &Path, path: &str, mode: Mode) -> io::Result<String> {
        if !matches!(Occupant::at(at)?, Occupant::File { .. }) {
            let file = self.create(path)?;
            file.set_permissions(Permissions::from_mode(u32::from(mode.bits())))?;
        }
        Ok(sha256(b""))
    }

    fn symlink(&self, at: &Path, path: &str, target: &Path) -> io::Result<()> {
        if fs::read_link(at).is_ok_and(|found| found == target) {
            return Ok(());
        }
        let staged = self.new_at(path);
        self.with_parent(&staged, || symlink(target, &staged))
    }

    /// A new, empty, private file that is to stand at `path`.
    pub(super) fn create(&self, path: &str) -> io::Result<File> {
        let staged = self.new_at(path);
        let create = || {
            OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(&staged)
        };
        self.with_parent(&staged, create)
    }

    /// Tries, and once more after the directory was made.
    fn with_parent<T>(&self, staged: &Path, make: impl Fn() -> io::Result<T>) -> io::Result<T> {
        match make() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            done => return done,
        }
        if let Some(parent) = staged.parent() {
            let _making = self.making.lock().unwrap_or_else(PoisonError::into_inner);
            make_directories(parent)?;
        }
        make()
    }
}

/// A path of the host below a directory that stands for `/`.
pub(super) fn below(root: &Path, path: &str) -> PathBuf {
    root.join(path.trim_start_matches('/'))
}

/// Makes a directory and those above it as everybody's `/etc` is, whatever the umask says.
fn make_directories(path: &Path) -> io::Result<()> {
    match fs::create_dir(path) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            make_directories(path.parent().ok_or(error)?)?;
            fs::create_dir(path)?;
        }
        Err(error) => return Err(error),
    }
    set_mode(path, 0o755)
}

pub(super) fn set_mode(path: &Path, mode: u32) -> io::Result<()> {
    fs::set_permissions(path, Permissions::from_mode(mode))
}
