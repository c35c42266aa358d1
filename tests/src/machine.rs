use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

use crate::http_answer::HttpAnswer;
use crate::machine_builder::MachineBuilder;
use crate::machine_command::MachineCommand;
use crate::machine_error::{MachineError, give_up};
use crate::manifest::{Entry, Kind};
use crate::output::Output;
use crate::process::Process;

const INSTALL_TREE: &str = include_str!("install_tree.sh");

/// A throw-away machine on the test computer, with the programs that are installed there.
///
/// It has processes, users, files, a host name and a network of its own; all ports are free, and
/// only the loopback interface is there. Its files begin as those of the test computer, less
/// `/root`, `/home`, `/usr/local`, `/tmp` and `/run`, which begin empty. Nothing written in it
/// leaves it, and all of it is gone when the last clone and the last [`Process`] are dropped, or
/// when the test's own process ends in any way. Making one takes some 50 ms.
#[derive(Debug, Clone)]
pub struct Machine {
    up: Arc<Up>,
}

/// The namespaces of a machine, held by its process 1.
#[derive(Debug)]
struct Up {
    /// What ends the machine when its standard input does.
    keeper: Mutex<Child>,
    /// The process id of the machine's process 1 as the test computer knows it.
    init: u32,
}

impl Up {
    fn end(&self) {
        let mut keeper = self.keeper.lock().unwrap_or_else(PoisonError::into_inner);
        drop(keeper.stdin.take());
        // Returns when process 1 is gone, and with it all others.
        let _ = keeper.wait();
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        self.end();
    }
}

impl Machine {
    /// Makes a machine.
    ///
    /// # Errors
    ///
    /// When the test computer cannot: without root, without overlayfs, with programs missing.
    pub fn new() -> Result<Self, MachineError> {
        Self::builder().start()
    }

    /// Makes a machine, in a test that cannot go on without.
    ///
    /// # Panics
    ///
    /// With the reason, when the test computer cannot.
    #[track_caller]
    pub fn up() -> Self {
        match Self::new() {
            Ok(machine) => machine,
            Err(error) => give_up(&error),
        }
    }

    /// Namespaces, mounts and other users are root's.
    pub(crate) fn need_root() -> Result<(), MachineError> {
        let root = fs::metadata("/proc/self").is_ok_and(|me| me.uid() == 0);
        if root {
            Ok(())
        } else {
            Err(MachineError::NotRoot)
        }
    }

    /// The machine whose process 1 says `ready PID`, with the process id that the test computer
    /// knows, as soon as it stands, and which `keeper` ends when its standard input does.
    pub(crate) fn held_by(mut keeper: Command) -> Result<Self, MachineError> {
        let program = keeper.get_program().to_string_lossy().into_owned();
        let mut keeper = keeper
            .current_dir("/")
            // The machine lives as long as the other end of this pipe.
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|source| MachineError::spawn(&program, source))?;

        let mut said = String::new();
        if let Some(stdout) = keeper.stdout.take() {
            // A failed read shows as a missing process id below.
            let _ = BufReader::new(stdout).read_line(&mut said);
        }
        let init = said
            .strip_prefix("ready ")
            .and_then(|pid| pid.trim_end().parse().ok());
        let Some(init) = init else {
            drop(keeper.stdin.take());
            let mut stderr = String::new();
            if let Some(mut pipe) = keeper.stderr.take() {
                let _ = pipe.read_to_string(&mut stderr);
            }
            let _ = keeper.wait();
            return Err(MachineError::Setup { stderr });
        };
        Ok(Self {
            up: Arc::new(Up {
                keeper: Mutex::new(keeper),
                init,
            }),
        })
    }

    /// Ends it, whoever still holds a clone.
    pub(crate) fn end(&self) {
        self.up.end();
    }

    /// Begins a machine that shares files with the test computer.
    pub fn builder() -> MachineBuilder {
        MachineBuilder::default()
    }

    /// Begins a command: user, directory, environment, input and time limit can be set.
    pub fn command<I, A>(&self, argv: I) -> MachineCommand<'_>
    where
        I: IntoIterator<Item = A>,
        A: AsRef<OsStr>,
    {
        MachineCommand::new(self, argv)
    }

    /// Runs a command as root.
    ///
    /// # Panics
    ///
    /// When it could not be run at all or hangs, but not when it fails.
    #[track_caller]
    pub fn run<I, A>(&self, argv: I) -> Output
    where
        I: IntoIterator<Item = A>,
        A: AsRef<OsStr>,
    {
        self.command(argv).run()
    }

    /// Runs a command as a user, with that user's groups and `HOME`.
    ///
    /// # Panics
    ///
    /// When it could not be run at all or hangs, but not when it fails.
    #[track_caller]
    pub fn run_as<I, A>(&self, user: &str, argv: I) -> Output
    where
        I: IntoIterator<Item = A>,
        A: AsRef<OsStr>,
    {
        self.command(argv).user(user).run()
    }

    /// Runs a command as root and expects it to exit with 0.
    ///
    /// # Panics
    ///
    /// With everything that it printed, when it fails.
    #[track_caller]
    pub fn ok<I, A>(&self, argv: I) -> Output
    where
        I: IntoIterator<Item = A>,
        A: AsRef<OsStr>,
    {
        self.command(argv).ok()
    }

    /// Runs a script of `sh` as root.
    ///
    /// # Panics
    ///
    /// When it could not be run at all or hangs, but not when it fails.
    #[track_caller]
    pub fn sh(&self, script: &str) -> Output {
        self.run(["sh", "-c", script])
    }

    /// Starts a daemon that stays in the foreground, as root.
    ///
    /// # Panics
    ///
    /// When it could not be started.
    #[track_caller]
    pub fn spawn<I, A>(&self, argv: I) -> Process
    where
        I: IntoIterator<Item = A>,
        A: AsRef<OsStr>,
    {
        self.command(argv).spawn()
    }

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

    /// Asks a server on this machine, whatever host the address names. No certificate is checked.
    ///
    /// # Panics
    ///
    /// When nothing answers.
    #[track_caller]
    pub fn get(&self, url: &str) -> HttpAnswer {
        self.http(["--insecure", url])
    }

    /// Asks a server on this machine with other arguments of `curl`.
    ///
    /// # Panics
    ///
    /// When nothing answers.
    #[track_caller]
    pub fn http<'argument>(
        &self,
        arguments: impl IntoIterator<Item = &'argument str>,
    ) -> HttpAnswer {
        let mut argv = vec!["curl", "--silent", "--show-error", "--include"];
        argv.extend(["--max-time", "30", "--connect-to", "::127.0.0.1:"]);
        argv.extend(arguments);
        let output = self.ok(argv);
        match HttpAnswer::parse(&output.stdout) {
            Some(answer) => answer,
            None => panic!("no HTTP: {output}"),
        }
    }

    /// The process id of its process 1, as the test computer knows it.
    pub(crate) fn init(&self) -> u32 {
        self.up.init
    }

    /// Whether its processes still run.
    pub(crate) fn is_up(&self) -> bool {
        let mut keeper = self
            .up
            .keeper
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        matches!(keeper.try_wait(), Ok(None))
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
