//! Whether a host has all that it needs to go on by itself.

use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;
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

    /// What follows a program on its way to the host, `length` bytes of it; the last of them stays as
    /// long as the host `waits` for its turn.
    pub(super) fn of<R: Read>(
        &self,
        payload: R,
        length: u64,
        waits: Rc<Cell<bool>>,
    ) -> Result<Dispatched<R>, HostError> {
        // What nothing follows is gone with the program itself.
        if length == 0 && !self.becomes(GONE) {
            return Err(HostError::Withheld);
        }
        Ok(Dispatched {
            payload,
            rest: length,
            waits,
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
    waits: Rc<Cell<bool>>,
    dispatch: Dispatch,
}

impl<R: Read> Read for Dispatched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let room = self.rest - u64::from(self.waits.get() && self.rest > 0);
        if room == 0 && self.rest > 0 && !self.dispatch.is_withheld() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let room = usize::try_from(room).unwrap_or(usize::MAX);
        let length = buffer.len().min(room);
        let count = self.payload.read(&mut buffer[..length])?;
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
        let mut parcel = dispatch.of(&b"12345678"[..], 8, Rc::default())?;
        assert_eq!(read(&mut parcel), Some(4));
        assert!(dispatch.withhold() && dispatch.withhold());
        assert_eq!(read(&mut parcel), None);
        assert!(matches!(
            dispatch.of(io::empty(), 0, Rc::default()),
            Err(HostError::Withheld)
        ));

        let dispatch = Dispatch::default();
        let mut parcel = dispatch.of(&b"12345678"[..], 8, Rc::default())?;
        for count in [4, 4, 0] {
            assert_eq!(read(&mut parcel), Some(count));
        }
        assert!(!dispatch.withhold() && !dispatch.is_withheld());
        Ok(())
    }

    #[test]
    fn what_nothing_follows_is_gone_at_once() -> Result<(), HostError> {
        let dispatch = Dispatch::default();
        let mut parcel = dispatch.of(io::empty(), 0, Rc::default())?;
        assert!(!dispatch.withhold());
        assert_eq!(read(&mut parcel), Some(0));
        Ok(())
    }

    #[test]
    fn the_last_byte_stays_until_the_host_has_its_turn() -> Result<(), HostError> {
        let waits = Rc::new(Cell::new(true));
        let dispatch = Dispatch::default();
        let mut parcel = dispatch.of(&b"12345"[..], 5, Rc::clone(&waits))?;
        assert_eq!(read(&mut parcel), Some(4));
        let would_block = |error: io::Error| error.kind() == io::ErrorKind::WouldBlock;
        assert!(parcel.read(&mut [0; 4]).is_err_and(would_block));
        waits.set(false);
        assert_eq!(read(&mut parcel), Some(1));
        assert!(!dispatch.withhold());

        waits.set(true);
        let dispatch = Dispatch::default();
        let mut parcel = dispatch.of(&b"1"[..], 1, waits)?;
        assert!(dispatch.withhold());
        assert!(!parcel.read(&mut [0; 4]).is_err_and(would_block));
        Ok(())
    }
}
