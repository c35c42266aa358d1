use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::process::{CommandExt as _, ExitStatusExt};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::{Errno, ioctl_fionbio};

use crate::feed::Feed;
use crate::shell::{Chunk, Script, Shell, ShellError, Status};

/// The size of a pipe on Linux: no read gets more.
const PIPE: usize = 64 << 10;

/// This machine, as the user who runs us and with that one's environment.
#[derive(Debug)]
pub struct LocalShell {
    signals: Signals,
}

/// Whom the terminal's signals reach, such as that of Ctrl-C.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Signals {
    /// Us alone.
    Ours,
    /// The programs, too.
    Shared,
}

impl LocalShell {
    /// This machine, where programs do not get the terminal's signals: as over SSH, it is for their
    /// caller to decide what Ctrl-C means, and they go on when the caller has ended.
    pub const fn new() -> Self {
        let signals = Signals::Ours;
        Self { signals }
    }

    /// This machine, where the terminal's signals reach programs as they reach us: for those that a
    /// person runs and ends.
    pub const fn in_foreground() -> Self {
        let signals = Signals::Shared;
        Self { signals }
    }
}

impl Default for LocalShell {
    fn default() -> Self {
        Self::new()
    }
}

impl Shell for LocalShell {
    fn label(&self) -> &'static str {
        "this machine"
    }

    fn exec(
        &mut self,
        script: &Script,
        stdin: &mut dyn Read,
        output: &mut dyn FnMut(Chunk<'_>),
    ) -> Result<Status, ShellError> {
        let mut command = Command::new("/bin/sh");
        command
            .args(["-c", script.as_str()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if self.signals == Signals::Ours {
            // Not a session: sudo knows by the terminal that a password was given a moment ago.
            command.process_group(0);
        }
        let mut child = command.spawn().map_err(ShellError::NotStarted)?;
        let mut feed = Feed::new(stdin);
        // Whatever became of the pipes, nothing is left running and no zombie stays.
        let passed = pass(&mut child, &mut feed, output);
        let ended = child.wait();
        if let Some(error) = feed.into_failure() {
            return Err(ShellError::Input(error));
        }
        passed.map_err(ShellError::Lost)?;
        Ok(status(ended.map_err(ShellError::Lost)?))
    }
}

/// Passes input and output until all of them have ended.
///
/// One thread serves all three: a program that waits for its output to be taken does not read, and
/// one that waits for input does not write.
fn pass(
    child: &mut Child,
    feed: &mut Feed<'_>,
    output: &mut dyn FnMut(Chunk<'_>),
) -> io::Result<()> {
    let mut stdin = child.stdin.take();
    let mut stdout = child.stdout.take();
    let mut stderr = child.stderr.take();
    for pipe in [
        stdin.as_ref().map(AsFd::as_fd),
        stdout.as_ref().map(AsFd::as_fd),
        stderr.as_ref().map(AsFd::as_fd),
    ]
    .into_iter()
    .flatten()
    {
        ioctl_fionbio(pipe, true)?;
    }
    let mut buffer = vec![0; PIPE];
    loop {
        stdin = send(stdin, feed)?;
        let moved = receive(&mut stdout, &mut buffer, &mut |bytes| {
            output(Chunk::Out(bytes));
        })? | receive(&mut stderr, &mut buffer, &mut |bytes| {
            output(Chunk::Err(bytes));
        })?;
        if moved {
            continue;
        }
        let mut waiting = Vec::with_capacity(3);
        waiting.extend(stdin.as_ref().map(|pipe| PollFd::new(pipe, PollFlags::OUT)));
        waiting.extend(stdout.as_ref().map(|pipe| PollFd::new(pipe, PollFlags::IN)));
        waiting.extend(stderr.as_ref().map(|pipe| PollFd::new(pipe, PollFlags::IN)));
        if waiting.is_empty() {
            return Ok(());
        }
        match poll(&mut waiting, None) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Sends what the pipe takes; closes it after the last byte, or when nobody reads it any more.
fn send(pipe: Option<ChildStdin>, feed: &mut Feed<'_>) -> io::Result<Option<ChildStdin>> {
    let Some(mut pipe) = pipe else {
        return Ok(None);
    };
    while let Some(piece) = feed.next() {
        match pipe.write(piece) {
            Ok(count) => feed.take(count),
            Err(error) => match error.kind() {
                io::ErrorKind::WouldBlock => return Ok(Some(pipe)),
                io::ErrorKind::Interrupted => {}
                io::ErrorKind::BrokenPipe => return Ok(None),
                _ => return Err(error),
            },
        }
    }
    Ok(None)
}

/// Takes one piece from a pipe, and says whether anything changed.
fn receive(
    pipe: &mut Option<impl Read>,
    buffer: &mut [u8],
    output: &mut dyn FnMut(&[u8]),
) -> io::Result<bool> {
    let Some(open) = pipe else {
        return Ok(false);
    };
    match open.read(buffer) {
        Ok(0) => *pipe = None,
        Ok(count) => output(&buffer[..count]),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
        Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
        Err(error) => return Err(error),
    }
    Ok(true)
}

fn status(ended: ExitStatus) -> Status {
    match ended.signal() {
        Some(signal) => Status::Killed(signal_name(signal)),
        None => Status::Exited(ended.code().unwrap_or_default()),
    }
}

/// As SSH calls it (RFC 4254, 6.10), and by number where that knows no name.
fn signal_name(signal: i32) -> String {
    let name = match signal {
        1 => "HUP",
        2 => "INT",
        3 => "QUIT",
        4 => "ILL",
        6 => "ABRT",
        8 => "FPE",
        9 => "KILL",
        11 => "SEGV",
        13 => "PIPE",
        14 => "ALRM",
        15 => "TERM",
        _ => return signal.to_string(),
    };
    name.to_owned()
}
