use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::MetadataExt;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

use crate::http_answer::HttpAnswer;
use crate::machine_builder::MachineBuilder;
use crate::machine_command::MachineCommand;
use crate::machine_error::{MachineError, give_up};
use crate::output::Output;
use crate::process::Process;

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
