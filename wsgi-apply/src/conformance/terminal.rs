//! What a shell must do that brings a person's terminal to a machine.

use std::io::{self, Write as _};
use std::os::fd::{AsFd as _, BorrowedFd};
use std::os::unix::net::UnixStream;

use super::{Found, Promise, Unkept, expect, tried};
use crate::{Script, Shell, Status, Terminal};

fn promises<'a>() -> Vec<Promise<dyn Shell + 'a>> {
    vec![
        (
            "a program in a terminal has one, of the person's kind and size",
            (|shell| {
                let script = "test -t 0 && test -t 1 && echo \"<$TERM $(stty size)>\"";
                let (status, screen) = used(shell, script, "")?;
                expect(&status, &Status::Exited(0))?;
                shown(&screen, "<vt220 31 101>")
            }) as fn(&mut (dyn Shell + 'a)) -> Result<(), Found>,
        ),
        (
            "what is typed reaches the program, what it prints the person, and its status the caller",
            |shell| {
                let script = "echo ready; IFS= read -r line; echo \"<$line>\"; exit 7";
                let (status, screen) = used(shell, script, "a  word\r")?;
                shown(&screen, "<a  word>")?;
                expect(&status, &Status::Exited(7))
            },
        ),
        ("a key that interrupts is for the program", |shell| {
            let script = "trap 'echo \"<heard>\"; exit 5' INT; echo ready; IFS= read -r line";
            let (status, screen) = used(shell, script, "\u{3}\r")?;
            shown(&screen, "<heard>")?;
            expect(&status, &Status::Exited(5))
        }),
    ]
}

/// Tries what a [`Shell`] must do besides that of [`shell`](super::shell) so that people use programs in
/// their [`Terminal`]: [`in_terminal`](Shell::in_terminal).
///
/// It is for a shell that uses the terminal which it is given.
/// [`LocalShell`](crate::LocalShell) does not: it has that of the process.
pub fn terminal(shell: &mut dyn Shell) -> Vec<Unkept> {
    tried(shell, &promises())
}

/// That somebody has seen this.
fn shown(screen: &str, wanted: &str) -> Result<(), Found> {
    if screen.contains(wanted) {
        return Ok(());
    }
    Err(Found(format!("{screen:?}, without {wanted}")))
}

/// How a program ended, and what was seen of it by somebody who types this when it is ready.
fn used(
    shell: &mut (dyn Shell + '_),
    script: &str,
    keys: &'static str,
) -> Result<(Status, String), Found> {
    let (typed, keyboard) = UnixStream::pair()?;
    // Nothing rings as long as its other half is there.
    let (bell, _silent) = UnixStream::pair()?;
    let mut person = Person {
        keys,
        keyboard,
        typed,
        bell,
        screen: Vec::new(),
    };
    let status = shell.in_terminal(&Script::new(script.to_owned()), &mut person)?;
    Ok((status, person.screen()))
}

/// Somebody at a terminal.
struct Person {
    keys: &'static str,
    keyboard: UnixStream,
    typed: UnixStream,
    bell: UnixStream,
    screen: Vec<u8>,
}

impl Person {
    fn screen(&self) -> String {
        String::from_utf8_lossy(&self.screen).into_owned()
    }
}

impl Terminal for Person {
    fn kind(&self) -> &'static str {
        "vt220"
    }

    fn size(&self) -> (u32, u32) {
        (101, 31)
    }

    fn pass_through(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn typed(&self) -> BorrowedFd<'_> {
        self.typed.as_fd()
    }

    fn bell(&self) -> BorrowedFd<'_> {
        self.bell.as_fd()
    }

    fn heed(&mut self) -> io::Result<bool> {
        Ok(false)
    }

    fn show(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.screen.extend_from_slice(bytes);
        if self.screen().contains("ready") {
            self.keyboard
                .write_all(std::mem::take(&mut self.keys).as_bytes())?;
        }
        Ok(())
    }
}
