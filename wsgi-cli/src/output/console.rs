//! The two streams of a run, and how they are written to.

use std::fmt::Arguments;
use std::io;

use serde::Serialize;

use super::{Paint, Stream};

/// How much is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Verbosity {
    /// Errors only.
    Quiet,
    /// Results, warnings and errors.
    #[default]
    Normal,
    /// And what is done.
    Verbose,
}

/// A result could not be printed.
#[derive(Debug, thiserror::Error)]
#[error("cannot write to stdout")]
pub(crate) struct PrintError(#[from] io::Error);

/// Where results and everything else go.
pub(crate) struct Console<'a> {
    out: &'a mut dyn Stream,
    err: &'a mut dyn Stream,
    /// Whether the reader of the results has left.
    left: bool,
    pub(crate) verbosity: Verbosity,
    /// The colours of what goes to stderr.
    pub(crate) paint: Paint,
    /// The colours of results.
    pub(crate) result_paint: Paint,
}

impl<'a> Console<'a> {
    pub(crate) fn new(
        out: &'a mut dyn Stream,
        err: &'a mut dyn Stream,
        paint: Paint,
        result_paint: Paint,
        verbosity: Verbosity,
    ) -> Self {
        Self {
            out,
            err,
            left: false,
            verbosity,
            paint,
            result_paint,
        }
    }

    /// Prints a part of the result.
    ///
    /// A reader that has seen enough (`| head`) is no failure, and does not change what a run does.
    pub(crate) fn print(&mut self, text: Arguments<'_>) -> Result<(), PrintError> {
        self.tell(|out| out.write_fmt(text))
    }

    /// Hands on a part of a result that need not be text.
    pub(crate) fn print_bytes(&mut self, bytes: &[u8]) -> Result<(), PrintError> {
        self.tell(|out| out.write_all(bytes))
    }

    /// Prints the result as one JSON document.
    pub(crate) fn print_json(&mut self, document: &impl Serialize) -> Result<(), PrintError> {
        self.tell(|out| {
            serde_json::to_writer_pretty(&mut *out, document)?;
            out.write_all(b"\n")
        })
    }

    /// Sees to it that everything printed has arrived.
    pub(crate) fn flush(&mut self) -> Result<(), PrintError> {
        self.tell(|out| out.flush())
    }

    fn tell(
        &mut self,
        write: impl FnOnce(&mut dyn Stream) -> io::Result<()>,
    ) -> Result<(), PrintError> {
        if self.left {
            return Ok(());
        }
        match write(self.out) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.left = true;
                Ok(())
            }
            done => Ok(done?),
        }
    }

    /// Whether a person watches warnings and errors on something that can move its cursor.
    pub(crate) fn is_watched(&self) -> bool {
        let dumb = std::env::var_os("TERM").is_none_or(|term| term.is_empty() || term == "dumb");
        self.err.is_terminal() && !dumb
    }

    /// Writes warnings and errors.
    pub(crate) fn complain(&mut self, text: &str) {
        // When this fails, there is nobody left to tell.
        let _ = self.err.write_all(text.as_bytes());
    }

    /// Hands on what a command says on stderr, which need not be text.
    pub(crate) fn complain_bytes(&mut self, bytes: &[u8]) {
        let _ = self.err.write_all(bytes);
    }

    /// Says what is done, when that is wanted.
    pub(crate) fn say(&mut self, line: Arguments<'_>) {
        if self.verbosity == Verbosity::Verbose {
            let _ = writeln!(self.err, "{line}");
        }
    }
}
