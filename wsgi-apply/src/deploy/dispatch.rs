//! Whether a host has all that it needs to go on by itself.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use crate::HostError;

const KEPT: u8 = 0;
const GONE: u8 = 1;
const WITHHELD: u8 = 2;

/// Whether a host has been sent all that it needs to go on by itself, whoever is there. Until then
/// it does nothing, and what is missing can be withheld. Clones are about the same host.
#[derive(Clone, Debug, Default)]
pub struct Dispatch(Arc<AtomicU8>);

impl Dispatch {
    /// Sees to it that nothing is begun, unless it is too late for that, and says whether it was
    /// not.
    pub fn withhold(&self) -> bool {
        self.becomes(WITHHELD)
    }

    /// What follows a program on its way to the host, `length` bytes of it.
    pub(super) fn of<R: Read>(&self, payload: R, length: u64) -> Result<Dispatched<R>, HostError> {
        // What nothing follows is gone with the program itself.
        if length == 0 && !self.becomes(GONE) {
            return Err(HostError::Withheld);
        }
        Ok(Dispatched {
            payload,
            rest: length,
            dispatch: self.clone(),
        })
    }

    pub(super) fn is_withheld(&self) -> bool {
        self.0.load(Ordering::Acquire) == WITHHELD
    }

    /// Only what is still kept becomes one or the other.
    fn becomes(&self, state: u8) -> bool {
        let now = self
            .0
            .compare_exchange(KEPT, state, Ordering::AcqRel, Ordering::Acquire);
        now.map_or_else(|now| now == state, |_| true)
    }
}

/// The bytes of a [`Dispatch`], as they are taken to be sent.
pub(super) struct Dispatched<R> {
    payload: R,
    rest: u64,
    dispatch: Dispatch,
}

impl<R: Read> Read for Dispatched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.payload.read(buffer)?;
        self.rest = self.rest.saturating_sub(count as u64);
        // Decided before the last byte is handed over: who has that goes on.
        let may_go = if self.rest == 0 {
            self.dispatch.becomes(GONE)
        } else {
            !self.dispatch.is_withheld()
        };
        if may_go {
            Ok(count)
        } else {
            Err(io::Error::other("it is withheld"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(parcel: &mut impl Read) -> Option<usize> {
        parcel.read(&mut [0; 4]).ok()
    }

    #[test]
    fn the_last_byte_is_withheld_or_gone() -> Result<(), HostError> {
        let dispatch = Dispatch::default();
        let mut parcel = dispatch.of(&b"12345678"[..], 8)?;
        assert_eq!(read(&mut parcel), Some(4));
        assert!(dispatch.withhold() && dispatch.withhold());
        assert_eq!(read(&mut parcel), None);
        assert!(matches!(
            dispatch.of(io::empty(), 0),
            Err(HostError::Withheld)
        ));

        let dispatch = Dispatch::default();
        let mut parcel = dispatch.of(&b"12345678"[..], 8)?;
        for count in [4, 4, 0] {
            assert_eq!(read(&mut parcel), Some(count));
        }
        assert!(!dispatch.withhold() && !dispatch.is_withheld());
        Ok(())
    }

    #[test]
    fn what_nothing_follows_is_gone_at_once() -> Result<(), HostError> {
        let dispatch = Dispatch::default();
        let mut parcel = dispatch.of(io::empty(), 0)?;
        assert!(!dispatch.withhold());
        assert_eq!(read(&mut parcel), Some(0));
        Ok(())
    }
}
