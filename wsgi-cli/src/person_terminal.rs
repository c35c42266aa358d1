//! The terminal of this process, handed to a program elsewhere.

use std::fs::File;
use std::io::{self, IsTerminal as _, Read as _, Write as _};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustix::termios::{OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGWINCH};
use signal_hook::{SigId, flag, low_level};
use wsgi_apply::Terminal;

/// The terminal that stdin and stdout of this process are. As it was before, when this is dropped.
pub(crate) struct PersonTerminal {
    keys: File,
    screen: File,
    kind: String,
    before: Option<Termios>,
    bell: UnixStream,
    /// The signal that asks to end, or 0.
    ended: Arc<AtomicUsize>,
    registered: Vec<SigId>,
}

impl PersonTerminal {
    /// Whether both are one.
    pub(crate) fn is_there() -> bool {
        io::stdin().is_terminal() && io::stdout().is_terminal()
    }

    /// The terminal. From now on no key ends this process.
    pub(crate) fn of_process() -> io::Result<Self> {
        let (bell, rung) = UnixStream::pair()?;
        bell.set_nonblocking(true)?;
        let mut terminal = Self {
            keys: File::from(io::stdin().as_fd().try_clone_to_owned()?),
            screen: File::from(io::stdout().as_fd().try_clone_to_owned()?),
            kind: std::env::var("TERM").unwrap_or_else(|_| "dumb".to_owned()),
            before: None,
            bell,
            ended: Arc::default(),
            registered: Vec::new(),
        };
        for signal in [SIGTERM, SIGHUP] {
            let number = usize::try_from(signal).unwrap_or_default();
            let ended = Arc::clone(&terminal.ended);
            let noted = flag::register_usize(signal, ended, number)?;
            terminal.registered.push(noted);
        }
        // Keys that make signals are for the program: here they do no more than ring.
        for signal in [SIGWINCH, SIGTERM, SIGHUP, SIGINT, SIGQUIT] {
            let rings = low_level::pipe::register(signal, rung.try_clone()?)?;
            terminal.registered.push(rings);
        }
        Ok(terminal)
    }

    /// Ends this process by the signal that asked for it, if one did.
    pub(crate) fn leave(self) {
        let signal = i32::try_from(self.ended.load(Ordering::Relaxed)).unwrap_or_default();
        drop(self);
        if signal != 0 {
            let _ = low_level::emulate_default_handler(signal);
        }
    }
}

impl Terminal for PersonTerminal {
    fn kind(&self) -> &str {
        &self.kind
    }

    fn size(&self) -> (u32, u32) {
        let size = tcgetwinsize(&self.screen);
        match size {
            Ok(size) if size.ws_col > 0 => (size.ws_col.into(), size.ws_row.into()),
            _ => (80, 24),
        }
    }

    fn pass_through(&mut self) -> io::Result<()> {
        let before = tcgetattr(&self.keys)?;
        let mut raw = before.clone();
        raw.make_raw();
        self.before = Some(before);
        Ok(tcsetattr(&self.keys, OptionalActions::Now, &raw)?)
    }

    fn typed(&self) -> BorrowedFd<'_> {
        self.keys.as_fd()
    }

    fn bell(&self) -> BorrowedFd<'_> {
        self.bell.as_fd()
    }

    fn heed(&mut self) -> io::Result<bool> {
        let mut rings = [0; 64];
        let mut has_rung = false;
        loop {
            match self.bell.read(&mut rings) {
                Ok(1..) => has_rung = true,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                _ => break,
            }
        }
        if self.ended.load(Ordering::Relaxed) != 0 {
            return Err(io::Error::new(
                io::ErrorKind::Interrupted,
                "ended by a signal",
            ));
        }
        Ok(has_rung)
    }

    fn show(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.screen.write_all(bytes)
    }
}

impl Drop for PersonTerminal {
    fn drop(&mut self) {
        if let Some(before) = &self.before {
            // There is nobody to tell when the terminal is gone.
            let _ = tcsetattr(&self.keys, OptionalActions::Drain, before);
        }
        for id in self.registered.drain(..) {
            low_level::unregister(id);
        }
    }
}
