//! What a shell must do for releases of several hosts together.

use std::cell::RefCell;
use std::io::{self, Read};
use std::time::{Duration, Instant};

use super::{Found, Promise, Unkept, expect, tried};
use crate::{Chunk, Script, Shell, Status};

/// How long an answer may take that has all that it needs.
const PATIENCE: Duration = Duration::from_secs(3);

fn promises<'a>() -> Vec<Promise<dyn Shell + 'a>> {
    vec![
        (
            "output comes while the input has nothing yet",
            (|shell| {
                let wanted = (Status::Exited(0), "1?\n2?\nyes yes\n".to_owned());
                let script = "echo 1?; read -r a; echo 2?; read -r b; echo $a $b";
                expect(&converse(shell, script, &["1?\n", "2?\n"])?, &wanted)
            }) as fn(&mut (dyn Shell + 'a)) -> Result<(), Found>,
        ),
        (
            "a program that ends while the input has nothing yet has ended",
            |shell| {
                let wanted = (Status::Exited(3), "done\n".to_owned());
                expect(&converse(shell, "echo done; exit 3", &["?"])?, &wanted)
            },
        ),
    ]
}

/// Tries what a [`Shell`] must do besides that of [`shell`](super::shell) for releases of several hosts
/// together, which say on their input when to go on: its `stdin` may have nothing yet.
///
/// It takes a second, and some more where that is not so.
pub fn conversation(shell: &mut dyn Shell) -> Vec<Unkept> {
    tried(shell, &promises())
}

/// Says yes to each question, when it is asked.
fn converse(
    shell: &mut (dyn Shell + '_),
    script: &str,
    questions: &[&str],
) -> Result<(Status, String), Found> {
    let heard = RefCell::new(String::new());
    let mut says = Says {
        heard: &heard,
        questions,
        since: Instant::now(),
    };
    let status = shell.exec(&Script::new(script.to_owned()), &mut says, &mut |chunk| {
        if let Chunk::Out(bytes) = chunk {
            heard.borrow_mut().push_str(&String::from_utf8_lossy(bytes));
        }
    })?;
    let waited = says.since.elapsed();
    if waited > PATIENCE {
        return Err(Found(format!("nothing came for {waited:?}")));
    }
    Ok((status, heard.into_inner()))
}

/// An input that has something when a question was heard, and ends when none comes.
struct Says<'a> {
    heard: &'a RefCell<String>,
    questions: &'a [&'a str],
    since: Instant,
}

impl Read for Says<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some((question, rest)) = self.questions.split_first() else {
            return Ok(0);
        };
        if self.heard.borrow().ends_with(question) {
            self.questions = rest;
            self.since = Instant::now();
            return b"yes\n".as_slice().read(buffer);
        }
        if self.since.elapsed() > PATIENCE {
            return Ok(0);
        }
        Err(io::ErrorKind::WouldBlock.into())
    }
}
