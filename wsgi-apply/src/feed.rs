use std::io::{self, Read};
use std::time::Duration;

use zeroize::Zeroizing;

/// What one call of a shell sends at most: OpenSSH takes no longer packet.
const PIECE: usize = 32 << 10;

/// How soon a source that had nothing is asked again, when nothing else happens.
pub(crate) const ASK_AGAIN: Duration = Duration::from_millis(20);

/// The input of a program, piece by piece, as fast as the program takes it.
pub(crate) struct Feed<'source> {
    source: &'source mut dyn Read,
    /// Wiped, because passwords and private files pass through.
    buffer: Zeroizing<Vec<u8>>,
    start: usize,
    end: usize,
    outcome: Option<io::Result<()>>,
    /// The source had nothing when it was asked last.
    dry: bool,
}

impl<'source> Feed<'source> {
    pub(crate) fn new(source: &'source mut dyn Read) -> Self {
        Self {
            source,
            buffer: Zeroizing::new(vec![0; PIECE]),
            start: 0,
            end: 0,
            outcome: None,
            dry: false,
        }
    }

    /// What is to be sent next; the same until some of it is [taken](Self::take). `None` at the end,
    /// and while the source has nothing.
    pub(crate) fn next(&mut self) -> Option<&[u8]> {
        self.dry = false;
        while self.start == self.end && self.outcome.is_none() && !self.dry {
            match self.source.read(&mut self.buffer) {
                Ok(0) => self.outcome = Some(Ok(())),
                Ok(count) => (self.start, self.end) = (0, count),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.dry = true,
                Err(error) => self.outcome = Some(Err(error)),
            }
        }
        Some(&self.buffer[self.start..self.end]).filter(|piece| !piece.is_empty())
    }

    /// Whether the source had nothing when it was asked last, and is to be asked again.
    pub(crate) const fn is_dry(&self) -> bool {
        self.dry
    }

    /// Notes that the first `count` bytes were sent.
    pub(crate) fn take(&mut self, count: usize) {
        self.start += count;
    }

    /// Why the source could not be read to its end, if that was so.
    pub(crate) fn into_failure(self) -> Option<io::Error> {
        self.outcome.and_then(Result::err)
    }
}
