//! A call in a terminal of its own, and somebody who types there.

use std::io::{Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use wsgi_tests::wait_until;

use crate::called::Desk;

/// A shell line in a terminal.
pub(crate) struct InTerminal {
    script: Child,
    screen: Arc<Mutex<Vec<u8>>>,
    reader: JoinHandle<()>,
}

impl InTerminal {
    /// Runs a line in which `wsgi-cli` is the command line.
    pub(crate) fn new(desk: &Desk, line: &str) -> Self {
        let program = desk.command(&[]).get_program().to_owned();
        let line = line.replace("wsgi-cli", program.to_str().unwrap());
        // script(1) runs a command in a terminal, and hands it what it reads itself.
        let mut script = Command::new("script")
            .args(["-qefc", &line, "/dev/null"])
            .current_dir(desk.path(""))
            .env_clear()
            .envs([
                ("PATH", "/usr/bin:/bin"),
                ("TERM", "xterm"),
                ("SHELL", "/bin/sh"),
            ])
            .env("HOME", desk.path("home"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut out = script.stdout.take().unwrap();
        let screen = Arc::new(Mutex::new(Vec::new()));
        let shared = Arc::clone(&screen);
        let reader = std::thread::spawn(move || {
            let mut piece = [0; 4096];
            while let Ok(length @ 1..) = out.read(&mut piece) {
                shared.lock().unwrap().extend_from_slice(&piece[..length]);
            }
        });
        Self {
            script,
            screen,
            reader,
        }
    }

    /// Everything that was shown.
    pub(crate) fn screen(&self) -> String {
        String::from_utf8_lossy(&self.screen.lock().unwrap()).into_owned()
    }

    /// Types something when a text is shown.
    pub(crate) fn answer(&mut self, prompt: &str, typed: &str) {
        wait_until(prompt, || self.screen().contains(prompt));
        let stdin = self.script.stdin.as_mut().unwrap();
        stdin.write_all(typed.as_bytes()).unwrap();
        stdin.flush().unwrap();
    }

    /// The exit status, and everything that was shown.
    pub(crate) fn end(mut self) -> (i32, String) {
        let status = self.script.wait().unwrap().code().unwrap();
        self.reader.join().unwrap();
        let screen = self.screen.lock().unwrap().clone();
        (status, String::from_utf8(screen).unwrap())
    }
}
