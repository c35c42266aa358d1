//! Where a run writes to.

use std::io::{self, BufWriter, IsTerminal, Write};

/// A place to write to, and whether a person watches it.
pub trait Stream: Write {
    /// Whether it is a terminal.
    fn is_terminal(&self) -> bool;
}

impl Stream for Vec<u8> {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl Stream for io::StdoutLock<'_> {
    fn is_terminal(&self) -> bool {
        IsTerminal::is_terminal(self)
    }
}

impl Stream for io::StderrLock<'_> {
    fn is_terminal(&self) -> bool {
        IsTerminal::is_terminal(self)
    }
}

impl<S: Stream> Stream for BufWriter<S> {
    fn is_terminal(&self) -> bool {
        self.get_ref().is_terminal()
    }
}
