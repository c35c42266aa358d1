//! What a shell must do.

use std::io::{self, Read};

use super::{Found, Promise, Unkept, expect, tried};
use crate::{Chunk, Script, Shell, ShellError, Status};

/// More than any pipe or window of a connection holds.
const MUCH: u64 = 3 << 20;

fn promises<'a>() -> Vec<Promise<dyn Shell + 'a>> {
    vec![
        ("a shell has a name for messages", |shell| {
            expect(&shell.label().trim().is_empty(), &false)
        }),
        (
            "input, both outputs and the exit status are those of the program",
            program,
        ),
        ("a program without input sees its end", |shell| {
            expect(&run(shell, "cat", &[])?, &Ran::new(0, "", ""))
        }),
        ("it is the POSIX shell that runs programs", posix),
        ("a program that a signal ends has not succeeded", |shell| {
            for signal in ["KILL", "TERM"] {
                let ran = run(shell, &format!("echo before; kill -s {signal} $$"), &[])?;
                expect(&ran.out.as_str(), &"before\n")?;
                if ran.status == Status::Exited(0) {
                    return Err(Found(format!("success after {signal}")));
                }
            }
            Ok(())
        }),
        ("all three streams are served at the same time", at_once),
        (
            "a program that does not read its input ends all the same",
            |shell| {
                let wanted = (Status::Exited(0), 5, 0);
                expect(&count(shell, "echo done", &mut Zeros(u64::MAX))?, &wanted)?;
                let wanted = (Status::Exited(3), 100_000, 0);
                let script = "head -c 100000; exit 3";
                expect(&count(shell, script, &mut Zeros(u64::MAX))?, &wanted)?;
                expect(&run(shell, "echo next", &[])?, &Ran::new(0, "next\n", ""))
            },
        ),
        ("a program may close its outputs and still read", |shell| {
            let script = "t=$(mktemp); echo \"$t\"; exec >&- 2>&-; wc -c >\"$t\"";
            let mut place = Vec::new();
            let script = Script::new(script.to_owned());
            shell.exec(&script, &mut Zeros(MUCH), &mut |chunk| {
                if let Chunk::Out(bytes) = chunk {
                    place.extend_from_slice(bytes);
                }
            })?;
            let place = String::from_utf8_lossy(&place).trim().to_owned();
            let read = run(shell, &format!("cat '{place}'; rm -f '{place}'"), &[])?;
            expect(&read.out.trim().to_owned(), &MUCH.to_string())
        }),
        (
            "input that cannot be read is an error, after the program has ended",
            unreadable,
        ),
        ("a program of the greatest length is run", |shell| {
            let mut script = "printf %s '".to_owned();
            let line = "a line \u{e9}\n";
            let text = line.repeat((Script::MAX - script.len() - 1) / line.len());
            script.push_str(&text);
            script.push('\'');
            expect(&run(shell, &script, &[])?, &Ran::new(0, &text, ""))
        }),
    ]
}

/// Tries what a [`Shell`] must do, and says which promises are not kept.
///
/// It needs what every Debian has, changes nothing but a temporary file that it takes away again, and
/// takes a second or two on a near machine.
pub fn shell(shell: &mut dyn Shell) -> Vec<Unkept> {
    tried(shell, &promises())
}

/// What became of a program.
#[derive(Debug, PartialEq, Eq)]
struct Ran {
    status: Status,
    out: String,
    err: String,
}

impl Ran {
    fn new(status: i32, out: &str, err: &str) -> Self {
        Self {
            status: Status::Exited(status),
            out: out.to_owned(),
            err: err.to_owned(),
        }
    }
}

fn run(shell: &mut dyn Shell, script: &str, stdin: &[u8]) -> Result<Ran, ShellError> {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let script = Script::new(script.to_owned());
    let status = shell.exec(&script, &mut &*stdin, &mut |chunk| match chunk {
        Chunk::Out(bytes) => out.extend_from_slice(bytes),
        Chunk::Err(bytes) => err.extend_from_slice(bytes),
    })?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ok(Ran {
        status,
        out: text(&out),
        err: text(&err),
    })
}

/// How a program ended, and how much it printed to either output.
fn count(
    shell: &mut dyn Shell,
    script: &str,
    stdin: &mut dyn Read,
) -> Result<(Status, u64, u64), ShellError> {
    let (mut out, mut err) = (0, 0);
    let script = Script::new(script.to_owned());
    let status = shell.exec(&script, stdin, &mut |chunk| match chunk {
        Chunk::Out(bytes) => out += bytes.len() as u64,
        Chunk::Err(bytes) => err += bytes.len() as u64,
    })?;
    Ok((status, out, err))
}

fn program(shell: &mut (dyn Shell + '_)) -> Result<(), Found> {
    let ran = run(shell, "cat; echo error >&2; exit 7", b"in\0put\n")?;
    expect(&ran, &Ran::new(7, "in\0put\n", "error\n"))?;
    expect(&run(shell, "exit 255", &[])?, &Ran::new(255, "", ""))
}

fn posix(shell: &mut (dyn Shell + '_)) -> Result<(), Found> {
    let script =
        "set -- 'a  b' \"$(printf '%s' c)\"; printf '%s|' \"$@\" \\$; echo \"${1#a}\" | cat";
    let ran = run(shell, script, &[])?;
    expect(&ran, &Ran::new(0, "a  b|c|$|  b\n", ""))
}

fn at_once(shell: &mut (dyn Shell + '_)) -> Result<(), Found> {
    let script = format!("head -c {MUCH} /dev/zero >&2 & cat; wait");
    let wanted = (Status::Exited(0), MUCH, MUCH);
    expect(&count(shell, &script, &mut Zeros(MUCH))?, &wanted)?;
    // One after the other: in this order a reader of stdout alone would wait for ever.
    let script = format!("head -c {MUCH} /dev/zero >&2; head -c {MUCH} /dev/zero; cat >/dev/null");
    expect(&count(shell, &script, &mut Zeros(MUCH))?, &wanted)
}

fn unreadable(shell: &mut (dyn Shell + '_)) -> Result<(), Found> {
    let mut out = Vec::new();
    let script = Script::new("cat; echo; echo ended".to_owned());
    let result = shell.exec(&script, &mut b"first".chain(Broken), &mut |chunk| {
        if let Chunk::Out(bytes) = chunk {
            out.extend_from_slice(bytes);
        }
    });
    if !matches!(result, Err(ShellError::Input(_))) {
        return Err(Found(format!(
            "{result:?} in place of an error of the input"
        )));
    }
    let out = String::from_utf8_lossy(&out).into_owned();
    expect(&out.as_str(), &"first\nended\n")?;
    expect(&run(shell, "echo next", &[])?, &Ran::new(0, "next\n", ""))
}

/// So many bytes, made as they are read.
struct Zeros(u64);

impl Read for Zeros {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let rest = usize::try_from(self.0).unwrap_or(usize::MAX);
        let count = buffer.len().min(rest);
        buffer[..count].fill(0);
        self.0 -= count as u64;
        Ok(count)
    }
}

/// What fails when it is read.
struct Broken;

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::Error::other("no more"))
    }
}
