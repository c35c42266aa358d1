//! What a host is told while a release of several hosts waits on it.

use std::cell::Cell;
use std::collections::VecDeque;
use std::io::{self, Read};
use std::rc::Rc;
use std::sync::mpsc::{Receiver, TryRecvError};
use std::time::{Duration, Instant};

/// How often a host that waits is shown that somebody is still there. `deploy.sh` waits for six of
/// them.
const BEAT: Duration = Duration::from_secs(10);

/// The word for going on.
const ON: &[u8] = b"on\n";
const ALIVE: &[u8] = b".\n";

/// Tells a host that waits for the others when to go on. It is to stop and go back when there is
/// nobody left who could tell it.
#[derive(Debug)]
pub struct Cues(pub(super) Receiver<Cue>);

/// It goes on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cue;

/// What of the answer matters for what is said next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mood {
    /// The host is at work.
    Busy,
    /// It waits for a word.
    Waits,
    /// It has ended.
    Ended,
}

/// The words, as the program on the host reads them.
pub(super) struct Spoken {
    cues: Cues,
    mood: Rc<Cell<Mood>>,
    bytes: VecDeque<u8>,
    beat: Instant,
}

impl Spoken {
    pub(super) fn new(cues: Cues, mood: Rc<Cell<Mood>>) -> Self {
        Self {
            cues,
            mood,
            bytes: VecDeque::new(),
            beat: Instant::now(),
        }
    }
}

impl Read for Spoken {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.bytes.is_empty() && self.mood.get() != Mood::Ended {
            match self.cues.0.try_recv() {
                Ok(Cue) => {
                    self.bytes.extend(ON);
                    self.mood.set(Mood::Busy);
                }
                // Nobody is there: the end of the input says so.
                Err(TryRecvError::Disconnected) => {}
                Err(TryRecvError::Empty) => {
                    if self.mood.get() == Mood::Busy || self.beat.elapsed() < BEAT {
                        return Err(io::ErrorKind::WouldBlock.into());
                    }
                    self.bytes.extend(ALIVE);
                }
            }
            self.beat = Instant::now();
        }
        self.bytes.read(buffer)
    }
}
