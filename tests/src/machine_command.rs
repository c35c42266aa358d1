use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::Machine;
use crate::machine_error::{MachineError, give_up};
use crate::output::Output;
use crate::process::Process;

/// Ends a command that hangs; far above what any should need.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Debian's own, for root.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

const ENTER: &str = include_str!("enter.sh");

/// What `enter.sh` says before it gives up.
const NO_PROGRAM: &str = "wsgi-tests: no such program: ";
const NO_USER: &str = "wsgi-tests: no such user: ";

/// A command to be run on a [`Machine`].
///
/// It gets an environment of `PATH`, `HOME` and `LANG` alone, the umask 022, no terminal, and
/// nothing on its standard input.
#[derive(Debug)]
pub struct MachineCommand<'machine> {
    machine: &'machine Machine,
    argv: Vec<OsString>,
    user: String,
    directory: String,
    variables: Vec<(String, OsString)>,
    stdin: Input,
    timeout: Duration,
}

#[derive(Debug)]
enum Input {
    Nothing,
    Bytes(Vec<u8>),
    File(File),
}

impl<'machine> MachineCommand<'machine> {
    pub(crate) fn new<I, A>(machine: &'machine Machine, argv: I) -> Self
    where
        I: IntoIterator<Item = A>,
        A: AsRef<OsStr>,
    {
        Self {
            machine,
            argv: argv.into_iter().map(|a| a.as_ref().to_owned()).collect(),
            user: "root".to_owned(),
            directory: "/".to_owned(),
            variables: Vec::new(),
            stdin: Input::Nothing,
            timeout: TIMEOUT,
        }
    }

    /// Runs it as another user than root, with that user's groups and `HOME`.
    #[must_use]
    pub fn user(mut self, user: &str) -> Self {
        user.clone_into(&mut self.user);
        self
    }

    /// Runs it in another directory than `/`.
    #[must_use]
    pub fn directory(mut self, directory: &str) -> Self {
        directory.clone_into(&mut self.directory);
        self
    }

    /// Adds a variable to its environment.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.variables
            .push((name.to_owned(), value.as_ref().to_owned()));
        self
    }

