//! What is deployed: a directory, an archive or a revision of a git repository.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek as _};
use std::process::{Command, Stdio};

use camino::{Utf8Path, Utf8PathBuf};
use tempfile::TempDir;

use super::repository::Repository;
use super::tree::{Files, Tree, TreeError};

/// The files of a release and what they are called.
#[derive(Debug)]
#[non_exhaustive]
pub struct SourceTree {
    /// The files.
    pub tree: Tree,
    /// The revision: of the repository, else of the contents.
    pub revision: String,
    /// The submodules of the repository, which are empty directories in the release.
    pub submodules: Vec<String>,
    /// Where the files are unpacked, as long as they are needed.
    _unpacked: Option<TempDir>,
}

/// Why there is nothing to deploy.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// There is no such source.
    #[error("cannot read {path}")]
    Missing {
        /// The path.
        path: Utf8PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// It is no archive that can be read.
    #[error("cannot unpack {path}")]
    Archive {
        /// The path.
        path: Utf8PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// An archive has something that would be put outside of the release.
    #[error("{path} has `{entry}` in it, which is outside of it")]
    Outside {
        /// The archive.
        path: Utf8PathBuf,
        /// What is outside.
        entry: String,
    },
    /// A repository's address has somebody's name or password in it.
    #[error("the address of the repository says who asks")]
    Named,
    /// A repository or revision cannot be called that.
    #[error("`{0}` names no repository and revision")]
    Unnameable(String),
    /// git(1) failed.
    #[error("git cannot fetch {what}: {said}")]
    Git {
        /// The repository and revision.
        what: String,
        /// What it says.
        said: String,
    },
    /// The files cannot be read.
    #[error(transparent)]
    Tree(#[from] TreeError),
}

impl SourceError {
    /// What to do about it.
    pub fn help(&self) -> Option<&'static str> {
        match self {
            Self::Missing { .. } => {
                Some("give a directory, a .tar or .tar.gz, or `git:URL#REVISION`")
            }
            Self::Archive { .. } => Some("a .tar or .tar.gz can be read"),
            Self::Outside { .. } => Some("make the archive in the directory of the project"),
            Self::Named => Some(
                "everybody can see a program's arguments: leave out what stands before the `@`, and \
                 use a deploy key or a credential helper of git",
            ),
            Self::Unnameable(_) => Some("give `git:URL#REVISION`"),
            Self::Git { .. } => None,
            Self::Tree(error) => error.help(),
        }
    }
}

impl SourceTree {
    /// The source that `text` names: a directory, an archive, or `git:URL#REVISION`.
    ///
    /// `cache` is where repositories are kept, so that only what is new is fetched.
    ///
    /// # Errors
    /// [`SourceError`] when it cannot be read.
    pub fn open(text: &str, cache: &Utf8Path) -> Result<Self, SourceError> {
        if let Some(repository) = Repository::parse(text)? {
            return of_git(&repository, cache);
        }
        let path = Utf8PathBuf::from(text);
        let about = std::fs::metadata(&path).map_err(|source| SourceError::Missing {
            path: path.clone(),
            source,
        })?;
        if about.is_file() {
            let file = File::open(&path).map_err(|source| SourceError::Missing {
                path: path.clone(),
                source,
            })?;
            return of_archive(&path, file);
        }
        let tree = Tree::of_directory(&path)?;
        let revision = git_revision(&path).unwrap_or_else(|| short(&tree));
        Ok(Self {
            tree,
            revision,
            submodules: Vec::new(),
            _unpacked: None,
        })
    }
}

/// The first digits of a hash of the contents.
fn short(tree: &Tree) -> String {
    tree.digest().to_string()[..8].to_owned()
}

fn of_archive(path: &Utf8Path, file: File) -> Result<SourceTree, SourceError> {
    let unpacked = unpack(path, file)?;
    let root = Utf8Path::from_path(unpacked.path());
    let root = root.ok_or_else(|| TreeError::Name(unpacked.path().display().to_string()))?;
    let tree = Tree::read(&only_directory(root), Files::All);
    let tree = tree.map_err(|error| match error {
        TreeError::Empty(_) => TreeError::Empty(path.to_owned()),
        error => error,
    })?;
    let revision = short(&tree);
    Ok(SourceTree {
        tree,
        revision,
        submodules: Vec::new(),
        _unpacked: Some(unpacked),
    })
}

/// An archive of one directory is an archive of what is in it: `project-1.0/…`.
fn only_directory(root: &Utf8Path) -> Utf8PathBuf {
    let Ok(mut entries) = root.read_dir_utf8() else {
        return root.to_owned();
    };
    match (entries.next(), entries.next()) {
        (Some(Ok(only)), None) if only.file_type().is_ok_and(|kind| kind.is_dir()) => {
            only.path().to_owned()
        }
        _ => root.to_owned(),
    }
}

/// Compressed or not, unpacked in a directory of its own. Nothing leaves it.
fn unpack(path: &Utf8Path, mut file: File) -> Result<TempDir, SourceError> {
    let failed = |source| SourceError::Archive {
        path: path.to_owned(),
        source,
    };
    let mut magic = [0; 2];
    let count = file.read(&mut magic).map_err(failed)?;
    file.rewind().map_err(failed)?;
    let file = BufReader::new(file);
    let bytes: Box<dyn Read> = if magic[..count] == [0x1f, 0x8b] {
        Box::new(flate2::bufread::GzDecoder::new(file))
    } else {
        Box::new(file)
    };
    let directory = TempDir::new().map_err(failed)?;
    let mut archive = tar::Archive::new(bytes);
    archive.set_preserve_permissions(false);
    archive.set_preserve_mtime(false);
    for entry in archive.entries().map_err(failed)? {
        let mut entry = entry.map_err(failed)?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        if entry.header().entry_type() == tar::EntryType::XGlobalHeader {
            // git-archive(1) puts the commit there.
            continue;
        }
        if !entry.unpack_in(directory.path()).map_err(failed)? || name.starts_with('/') {
            return Err(SourceError::Outside {
                path: path.to_owned(),
                entry: name,
            });
        }
    }
    // Behind the last entry there is the check sum of what was compressed, unless it was cut off.
    io::copy(&mut archive.into_inner(), &mut io::sink()).map_err(failed)?;
    Ok(directory)
}

/// The commit of the directory's repository, with a mark when there are changes that it lacks.
fn git_revision(directory: &Utf8Path) -> Option<String> {
    let git = |args: &[&str]| {
        let output = Command::new("git")
            .arg("-C")
            .arg(directory)
            .args(args)
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .output()
            .ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        output.status.success().then(|| text.trim().to_owned())
    };
    let commit = git(&["rev-parse", "--short=10", "HEAD"])?;
    let changes = git(&["status", "--porcelain", "--", "."])?;
    Some(if changes.is_empty() {
        commit
    } else {
        commit + "-dirty"
    })
}

/// A revision of a repository, through a copy that is kept.
fn of_git(repository: &Repository, cache: &Utf8Path) -> Result<SourceTree, SourceError> {
    let (url, revision) = (repository.url.as_str(), repository.revision.as_str());
    let failed = |said: String| SourceError::Git {
        what: repository.to_string(),
        said,
    };
    let name = crate::Digest::of(url.as_bytes()).to_string();
    let copy = cache.join("git").join(&name[..16]);
    let git = |args: &[&str]| {
        let output = Command::new("git")
            .args(args)
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .stdout(Stdio::piped())
            .output()
            .map_err(|error| failed(error.to_string()))?;
        if output.status.success() {
            Ok(output.stdout)
        } else {
            Err(failed(
                String::from_utf8_lossy(&output.stderr).trim().to_owned(),
            ))
        }
    };
    std::fs::create_dir_all(&copy).map_err(|error| failed(error.to_string()))?;
    let bare = format!("--git-dir={copy}");
    git(&["init", "--quiet", "--bare", copy.as_str()])?;
    git(&[
        &bare,
        "fetch",
        "--quiet",
        "--force",
        "--prune",
        url,
        "+refs/heads/*:refs/heads/*",
        "+refs/tags/*:refs/tags/*",
        "+HEAD:refs/remotes/origin/HEAD",
    ])?;
    let wanted = if revision == "HEAD" {
        "refs/remotes/origin/HEAD"
    } else {
        revision
    };
    let commit = git(&[
        &bare,
        "rev-parse",
        "--verify",
        "--short=10",
        &format!("{wanted}^{{commit}}"),
    ])?;
    let commit = String::from_utf8_lossy(&commit).trim().to_owned();
    let listed = git(&[&bare, "ls-tree", "-r", "-z", &commit])?;
    let listed = String::from_utf8_lossy(&listed);
    let submodules = listed
        .split('\0')
        .filter(|line| line.starts_with("160000 "));
    let submodules = submodules.filter_map(|line| Some(line.split_once('\t')?.1.to_owned()));
    let submodules = submodules.collect();
    let io_failed = |error: io::Error| failed(error.to_string());
    let mut child = Command::new("git")
        .args([&bare, "archive", "--format=tar", &commit])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(io_failed)?;
    let mut archive = tempfile::tempfile().map_err(io_failed)?;
    if let Some(mut stdout) = child.stdout.take() {
        io::copy(&mut stdout, &mut archive).map_err(io_failed)?;
    }
    if !child.wait().map_err(io_failed)?.success() {
        return Err(failed("git archive failed".to_owned()));
    }
    archive.rewind().map_err(io_failed)?;
    let unpacked = unpack(Utf8Path::new(url), archive)?;
    let root = Utf8Path::from_path(unpacked.path());
    let root = root.ok_or_else(|| TreeError::Name(unpacked.path().display().to_string()))?;
    let tree = Tree::read(root, Files::All)?;
    Ok(SourceTree {
        tree,
        revision: commit,
        submodules,
        _unpacked: Some(unpacked),
    })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write as _;

    use super::*;

    #[test]
    fn an_archive_of_which_the_end_is_missing_is_none() {
        let directory = TempDir::new().expect("a directory");
        let root = Utf8Path::from_path(directory.path()).expect("UTF-8");
        let mut archive = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_gnu();
        header.set_size(3);
        let added = archive.append_data(&mut header, "web.py", &b"app"[..]);
        added.expect("it is added");
        let mut compressed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        let written = compressed.write_all(&archive.into_inner().expect("an archive"));
        written.expect("it is compressed");
        let whole = compressed.finish().expect("it is compressed");

        let path = root.join("shop.tar.gz");
        fs::write(&path, &whole).expect("a file");
        SourceTree::open(path.as_str(), root).expect("a source");
        for missing in [1, 8, 20] {
            fs::write(&path, &whole[..whole.len() - missing]).expect("a file");
            let refused = SourceTree::open(path.as_str(), root).expect_err("refused");
            assert!(
                matches!(refused, SourceError::Archive { .. }),
                "{refused:?}"
            );
        }
    }
}
