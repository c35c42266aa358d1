use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use std::thread;

use wsgi_cli::{Machines, Stream};

/// What the command line answers, when it is called in this process.
#[derive(Debug)]
pub struct Answer {
    /// The exit status.
    pub status: u8,
    /// What stands on stdout.
    pub out: String,
    /// What stands on stderr.
    pub err: String,
    /// Both, as a terminal shows them.
    pub shown: String,
}

/// One of both streams of a call, which go to the same place.
struct Screen {
    all: Arc<Mutex<Vec<u8>>>,
    own: Vec<u8>,
}

impl Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.own.extend_from_slice(bytes);
        self.all.lock().expect("no panic").write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Stream for Screen {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl Answer {
    /// Calls the command line with arguments, the first of which is its own name. A directory is
    /// left out of all that it says.
    ///
    /// # Panics
    ///
    /// When the command line does.
    #[track_caller]
    pub fn of(machines: &dyn Machines, args: Vec<String>, directory: &str) -> Self {
        let all = Arc::new(Mutex::new(Vec::new()));
        let screen = || Screen {
            all: Arc::clone(&all),
            own: Vec::new(),
        };
        let (mut out, mut err) = (screen(), screen());
        // As from a program: a thread that has no terminal to ask at.
        let status = thread::scope(|scope| {
            let call = scope.spawn(|| wsgi_cli::run_on(machines, args, &mut out, &mut err));
            call.join().expect("no panic")
        });
        let status = (0..=u8::MAX)
            .find(|&code| ExitCode::from(code) == status)
            .expect("an exit status is a byte");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(directory, "");
        let shown = text(&all.lock().expect("no panic"));
        Self {
            status,
            out: text(&out.own),
            err: text(&err.own),
            shown,
        }
    }
}
