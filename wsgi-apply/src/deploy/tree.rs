//! The files of a release.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt as _;

use camino::{Utf8Path, Utf8PathBuf};
use ignore::WalkBuilder;
use sha2::{Digest as _, Sha256};

use crate::Digest;

/// The files of a release, in a directory of this machine.
#[derive(Debug)]
#[non_exhaustive]
pub struct Tree {
    /// The directory.
    pub root: Utf8PathBuf,
    /// What is in it, by path relative to it. Directories come before what is in them.
    pub entries: BTreeMap<Utf8PathBuf, TreeEntry>,
}

/// Something in a release.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TreeEntry {
    /// A directory.
    Directory,
    /// A file.
    File {
        /// The hash of its contents.
        digest: Digest,
        /// Its size in bytes.
        size: u64,
        /// Whether it can be run.
        executable: bool,
    },
    /// A symbolic link.
    Symlink(Utf8PathBuf),
}

/// Why the files of a release cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TreeError {
    /// The directory cannot be walked.
    #[error("cannot walk {0}")]
    Walk(Utf8PathBuf, #[source] ignore::Error),
    /// A file cannot be read.
    #[error("cannot read {0}")]
    Read(Utf8PathBuf, #[source] io::Error),
    /// A name is not text, or has a line feed or a backslash in it.
    #[error("`{0}` has a name that cannot be deployed")]
    Name(String),
    /// It is no file, directory or link.
    #[error("{0} is neither a file, a directory nor a link")]
    Special(Utf8PathBuf),
    /// There is nothing in it.
    #[error("there are no files in {0}")]
    Empty(Utf8PathBuf),
}

impl TreeError {
    /// What to do about it.
    pub fn help(&self) -> Option<&'static str> {
        match self {
            Self::Name(_) => Some("rename it, or name it in .gitignore"),
            Self::Special(_) => Some("move it away, or name it in .gitignore"),
            Self::Empty(_) => Some("is this the directory of the project, and not all ignored?"),
            _ => None,
        }
    }
}

/// Which files of a directory belong to a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Files {
    /// All but `.git` and what `.gitignore` files name.
    NotIgnored,
    /// All.
    All,
}

impl Tree {
    /// The files of a directory, without `.git` and what its `.gitignore` files name.
    ///
    /// # Errors
    /// [`TreeError`] when one cannot be read or deployed.
    pub fn of_directory(root: &Utf8Path) -> Result<Self, TreeError> {
        Self::read(root, Files::NotIgnored)
    }

    pub(super) fn read(root: &Utf8Path, files: Files) -> Result<Self, TreeError> {
        let mut walk = WalkBuilder::new(root);
        walk.standard_filters(false)
            .hidden(false)
            .sort_by_file_name(Ord::cmp);
        if files == Files::NotIgnored {
            // As git does, but also where there is no repository, and not what is private to one
            // person's machine.
            walk.git_ignore(true).require_git(false).parents(true);
            walk.filter_entry(|entry| entry.file_name() != ".git");
        }
        let mut entries = BTreeMap::new();
        for entry in walk.build() {
            let entry = entry.map_err(|error| TreeError::Walk(root.to_owned(), error))?;
            let path = Utf8Path::from_path(entry.path());
            let path = path.ok_or_else(|| TreeError::Name(entry.path().display().to_string()))?;
            let name = path.strip_prefix(root).unwrap_or(path);
            if name.as_str().is_empty() {
                continue;
            }
            if name.as_str().contains(['\n', '\r', '\\', '\0']) {
                return Err(TreeError::Name(name.as_str().escape_debug().to_string()));
            }
            entries.insert(name.to_owned(), read(path)?);
        }
        if !entries
            .values()
            .any(|entry| matches!(entry, TreeEntry::File { .. }))
        {
            return Err(TreeError::Empty(root.to_owned()));
        }
        Ok(Self {
            root: root.to_owned(),
            entries,
        })
    }

    /// The files that are `wanted` with their hashes, one a line, as sha256sum(1) reads them and
    /// sort(1) sorts them.
    pub(super) fn index(&self, wanted: impl Fn(&Utf8Path) -> bool) -> String {
        let files = self.files().filter(|(path, _)| wanted(path));
        let mut lines: Vec<String> = files
            .map(|(path, digest)| format!("{digest}  {path}\n"))
            .collect();
        lines.sort_unstable();
        lines.concat()
    }

    /// Its files with their hashes.
    pub(super) fn files(&self) -> impl Iterator<Item = (&Utf8Path, Digest)> {
        self.entries.iter().filter_map(|(path, entry)| match entry {
            TreeEntry::File { digest, .. } => Some((path.as_path(), *digest)),
            _ => None,
        })
    }