    /// Gives it these bytes to read.
    #[must_use]
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = Input::Bytes(bytes.into());
        self
    }

    /// Gives it a file of the test computer to read.
    #[must_use]
    pub fn stdin_file(mut self, file: File) -> Self {
        self.stdin = Input::File(file);
        self
    }

    /// Ends it after another time than 60 seconds. Has no effect on [`spawn`](Self::spawn).
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Runs it to its end.
    ///
    /// # Panics
    ///
    /// When it could not be run at all or hangs, but not when it fails.
    #[track_caller]
    pub fn run(self) -> Output {
        match self.try_run() {
            Ok(output) => output,
            Err(error) => give_up(&error),
        }
    }

    /// Runs it to its end and expects it to exit with 0.
    ///
    /// # Panics
    ///
    /// With everything that it printed, when it fails.
    #[track_caller]
    pub fn ok(self) -> Output {
        self.run().expect_success()
    }

    /// Runs it to its end.
    ///
    /// # Errors
    ///
    /// When it could not be run at all or hangs, but not when it fails.
    pub fn try_run(self) -> Result<Output, MachineError> {
        let line = self.line();
        let start = Instant::now();
        let (mut child, stdout, stderr) = self.start(Some(self.timeout), "quiet")?;
        let status = child
            .wait()
            .map_err(|source| MachineError::spawn("nsenter", source))?;
        let elapsed = start.elapsed();
        let transfer = |source| MachineError::Transfer {
            command: line.clone(),
            source,
        };
        let output = Output {
            command: line.clone(),
            status,
            stdout: read_from_start(&stdout).map_err(transfer)?,
            stderr: read_from_start(&stderr).map_err(transfer)?,
            elapsed,
        };
        if output.signal() == Some(9) && elapsed >= self.timeout {
            return Err(MachineError::TimedOut {
                output: Box::new(output),
            });
        }
        match refusal(&output.errors()) {
            Some(error) if matches!(output.code(), Some(126 | 127)) => Err(error),
            _ => Ok(output),
        }
    }

    /// Starts it and leaves it running: a daemon in the foreground.
    ///
    /// # Panics
    ///
    /// When it could not be started. That it ends at once shows at its first use.
    #[track_caller]
    pub fn spawn(self) -> Process {
        match self.try_spawn() {
            Ok(process) => process,
            Err(error) => give_up(&error),
        }
    }

    /// Starts it and leaves it running: a daemon in the foreground.
    ///
    /// # Errors
    ///
    /// When it could not be started.
    pub fn try_spawn(self) -> Result<Process, MachineError> {
        let line = self.line();
        let (child, stdout, stderr) = self.start(None, "announce")?;
        Process::new(self.machine.clone(), line, child, stdout, stderr)
    }

    /// As typed, for messages.
    fn line(&self) -> String {
        let words: Vec<_> = self.argv.iter().map(|a| a.to_string_lossy()).collect();
        words.join(" ")
    }

    fn start(
        &self,
        timeout: Option<Duration>,
        announce: &str,
    ) -> Result<(Child, File, File), MachineError> {
        // Files, not pipes: a daemon that the command leaves behind holds them open, and a pipe
        // would have the test wait for its end.
        let transfer = |source| MachineError::Transfer {
            command: self.line(),
            source,
        };
        let stdout = tempfile::tempfile().map_err(transfer)?;
        let stderr = tempfile::tempfile().map_err(transfer)?;
        let stdin = match &self.stdin {
            Input::Nothing => Stdio::null(),
            Input::File(file) => Stdio::from(file.try_clone().map_err(transfer)?),
            Input::Bytes(bytes) => {
                let mut file = tempfile::tempfile().map_err(transfer)?;
                file.write_all(bytes).map_err(transfer)?;
                file.seek(SeekFrom::Start(0)).map_err(transfer)?;
                Stdio::from(file)
            }
        };

        let mut command = Command::new("nsenter");
        command
            .arg(format!("--target={}", self.machine.init()))
            .args(["--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup"])
            .arg("--")
            // Without a session of its own it could ask for a password on the developer's terminal.
            .args(["setsid", "env", "--ignore-environment"])
            .arg(format!("PATH={PATH}"))
            .args(["HOME=/root", "LANG=C.UTF-8"]);
        for (name, value) in &self.variables {
            let mut pair = OsString::from(format!("{name}="));
            pair.push(value);
            command.arg(pair);
        }
        if let Some(timeout) = timeout {
            command
                .args(["timeout", "--signal=KILL"])
                .arg(format!("{}", timeout.as_secs_f64()));
        }
        command
            .args(["sh", "-c", ENTER, "enter", announce])
            .args([&self.user, &self.directory])
            .args(&self.argv)
            .stdin(stdin)
            .stdout(stdout.try_clone().map_err(transfer)?)
            .stderr(stderr.try_clone().map_err(transfer)?);
        let child = command
            .spawn()
            .map_err(|source| MachineError::spawn("nsenter", source))?;
        Ok((child, stdout, stderr))
    }
}

/// What `enter.sh` refused, when it did.
pub(crate) fn refusal(stderr: &str) -> Option<MachineError> {
    let first = stderr.lines().next()?;
    if let Some(program) = first.strip_prefix(NO_PROGRAM) {
        return Some(MachineError::MissingProgram {
            program: program.to_owned(),
        });
    }
    (first.starts_with(NO_USER) || first.contains("can't cd to")).then(|| MachineError::Enter {
        message: first.to_owned(),
    })
}

/// All that was written to a file that a command may still hold open, without moving the place
/// where the command writes on: the two share it.
pub(crate) fn read_from_start(file: &File) -> std::io::Result<Vec<u8>> {
    use std::os::unix::fs::FileExt;

    let mut bytes = vec![0; usize::try_from(file.metadata()?.len()).unwrap_or(usize::MAX)];
    let mut filled = 0;
    while filled < bytes.len() {
        match file.read_at(&mut bytes[filled..], filled as u64)? {
            0 => break,
            count => filled += count,
        }
    }
    bytes.truncate(filled);
    Ok(bytes)
}
