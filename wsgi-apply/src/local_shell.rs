use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::process::{CommandExt as _, ExitStatusExt};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{Errno, ioctl_fionbio};

use crate::Terminal;
use crate::feed::{ASK_AGAIN, Feed};
use crate::posix::call;
use crate::shell::{Chunk, Script, Shell, ShellError, Status};

/// The size of a pipe on Linux: no read gets more.
const PIPE: usize = 64 << 10;

/// This machine, as the user who runs us and with that one's environment; or what another program
/// leads into, such as a container.
#[derive(Debug)]
pub struct LocalShell {
    signals: Signals,
    /// The program that leads there, with its arguments.
    way: Vec<String>,
    label: Option<String>,
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
        Self::with(Signals::Ours)
    }

    /// This machine, where the terminal's signals reach programs as they reach us: for those that a
    /// person runs and ends.
    pub const fn in_foreground() -> Self {
        Self::with(Signals::Shared)
    }

    /// What a program leads into that runs the command in its last arguments, and passes on its
    /// streams and status: `docker exec -i web`, `nsenter --all --target 123`.
    pub fn through<W: Into<String>>(label: &str, way: impl IntoIterator<Item = W>) -> Self {
        Self {
            way: way.into_iter().map(Into::into).collect(),
            label: Some(label.to_owned()),
            ..Self::new()
        }
    }

    /// What runs a program of the shell.
    fn words<'a>(&'a self, script: &'a Script) -> impl Iterator<Item = &'a str> {
        let shell = ["/bin/sh", "-c", script.as_str()];
        self.way.iter().map(String::as_str).chain(shell)
    }

    fn command(&self, script: &Script) -> Command {
        let mut words = self.words(script);
        let mut command = Command::new(words.next().unwrap_or("/bin/sh"));
        command.args(words);
        command
    }

    const fn with(signals: Signals) -> Self {
        Self {
            signals,
            way: Vec::new(),
            label: None,
        }
    }
}

impl Default for LocalShell {
    fn default() -> Self {
        Self::new()
    }
}

impl Shell for LocalShell {
    fn label(&self) -> &str {
        self.label.as_deref().unwrap_or("this machine")
    }

    fn exec(
        &mut self,
        script: &Script,
        stdin: &mut dyn Read,
        output: &mut dyn FnMut(Chunk<'_>),
    ) -> Result<Status, ShellError> {
        let mut command = self.command(script);
        command
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

    /// In a terminal that script(1) makes: a program of another user's could have the person's own
    /// read what that one did not type (ioctl TIOCSTI), by the shell that is there after it.
    fn in_terminal(&mut self, script: &Script, _: &mut dyn Terminal) -> Result<Status, ShellError> {
        let line = call(self.words(script));
        let ended = Command::new("script")
            .args([
                "--quiet",
                "--return",
                "--flush",
                "--command",
                &line,
                "/dev/null",
            ])
            .env("SHELL", "/bin/sh")
            .status()
            .map_err(ShellError::NotStarted)?;
        Ok(status(ended))
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
        let is_dry = stdin.is_some() && feed.is_dry();
        // One that is dry tells only when nobody reads it any more.
        let wanted = if is_dry {
            PollFlags::empty()
        } else {
            PollFlags::OUT
        };
        waiting.extend(stdin.as_ref().map(|pipe| PollFd::new(pipe, wanted)));
        waiting.extend(stdout.as_ref().map(|pipe| PollFd::new(pipe, PollFlags::IN)));
        waiting.extend(stderr.as_ref().map(|pipe| PollFd::new(pipe, PollFlags::IN)));
        if waiting.is_empty() {
            return Ok(());
        }
        let again = is_dry.then(|| Timespec::try_from(ASK_AGAIN).ok()).flatten();
        match poll(&mut waiting, again.as_ref()) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        if is_dry && waiting[0].revents().contains(PollFlags::ERR) {
            stdin = None;
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
    Ok(feed.is_dry().then_some(pipe))
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
