use std::fmt;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Duration;

/// What a command on a machine printed, and how it ended.
#[derive(Debug, Clone)]
pub struct Output {
    /// The command as typed, for messages.
    pub command: String,
    /// How it ended.
    pub status: ExitStatus,
    /// All of its standard output.
    pub stdout: Vec<u8>,
    /// All of its standard error.
    pub stderr: Vec<u8>,
    /// How long it took, from its start outside the machine to its end.
    pub elapsed: Duration,
}

impl Output {
    /// Whether the command exited with 0.
    pub fn success(&self) -> bool {
        self.status.success()
    }

    /// The exit status; `None` after a signal.
    pub fn code(&self) -> Option<i32> {
        self.status.code()
    }

    /// The signal that ended the command.
    pub fn signal(&self) -> Option<i32> {
        self.status.signal()
    }

    /// The standard output as text; bytes that are not UTF-8 are replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// The standard error as text; bytes that are not UTF-8 are replaced.
    pub fn errors(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }

    /// Itself, when the command exited with 0.
    ///
    /// # Panics
    ///
    /// With everything that it printed, when not.
    #[track_caller]
    #[expect(
        clippy::return_self_not_must_use,
        reason = "an assertion may end a chain"
    )]
    pub fn expect_success(self) -> Self {
        assert!(self.success(), "{self}");
        self
    }

    /// Itself, when the command exited with a status other than 0.
    ///
    /// # Panics
    ///
    /// With everything that it printed, when it exited with 0 or a signal ended it: a crash is not
    /// a refusal.
    #[track_caller]
    #[expect(
        clippy::return_self_not_must_use,
        reason = "an assertion may end a chain"
    )]
    pub fn expect_failure(self) -> Self {
        assert!(self.code().is_some_and(|code| code != 0), "{self}");
        self
    }
}

impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "`{}`: {} after {:?}",
            self.command, self.status, self.elapsed
        )?;
        writeln!(f, "--- stdout\n{}", self.text().trim_end())?;
        write!(f, "--- stderr\n{}", self.errors().trim_end())
    }
}
