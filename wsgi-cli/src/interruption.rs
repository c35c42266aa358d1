//! The signals that ask to end: INT, TERM and HUP.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::{flag, low_level};

use crate::exit;

/// Notes the first signal that asks to end, for work that must be put in order before.
///
/// A second signal ends the process at once, and so does any when this is dropped: whoever waits
/// for a person or for another program must not be made to wait for that to end. So work that is
/// watched can be killed at any moment, and somebody must tidy up after it.
#[derive(Debug)]
pub(crate) struct Interruption {
    /// The number of the signal that came, or 0.
    came: Arc<AtomicUsize>,
    /// Whether a signal ends the process.
    deadly: Arc<AtomicBool>,
    /// What is noted: `nohup` has its commands ignore HUP, and a shell INT those in the background.
    signals: Vec<i32>,
}

/// A signal asked to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("ended by {}", low_level::signal_name(*.signal).unwrap_or("a signal"))]
pub(crate) struct Interrupted {
    signal: i32,
}

impl Interruption {
    /// Takes note from now on.
    pub(crate) fn noted() -> Self {
        let noted = Self::first();
        noted.await_second();
        noted
    }

    /// Takes note from now on. After [`Interruption::await_second`], a second signal is noted, too:
    /// whoever leaves others at work has to say so. A third one ends the process.
    pub(crate) fn first() -> Self {
        let noted = Self {
            came: Arc::default(),
            deadly: Arc::default(),
            signals: heeded_signals(),
        };
        for &signal in &noted.signals {
            // In this order: a signal finds that it is not deadly, and may make the next so. One that
            // cannot be handled ends the process, as it did.
            let number = usize::try_from(signal).unwrap_or_default();
            let _ = flag::register_conditional_default(signal, Arc::clone(&noted.deadly))
                .and_then(|_| flag::register_usize(signal, Arc::clone(&noted.came), number));
        }
        noted
    }

    /// Has the next signal make the one after it deadly.
    pub(crate) fn await_second(&self) {
        for &signal in &self.signals {
            let _ = flag::register(signal, Arc::clone(&self.deadly));
        }
    }

    /// Whether a signal has come for which [`Interruption::await_second`] was called.
    pub(crate) fn came_again(&self) -> bool {
        self.deadly.load(Ordering::Relaxed)
    }

    /// Refuses to go on when a signal has come.
    pub(crate) fn check(&self) -> Result<(), Interrupted> {
        match i32::try_from(self.came.load(Ordering::Relaxed)) {
            Ok(0) | Err(_) => Ok(()),
            Ok(signal) => Err(Interrupted { signal }),
        }
    }
}

impl Drop for Interruption {
    fn drop(&mut self) {
        self.deadly.store(true, Ordering::Relaxed);
    }
}

impl Interrupted {
    /// Ends the process as the signal would have done.
    pub(crate) fn end_process(self) {
        // A signal that cannot be sent leaves the process to its work.
        let _ = low_level::emulate_default_handler(self.signal);
    }

    /// The exit status, which is a shell's for a program that the signal has killed.
    pub(crate) const fn status(self) -> u8 {
        match self.signal {
            SIGHUP => exit::HUNG_UP,
            SIGINT => exit::INTERRUPTED,
            _ => exit::TERMINATED,
        }
    }
}

/// The signals that ask to end, without those that this process was told to ignore.
fn heeded_signals() -> Vec<i32> {
    let ignored = ignored_signals();
    let is_heeded = |signal: &i32| ignored & (1 << (signal - 1)) == 0;
    let signals = [SIGINT, SIGTERM, SIGHUP].into_iter();
    signals.filter(is_heeded).collect()
}

/// The signals that this process was told to ignore, as bits (proc(5), `SigIgn`).
fn ignored_signals() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let bits = status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .and_then(|bits| u64::from_str_radix(bits.trim(), 16).ok());
    // Without /proc, none.
    bits.unwrap_or_default()
}
