//! What runs a program of ours on a machine.

use std::io::{self, Read};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::Terminal;

/// Anything that runs a program of the POSIX shell as a user of a machine: this machine itself, SSH,
/// a container.
///
/// [`PosixHost`](crate::PosixHost) makes a [`Host`](crate::Host) of it. Becoming root is that one's
/// work, not the shell's. [`conformance::shell`](crate::conformance::shell) tries what is promised
/// here; the example `command_shell` is a complete one.
pub trait Shell {
    /// What the machine is called in messages.
    fn label(&self) -> &str;

    /// Runs `script` with `stdin`, hands on its output as it comes, and waits for its end.
    ///
    /// `stdin` is read to its end and then closed, unless the program ends before. Output is taken
    /// from both streams at the same time, however much one of them has, and for as long as the
    /// program is silent: an installation may be for minutes.
    ///
    /// `stdin` is read by the calling thread, as fast as the program takes it: while a read blocks,
    /// no output comes. One that has nothing yet returns [`WouldBlock`](io::ErrorKind::WouldBlock), and
    /// is asked again soon, while output comes meanwhile; a shell that reads all of its input first
    /// cannot do that, and serves for all but releases of several hosts together, and those that wait for their turn
    /// ([`conformance::conversation`](crate::conformance::conversation) tries it). A program has not ended before its output has, so what it leaves in the
    /// background must not hold its stdout or stderr.
    ///
    /// An input that ends early looks to the program as one that ends: it has to know its length
    /// from elsewhere.
    ///
    /// # Errors
    /// [`ShellError`] when the program could not be started, its input not be read or the
    /// connection to it was lost. That it failed is a [`Status`].
    fn exec(
        &mut self,
        script: &Script,
        stdin: &mut dyn Read,
        output: &mut dyn FnMut(Chunk<'_>),
    ) -> Result<Status, ShellError>;

    /// Runs `script` in a terminal of the machine's own, which a person uses at theirs, and waits for
    /// its end. [`conformance::terminal`](crate::conformance::terminal) tries it.
    ///
    /// # Errors
    /// [`ShellError`] when it could not be started, as where there are no terminals, or it is not
    /// known how it ended.
    fn in_terminal(
        &mut self,
        _script: &Script,
        _terminal: &mut dyn Terminal,
    ) -> Result<Status, ShellError> {
        Err(ShellError::NotStarted(io::ErrorKind::Unsupported.into()))
    }
}

impl<S: Shell + ?Sized> Shell for Box<S> {
    fn label(&self) -> &str {
        (**self).label()
    }

    fn exec(
        &mut self,
        script: &Script,
        stdin: &mut dyn Read,
        output: &mut dyn FnMut(Chunk<'_>),
    ) -> Result<Status, ShellError> {
        (**self).exec(script, stdin, output)
    }

    fn in_terminal(
        &mut self,
        script: &Script,
        terminal: &mut dyn Terminal,
    ) -> Result<Status, ShellError> {
        (**self).in_terminal(script, terminal)
    }
}

/// A program for the host's `/bin/sh`, at most 24 KiB: an SSH server takes no longer command.
/// Nothing secret may stand in it, since everybody on the host can see the arguments of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script(String);

impl Script {
    /// The longest program, in bytes.
    pub const MAX: usize = 24 << 10;

    /// A program.
    ///
    /// # Panics
    /// In a debug build, when it is longer than [`MAX`](Self::MAX).
    pub fn new(text: String) -> Self {
        debug_assert!(text.len() <= Self::MAX, "{} bytes", text.len());
        Self(text)
    }

    /// The program, as the argument of `sh -c`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The program as one command line for whatever shell a user logs in to: a POSIX one, fish or csh.
    ///
    /// It has no quotes, backslashes, dollars or line ends that they would read each in its own way.
    pub fn for_any_shell(&self) -> String {
        let encoded = STANDARD.encode(&self.0);
        // stdin stays the program's: what is decoded comes from a pipe of its own.
        format!("exec /bin/sh -c 'eval \"$(echo {encoded} | base64 -d)\"'")
    }
}

/// A piece of what a program prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chunk<'a> {
    /// To stdout.
    Out(&'a [u8]),
    /// To stderr.
    Err(&'a [u8]),
}

/// How a program ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// With this exit status.
    Exited(i32),
    /// By a signal, such as `KILL`.
    Killed(String),
}

/// Why it is not known what became of a program.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ShellError {
    /// It was not started.
    #[error("no program can be started")]
    NotStarted(#[source] io::Error),
    /// `stdin` could not be read to its end. The program got what was before, and has ended.
    #[error("the input of the program cannot be read")]
    Input(#[source] io::Error),
    /// The connection ended before the program did, which may still run.
    #[error("the connection was lost")]
    Lost(#[source] io::Error),
}
