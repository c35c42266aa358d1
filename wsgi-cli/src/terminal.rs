//! The terminal at which a person is asked, whatever became of stdin and stdout.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::{SigId, flag, low_level};
use zeroize::Zeroizing;

use crate::output::visible;

/// The terminal of this process.
pub(crate) struct Terminal(File);

/// Whether an answer is seen while it is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Echo {
    /// It is.
    Seen,
    /// It is a secret.
    Unseen,
}

impl Terminal {
    /// Opens it.
    pub(crate) fn open() -> io::Result<Self> {
        let terminal = OpenOptions::new().read(true).write(true).open("/dev/tty");
        terminal.map(Self)
    }

    /// Asks for a line, without its end. A signal that ends the process meanwhile finds the terminal
    /// as it was.
    pub(crate) fn ask(&mut self, prompt: &str, echo: Echo) -> io::Result<Zeroizing<String>> {
        let prompt = visible(prompt);
        let _unseen = match echo {
            Echo::Seen => {
                write!(self.0, "{prompt}")?;
                None
            }
            Echo::Unseen => Some(Unseen::new(&self.0, &prompt)?),
        };
        let mut line = Zeroizing::new(String::new());
        BufReader::new(&self.0).read_line(&mut line)?;
        if line.ends_with('\n') {
            line.pop();
        }
        Ok(line)
    }

    /// Asks whether to do something: only a yes is one.
    pub(crate) fn confirm(&mut self, question: &str) -> io::Result<bool> {
        let answer = self.ask(&format!("{question} [y/N] "), Echo::Seen)?;
        let answer = answer.trim().to_ascii_lowercase();
        Ok(matches!(answer.as_str(), "y" | "yes"))
    }
}

/// A terminal that does not show what is typed, until this is dropped or a signal ends the process.
struct Unseen<'a> {
    terminal: &'a File,
    before: Termios,
    signals: Signals,
}

impl<'a> Unseen<'a> {
    /// Asks, and waits for a line to be typed. Nobody is asked before the terminal is silent, for who
    /// types at once would be seen.
    fn new(terminal: &'a File, prompt: &str) -> io::Result<Self> {
        let before = tcgetattr(terminal)?;
        let unseen = Self {
            terminal,
            signals: Signals::noted()?,
            before,
        };
        let mut silent = unseen.before.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        tcsetattr(terminal, OptionalActions::Flush, &silent)?;
        let mut screen = terminal;
        write!(screen, "{prompt}")?;
        // A terminal has input when a whole line has been typed.
        if let Some(signal) = unseen.signals.await_or_input(terminal)? {
            drop(unseen);
            // As if nobody had noted it: it ends the process.
            low_level::emulate_default_handler(signal)?;
            return Err(io::ErrorKind::Interrupted.into());
        }
        Ok(unseen)
    }
}

impl Drop for Unseen<'_> {
    fn drop(&mut self) {
        let mut terminal = self.terminal;
        // There is nobody to tell when the terminal is gone.
        let _ = tcsetattr(terminal, OptionalActions::Flush, &self.before);
        let _ = terminal.write_all(b"\n");
    }
}

/// The signals that end the process, noted for as long as this is there.
struct Signals {
    came: Arc<AtomicUsize>,
    bell: UnixStream,
    registered: Vec<SigId>,
}

impl Signals {
    fn noted() -> io::Result<Self> {
        let (bell, rung) = UnixStream::pair()?;
        let mut signals = Self {
            came: Arc::default(),
            bell,
            registered: Vec::new(),
        };
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            let number = usize::try_from(signal).unwrap_or_default();
            let came = Arc::clone(&signals.came);
            let noted = flag::register_usize(signal, came, number)?;
            signals.registered.push(noted);
            let rings = low_level::pipe::register(signal, rung.try_clone()?)?;
            signals.registered.push(rings);
        }
        Ok(signals)
    }

    /// Waits until there is input, or a signal comes.
    fn await_or_input(&self, input: &File) -> io::Result<Option<i32>> {
        loop {
            let mut both = [
                PollFd::new(input, PollFlags::IN),
                PollFd::new(&self.bell, PollFlags::IN),
            ];
            match poll(&mut both, None) {
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
                Ok(_) => {
                    let came = i32::try_from(self.came.load(Ordering::Relaxed));
                    return Ok(came.ok().filter(|&signal| signal != 0));
                }
            }
        }
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        for id in self.registered.drain(..) {
            low_level::unregister(id);
        }
    }
}
