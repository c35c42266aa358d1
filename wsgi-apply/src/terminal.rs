//! A person's terminal, at which a program on a machine is used.

use std::io;
use std::os::fd::BorrowedFd;

/// A person's terminal, at which a program on a machine is used.
pub trait Terminal {
    /// What it understands, as `$TERM` says it.
    fn kind(&self) -> &str;

    /// Its columns and lines.
    fn size(&self) -> (u32, u32);

    /// Hands over each key as it is typed and shows what comes as it is, from now on: that is the work
    /// of the terminal on the other side.
    ///
    /// # Errors
    /// When it cannot.
    fn pass_through(&mut self) -> io::Result<()>;

    /// Where what is typed can be read.
    fn typed(&self) -> BorrowedFd<'_>;

    /// What becomes readable when there is something to [heed](Self::heed).
    fn bell(&self) -> BorrowedFd<'_>;

    /// Whether its size has changed.
    ///
    /// # Errors
    /// When it is to be left.
    fn heed(&mut self) -> io::Result<bool>;

    /// Shows what a program prints.
    ///
    /// # Errors
    /// When it cannot.
    fn show(&mut self, bytes: &[u8]) -> io::Result<()>;
}
