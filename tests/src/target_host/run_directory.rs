use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process;

use crate::machine_error::MachineError;

const FILES: &str = "/run/wsgi-tests";

/// What this process keeps of its hosts on the test computer: keys and cgroups.
///
/// The kernel ends all else with the process, so these are all that a killed one can leave; the next
/// removes it.
#[derive(Debug)]
pub(super) struct RunDirectory {
    files: PathBuf,
    cgroups: PathBuf,
}

impl RunDirectory {
    pub(super) fn new() -> Result<Self, MachineError> {
        let all_files = Path::new(FILES);
        let all_cgroups = cgroup_root()?.join("wsgi-tests");
        for directory in [all_files, &all_cgroups] {
            sweep(directory);
        }
        let own = process::id().to_string();
        let made = Self {
            files: all_files.join(&own),
            cgroups: all_cgroups.join(&own),
        };
        for directory in [&made.files, &made.cgroups] {
            fs::DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(directory)
                .map_err(|error| failed(directory, &error))?;
        }
        Ok(made)
    }

    /// A directory for the files of the host with a number.
    pub(super) fn host(&self, number: u8) -> Result<PathBuf, MachineError> {
        let directory = self.files.join(number.to_string());
        remove(&directory);
        fs::create_dir(&directory).map_err(|error| failed(&directory, &error))?;
        Ok(directory)
    }

    /// Removes the files of the host with a number.
    pub(super) fn remove_host(&self, number: u8) {
        remove(&self.files.join(number.to_string()));
    }

    /// The cgroup of the host with a number.
    pub(super) fn cgroup(&self, number: u8) -> PathBuf {
        self.cgroups.join(number.to_string())
    }
}

impl Drop for RunDirectory {
    fn drop(&mut self) {
        remove(&self.files);
        remove(&self.cgroups);
        for all in [&self.files, &self.cgroups].map(|own| own.parent()) {
            // Fails while another process has something there.
            let _ = all.map(fs::remove_dir);
        }
    }
}

/// Removes what processes that are gone have left.
fn sweep(directory: &Path) {
    let Ok(entries) = fs::read_dir(directory) else {
        return;
    };
    for entry in entries.flatten() {
        let owner = entry.file_name();
        let alive = Path::new("/proc").join(&owner).exists();
        if !alive || owner.to_str() == Some(&process::id().to_string()) {
            remove(&entry.path());
        }
    }
}

/// Removes a directory of files, or of cgroups, whose own files cannot be removed.
fn remove(directory: &Path) {
    if let Ok(entries) = fs::read_dir(directory) {
        for path in entries.flatten().map(|entry| entry.path()) {
            if path.is_dir() && !path.is_symlink() {
                remove(&path);
            } else {
                let _ = fs::remove_file(path);
            }
        }
    }
    // What a process is still in stays, and is for the next sweep.
    let _ = fs::remove_dir(directory);
}

fn cgroup_root() -> Result<PathBuf, MachineError> {
    let mounts = Path::new("/proc/self/mounts");
    let text = fs::read_to_string(mounts).map_err(|error| failed(mounts, &error))?;
    text.lines()
        .filter_map(|line| line.split(' ').nth(1).zip(line.split(' ').nth(2)))
        .find(|(_, kind)| *kind == "cgroup2")
        .map(|(path, _)| PathBuf::from(path))
        .ok_or_else(|| MachineError::Setup {
            stderr: "no cgroup2 file system is mounted".to_owned(),
        })
}

pub(super) fn failed(path: &Path, error: &io::Error) -> MachineError {
    MachineError::Setup {
        stderr: format!("{}: {error}", path.display()),
    }
}
