use std::fmt;
use std::fs::File;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ExitStatus};
use std::thread;
use std::time::Duration;

use crate::Machine;
use crate::machine_command::{read_from_start, refusal};
use crate::machine_error::MachineError;
use crate::wait::comes_true;

/// How long a daemon may take to end by itself after TERM.
const GRACE: Duration = Duration::from_secs(10);

/// A daemon in the foreground on a [`Machine`]: it is stopped when this is dropped.
///
/// When the test fails, all that it said is printed.
pub struct Process {
    machine: Machine,
    command: String,
    child: Child,
    stdout: File,
    stderr: File,
    pid: u32,
}

impl Process {
    pub(crate) fn new(
        machine: Machine,
        command: String,
        mut child: Child,
        stdout: File,
        stderr: File,
    ) -> Result<Self, MachineError> {
        let mut pid = None;
        comes_true(GRACE, || {
            let ended = !matches!(child.try_wait(), Ok(None));
            pid = announced(&stdout);
            pid.is_some() || ended
        });
        let Some(pid) = pid else {
            let errors = read_from_start(&stderr).unwrap_or_default();
            let message = String::from_utf8_lossy(&errors).into_owned();
            let _ = child.kill();
            let _ = child.wait();
            return Err(refusal(&message).unwrap_or(MachineError::Enter { message }));
        };
        Ok(Self {
            machine,
            command,
            child,
            stdout,
            stderr,
            pid,
        })
    }

    /// Its process id on the machine.
    pub fn id(&self) -> u32 {
        self.pid
    }

    /// Whether it still runs.
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// What it wrote to its standard output so far.
    pub fn stdout(&self) -> String {
        let all = read_from_start(&self.stdout).unwrap_or_default();
        let text = String::from_utf8_lossy(&all);
        // The first line is its process id, from `enter.sh`.
        text.split_once('\n')
            .map(|(_, rest)| rest.to_owned())
            .unwrap_or_default()
    }

    /// What it wrote to its standard error so far.
    pub fn stderr(&self) -> String {
        let all = read_from_start(&self.stderr).unwrap_or_default();
        String::from_utf8_lossy(&all).into_owned()
    }

    /// Sends it a signal, by name without `SIG`.
    ///
    /// # Panics
    ///
    /// When it has ended.
    #[track_caller]
    pub fn signal(&mut self, name: &str) {
        assert!(self.is_running(), "{self} has ended");
        self.machine
            .sh(&format!("kill -{name} {}", self.pid))
            .expect_success();
    }

    /// Waits until it ends by itself.
    ///
    /// # Panics
    ///
    /// When it does not within the time given.
    #[track_caller]
    pub fn wait(&mut self, deadline: Duration) -> ExitStatus {
        let ended = comes_true(deadline, || !self.is_running());
        assert!(ended, "{self} did not end within {deadline:?}");
        self.status()
    }

    /// Asks it to end with TERM, and ends it with KILL when it has not after ten seconds.
    pub fn stop(&mut self) -> ExitStatus {
        for signal in ["TERM", "KILL"] {
            if self.is_running() {
                self.machine.sh(&format!("kill -{signal} {}", self.pid));
                comes_true(GRACE, || !self.is_running());
            }
        }
        self.status()
    }

    fn status(&mut self) -> ExitStatus {
        match self.child.try_wait() {
            Ok(Some(status)) => status,
            // Not even KILL ended it; the end of the machine will.
            _ => ExitStatus::from_raw(9),
        }
    }
}

/// The process id that `enter.sh` wrote, once it has.
fn announced(stdout: &File) -> Option<u32> {
    let all = read_from_start(stdout).ok()?;
    let text = String::from_utf8_lossy(&all);
    text.split_once('\n')?.0.parse().ok()
}

impl Drop for Process {
    #[expect(
        clippy::print_stderr,
        reason = "the test's own report of a failure has no more"
    )]
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("{self}");
        }
        if self.machine.is_up() {
            self.stop();
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl fmt::Display for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` (process {})\n--- stdout\n{}\n--- stderr\n{}\n---",
            self.command,
            self.pid,
            self.stdout().trim_end(),
            self.stderr().trim_end()
        )
    }
}

impl fmt::Debug for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
