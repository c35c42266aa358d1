//! What lies on a [`Machine`].

use std::fs::File;
use std::io::{self, Seek, SeekFrom};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::machine::Machine;
use crate::machine_error::{MachineError, give_up};
use crate::manifest::{Entry, Kind};

const INSTALL_TREE: &str = include_str!("install_tree.sh");

impl Machine {
    /// Writes a file of root's with this mode, and the directories above it.
    ///
    /// # Panics
    ///
    /// When that fails.
    #[track_caller]
    pub fn write(&self, path: &str, bytes: impl Into<Vec<u8>>, mode: u32) {
        let script = r#"
            mkdir -p -- "$(dirname -- "$1")" && rm -f -- "$1" && umask 077 &&
            cat >"$1" && chmod -- "$2" "$1""#;
        let mode = format!("{mode:04o}");
        self.command(["sh", "-c", script, "write", path, &mode])
            .stdin(bytes)
            .ok();
    }

    /// Reads a file.
    ///
    /// # Panics
    ///
    /// When that fails.
    #[track_caller]
    pub fn read(&self, path: &str) -> Vec<u8> {
        self.ok(["cat", "--", path]).stdout
    }

    /// Reads a file as text; bytes that are not UTF-8 are replaced.
    ///
    /// # Panics
    ///
    /// When that fails.
    #[track_caller]
    pub fn text(&self, path: &str) -> String {
        self.ok(["cat", "--", path]).text()
    }

    /// What is at a path, in a manifest's words; a link is not followed.
    ///
    /// # Panics
    ///
    /// When it is a device, a socket or a pipe, or cannot be told.
    #[track_caller]
    pub fn entry(&self, path: &str) -> Entry {
        let script = r#"
            [ -e "$1" ] || [ -L "$1" ] || exit 0
            stat --printf '%F\n%a\n%U\n%G\n' -- "$1"
            [ ! -L "$1" ] || readlink -- "$1""#;
        let text = self.ok(["sh", "-c", script, "entry", path]).text();
        let mut lines = text.lines();
        let kind = match lines.next() {
            None => Kind::Absent,
            Some("directory") => Kind::Directory,
            Some("symbolic link") => Kind::Symlink,
            Some("regular file" | "regular empty file") => Kind::File,
            Some(other) => panic!("{path} is a {other}"),
        };
        let mode = lines.next().map(|mode| format!("{mode:0>4}"));
        let mut word = || lines.next().map(str::to_owned);
        Entry {
            path: path.to_owned(),
            kind,
            // The mode of a link means nothing.
            mode: mode.filter(|_| kind != Kind::Symlink),
            owner: word(),
            group: word(),
            target: word(),
        }
    }

    /// Whether anything is at a path; a link counts wherever it leads.
    ///
    /// # Panics
    ///
    /// When that cannot be told.
    #[track_caller]
    pub fn exists(&self, path: &str) -> bool {
        self.entry(path).kind != Kind::Absent
    }

    /// Copies what lies below a directory of the test computer below one of the machine's, with
    /// links and modes, all owned by root.
    ///
    /// # Panics
    ///
    /// When that fails.
    #[track_caller]
    pub fn copy_in(&self, outside: impl AsRef<Path>, inside: &str) {
        let outside = outside.as_ref();
        let packed = match pack(outside) {
            Ok(packed) => packed,
            Err(error) => give_up(&error),
        };
        self.ok(["mkdir", "-p", "--", inside]);
        self.command(["tar", "--extract", "--file=-", "--no-same-owner"])
            .directory(inside)
            .stdin_file(packed)
            .ok();
    }

    /// Puts a rendered tree in place: each entry gets its owner and mode, accounts that do not
    /// exist are made, and what should be absent is removed.
    ///
    /// `tree` holds the contents of each file at its path below it.
    ///
    /// # Panics
    ///
    /// When that fails.
    #[track_caller]
    pub fn install_tree<'entry>(
        &self,
        tree: impl AsRef<Path>,
        entries: impl IntoIterator<Item = &'entry Entry>,
    ) {
        // Not in /tmp: a tree may hold secrets and files of that directory.
        let staged = "/run/wsgi-tests-tree";
        self.ok(["mkdir", "--mode=0700", staged]);
        self.copy_in(tree, staged);
        let mut argv = vec!["sh", "-c", INSTALL_TREE, "install_tree", staged];
        for entry in entries {
            let owner = entry.owner.as_deref().unwrap_or("root");
            argv.extend([
                entry.kind.as_str(),
                &entry.path,
                entry.mode.as_deref().unwrap_or("0755"),
                owner,
                entry.group.as_deref().unwrap_or("root"),
                entry.target.as_deref().unwrap_or(""),
            ]);
        }
        self.ok(argv);
        self.ok(["rm", "-r", staged]);
    }
}

/// What lies below a directory, as a tar at its beginning.
fn pack(directory: &Path) -> Result<File, MachineError> {
    let line = format!("tar --create {}", directory.display());
    let transfer = |source| MachineError::Transfer {
        command: line.clone(),
        source,
    };
    let mut packed = tempfile::tempfile().map_err(transfer)?;
    let made = Command::new("tar")
        .arg("--directory")
        .arg(directory)
        .args(["--create", "--file=-", "."])
        .stdout(packed.try_clone().map_err(transfer)?)
        .stderr(Stdio::piped())
        .spawn()
        .and_then(Child::wait_with_output)
        .map_err(|source| MachineError::spawn("tar", source))?;
    if !made.status.success() {
        let said = String::from_utf8_lossy(&made.stderr);
        return Err(transfer(io::Error::other(said.into_owned())));
    }
    packed.seek(SeekFrom::Start(0)).map_err(transfer)?;
    Ok(packed)
}
