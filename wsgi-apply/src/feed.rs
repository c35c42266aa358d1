use std::io::{self, Read};

use zeroize::Zeroizing;

/// What one call of a shell sends at most: OpenSSH takes no longer packet.
const PIECE: usize = 32 << 10;

/// The input of a program, piece by piece, as fast as the program takes it.
pub(crate) struct Feed<'source> {
    source: &'source mut dyn Read,
    /// Wiped, because passwords and private files pass through.
    buffer: Zeroizing<Vec<u8>>,
    start: usize,
    end: usize,
    outcome: Option<io::Result<()>>,
}

impl<'source> Feed<'source> {
    pub(crate) fn new(source: &'source mut dyn Read) -> Self {
        Self {
            source,
            buffer: Zeroizing::new(vec![0; PIECE]),
            start: 0,
            end: 0,
            outcome: None,
        }
    }

    /// What is to be sent next; the same until some of it is [taken](Self::take). `None` at the end.
    pub(crate) fn next(&mut self) -> Option<&[u8]> {
        while self.start == self.end && self.outcome.is_none() {
            match self.source.read(&mut self.buffer) {
                Ok(0) => self.outcome = Some(Ok(())),
                Ok(count) => (self.start, self.end) = (0, count),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => self.outcome = Some(Err(error)),
            }
        }
        Some(&self.buffer[self.start..self.end]).filter(|piece| !piece.is_empty())
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