    /// The files that only their owner can read here: in a release everybody on the host can. None where
    /// that is so of all files, as with a umask of 077.
    pub fn private(&self) -> Vec<&Utf8Path> {
        let paths = || self.files().map(|(path, _)| path);
        // Nothing for the group and for others.
        let is_private = |path: &&Utf8Path| {
            let about = fs::symlink_metadata(self.root.join(path));
            about.is_ok_and(|about| about.permissions().mode().trailing_zeros() >= 6)
        };
        let private: Vec<&Utf8Path> = paths().filter(is_private).collect();
        if private.len() == paths().count() {
            return Vec::new();
        }
        private
    }

    /// A hash of everything in it, which names it where nothing else does.
    pub fn digest(&self) -> Digest {
        let mut hasher = Sha256::new();
        for (path, entry) in &self.entries {
            hasher.update(path.as_str());
            hasher.update(format!("\0{entry:?}\n"));
        }
        Digest::finished(hasher)
    }

    /// A compressed tar(5) of all directories and links, and of the files that are `wanted`.
    pub(super) fn archive(
        &self,
        into: File,
        wanted: impl Fn(&Utf8Path) -> bool,
    ) -> Result<File, TreeError> {
        let failed = |path: &Utf8Path| {
            let path = path.to_owned();
            move |error| TreeError::Read(path, error)
        };
        let compressed = flate2::write::GzEncoder::new(into, flate2::Compression::fast());
        let mut archive = tar::Builder::new(compressed);
        for (path, entry) in &self.entries {
            let mut header = tar::Header::new_gnu();
            // The host sets the time at which it arrives.
            header.set_mtime(0);
            match entry {
                TreeEntry::Directory => {
                    header.set_entry_type(tar::EntryType::Directory);
                    header.set_mode(0o755);
                    header.set_size(0);
                    archive.append_data(&mut header, path, io::empty())
                }
                TreeEntry::Symlink(target) => {
                    header.set_entry_type(tar::EntryType::Symlink);
                    header.set_mode(0o777);
                    header.set_size(0);
                    archive.append_link(&mut header, path, target)
                }
                TreeEntry::File {
                    size, executable, ..
                } if wanted(path) => {
                    header.set_mode(if *executable { 0o755 } else { 0o644 });
                    header.set_size(*size);
                    let file = File::open(self.root.join(path)).map_err(failed(path))?;
                    // What grew meanwhile must not spoil the rest; its hash will not fit.
                    let padded = file.take(*size).chain(io::repeat(0)).take(*size);
                    archive.append_data(&mut header, path, padded)
                }
                TreeEntry::File { .. } => Ok(()),
            }
            .map_err(failed(path))?;
        }
        let compressed = archive.into_inner().map_err(failed(&self.root))?;
        compressed.finish().map_err(failed(&self.root))
    }
}

fn read(path: &Utf8Path) -> Result<TreeEntry, TreeError> {
    let failed = |error| TreeError::Read(path.to_owned(), error);
    let about = fs::symlink_metadata(path).map_err(failed)?;
    if about.is_dir() {
        return Ok(TreeEntry::Directory);
    }
    if about.is_symlink() {
        let target = fs::read_link(path).map_err(failed)?;
        let target = Utf8PathBuf::from_path_buf(target);
        let target = target.map_err(|_| TreeError::Name(path.to_string()))?;
        return Ok(TreeEntry::Symlink(target));
    }
    if !about.is_file() {
        return Err(TreeError::Special(path.to_owned()));
    }
    let mut hasher = Sha256::new();
    let mut file = File::open(path).map_err(failed)?;
    let size = io::copy(&mut file, &mut hasher).map_err(failed)?;
    Ok(TreeEntry::File {
        digest: Digest::finished(hasher),
        size,
        executable: about.permissions().mode() & 0o111 != 0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_files_are_known_where_others_are_not() {
        let directory = tempfile::tempdir().expect("a directory");
        let root = Utf8Path::from_path(directory.path()).expect("UTF-8");
        let put = |name: &str, mode| {
            fs::write(root.join(name), name).expect("a file");
            fs::set_permissions(root.join(name), fs::Permissions::from_mode(mode)).expect("a mode");
        };
        put(".env", 0o600);
        put("manage.py", 0o755);
        let tree = Tree::of_directory(root).expect("a tree");
        assert_eq!(tree.private(), [".env"]);
        put("manage.py", 0o700);
        assert_eq!(tree.private(), [""; 0]);
    }
}
