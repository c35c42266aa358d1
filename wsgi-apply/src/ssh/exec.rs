use std::cell::RefCell;
use std::io::{self, Read, Write as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use ssh2::Channel;

use super::transport::{Failure, Limit, Transport, code, code_of};
use crate::Terminal;
use crate::feed::{ASK_AGAIN, Feed};
use crate::shell::{Chunk, ShellError, Status};

/// How long opening a channel and starting a program may take: the server has the user's session
/// modules and login shell in between.
const START: Limit = Limit::Each(Duration::from_secs(120));

/// What one call takes: OpenSSH sends no longer packet.
const PIECE: usize = 32 << 10;

/// How often to look at what is queued without waiting. More than once there is nothing that could
/// be taken only while keys are exchanged anew, or when a server sends what is not for us.
pub(super) const LOOKS: u32 = 3;

/// Runs a command line, and passes its input and output until it has ended.
pub(super) fn exec(
    transport: &mut Transport,
    command: &str,
    feed: &mut Feed<'_>,
    output: &mut dyn FnMut(Chunk<'_>),
) -> Result<Status, ShellError> {
    let channel = start(transport, command, None)?;
    let mut program = Program {
        person: None,
        channel,
        transport,
        buffer: vec![0; PIECE],
        held: None,
        input: Input::Open,
    };
    program.run(feed, output).map_err(ShellError::Lost)
}

/// Runs a command line in a terminal of the server's, until it has ended.
pub(super) fn in_terminal(
    transport: &mut Transport,
    command: &str,
    terminal: &mut dyn Terminal,
) -> Result<Status, ShellError> {
    let channel = start(transport, command, Some(terminal))?;
    terminal.pass_through().map_err(ShellError::NotStarted)?;
    let typed = terminal.typed().try_clone_to_owned();
    let bell = terminal.bell().try_clone_to_owned();
    let (typed, bell) = typed
        .and_then(|typed| Ok((typed, bell?)))
        .map_err(ShellError::NotStarted)?;
    let mut keys = Keys(&typed);
    let mut feed = Feed::new(&mut keys);
    let terminal = RefCell::new(terminal);
    let mut program = Program {
        person: Some(Person {
            terminal: &terminal,
            typed: &typed,
            bell: &bell,
        }),
        channel,
        transport,
        buffer: vec![0; PIECE],
        held: None,
        input: Input::Open,
    };
    // There is one stream: a terminal's.
    let mut show = |chunk: Chunk<'_>| {
        let (Chunk::Out(bytes) | Chunk::Err(bytes)) = chunk;
        // When nobody sees it any more, the bell rings.
        let _ = terminal.borrow_mut().show(bytes);
    };
    let ended = program.run(&mut feed, &mut show);
    ended.map_err(ShellError::Lost)
}

/// What is typed, as far as it was.
struct Keys<'a>(&'a OwnedFd);

impl Read for Keys<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut typed = [PollFd::new(self.0, PollFlags::IN)];
        let now = Timespec::default();
        if poll(&mut typed, Some(&now))? == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        Ok(rustix::io::read(self.0, buffer)?)
    }
}

/// A person at a terminal.
struct Person<'a, 't> {
    terminal: &'a RefCell<&'t mut dyn Terminal>,
    typed: &'a OwnedFd,
    bell: &'a OwnedFd,
}

fn start(
    transport: &mut Transport,
    command: &str,
    terminal: Option<&dyn Terminal>,
) -> Result<Channel, ShellError> {
    let mut channel = transport
        .wait_for(START, |session| session.channel_session())
        .map_err(|failure| ShellError::NotStarted(failure.into()))?;
    if let Some(terminal) = terminal {
        let (columns, lines) = terminal.size();
        let size = Some((columns, lines, 0, 0));
        let made = transport.wait_for(START, |_| channel.request_pty(terminal.kind(), None, size));
        made.map_err(|failure| ShellError::NotStarted(failure.into()))?;
    }
    let started = transport.wait_for(START, |_| channel.exec(command));
    // Whatever came, the server is there.
    transport.pulse.heard(Instant::now());
    match started {
        Ok(()) => Ok(channel),
        Err(Failure::Library(error)) if code_of(&error) == code::CHANNEL_REQUEST_DENIED => {
            Err(ShellError::NotStarted(error.into()))
        }
        // The answer is missing, not the program.
        Err(failure) => Err(ShellError::Lost(failure.into())),
    }
}

/// A program on the other side.
struct Program<'a, 't> {
    channel: Channel,
    transport: &'a mut Transport,
    buffer: Vec<u8>,
    /// The call that has a packet half sent: libssh2 wants it again before any other.
    held: Option<Call>,
    input: Input,
    person: Option<Person<'a, 't>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Call {
    ReadOut,
    ReadErr,
    Write,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Input {
    Open,
    /// All was sent, its end was not.
    Drained,
    Closed,
}

impl Program<'_, '_> {
    fn run(
        &mut self,
        feed: &mut Feed<'_>,
        output: &mut dyn FnMut(Chunk<'_>),
    ) -> io::Result<Status> {
        let mut looks = 0;
        loop {
            let mut moved = false;
            for call in [Call::ReadOut, Call::ReadErr, Call::Write] {
                if self.held.is_none_or(|held| held == call) {
                    moved |= self.call(call, feed, output)?;
                }
            }
            if self.held.is_none() {
                if self.has_ended()? {
                    return self.status();
                }
                moved |= self.end_input()?;
            }
            if moved {
                looks = 0;
            } else if self.is_queued(feed.is_dry()) && looks < LOOKS {
                looks += 1;
            } else {
                self.wait(feed.is_dry())?;
                looks = 0;
            }
        }
    }

    /// Makes one call, and says whether anything was passed.
    fn call(
        &mut self,
        call: Call,
        feed: &mut Feed<'_>,
        output: &mut dyn FnMut(Chunk<'_>),
    ) -> io::Result<bool> {
        let result = match call {
            Call::ReadOut => self.channel.read(&mut self.buffer),
            Call::ReadErr => self.channel.stderr().read(&mut self.buffer),
            Call::Write if self.input != Input::Open => return Ok(false),
            Call::Write => {
                if let Some(piece) = feed.next() {
                    self.channel.write(piece)
                } else if feed.is_dry() {
                    return Ok(false);
                } else {
                    self.input = Input::Drained;
                    return Ok(true);
                }
            }
        };
        match result {
            Ok(count) => {
                self.held = None;
                let bytes = &self.buffer[..if call == Call::Write { 0 } else { count }];
                match call {
                    Call::Write => feed.take(count),
                    Call::ReadOut if count > 0 => output(Chunk::Out(bytes)),
                    Call::ReadErr if count > 0 => output(Chunk::Err(bytes)),
                    Call::ReadOut | Call::ReadErr => {}
                }
                Ok(count > 0)
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                self.held = self.transport.is_half_sent().then_some(call);
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    /// Tells the program that nothing more comes.
    fn end_input(&mut self) -> io::Result<bool> {
        if self.input != Input::Drained || !self.transport.is_writable() {
            return Ok(false);
        }
        match self.channel.send_eof() {
            Ok(()) => self.input = Input::Closed,
            Err(error) if code_of(&error) == code::EAGAIN => return Ok(false),
            Err(error) => return Err(error.into()),
        }
        Ok(true)
    }

    /// Whether the server has closed the channel and all output was taken. By then it has said how
    /// the program ended.
    fn has_ended(&mut self) -> io::Result<bool> {
        if !self.channel.eof() {
            return Ok(false);
        }
        match self.channel.wait_close() {
            Ok(()) => Ok(true),
            Err(error) if code_of(&error) == code::EAGAIN => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    fn status(&mut self) -> io::Result<Status> {
        let signal = self.channel.exit_signal()?.exit_signal;
        let code = self.channel.exit_status()?;
        // Our half of closing; the server does not answer it any more.
        let close = |_: &mut ssh2::Session| self.channel.close();
        self.transport
            .wait_for(Limit::Each(Duration::from_secs(5)), close)?;
        Ok(match signal {
            Some(signal) => Status::Killed(signal),
            None => Status::Exited(code),
        })
    }

    /// Whether there is something to do that the socket would not tell: each call takes in whatever
    /// comes, also what is for the others.
    fn is_queued(&self, is_dry: bool) -> bool {
        let has_input = self.input == Input::Open && !is_dry;
        self.held.is_none()
            && (self.channel.read_window().available > 0
                || (has_input && self.channel.write_window().remaining > 0))
    }

    fn wait(&mut self, is_dry: bool) -> io::Result<()> {
        let wanted = match (self.held, self.input) {
            // Half a packet goes first; nothing that comes meanwhile could be taken.
            (Some(_), _) => PollFlags::OUT,
            (None, Input::Drained) => PollFlags::IN | PollFlags::OUT,
            (None, Input::Open | Input::Closed) => PollFlags::IN,
        };
        let queued = self.is_queued(is_dry).then_some(Duration::from_millis(10));
        let Some(person) = &self.person else {
            let at_most = queued.or_else(|| is_dry.then_some(ASK_AGAIN));
            self.transport.wait(wanted, &[], at_most)?;
            return Ok(());
        };
        let typed = if is_dry {
            PollFlags::IN
        } else {
            PollFlags::empty()
        };
        let others = [
            (person.typed.as_fd(), typed),
            (person.bell.as_fd(), PollFlags::IN),
        ];
        self.transport.wait(wanted, &others, queued)?;
        self.resize()
    }

    /// Tells the server the size of the person's terminal when it has changed.
    fn resize(&mut self) -> io::Result<()> {
        let Some(person) = &self.person else {
            return Ok(());
        };
        let mut terminal = person.terminal.borrow_mut();
        // Half a packet goes first.
        if self.held.is_none() && terminal.heed()? {
            let (columns, lines) = terminal.size();
            let tell =
                |_: &mut ssh2::Session| self.channel.request_pty_size(columns, lines, None, None);
            self.transport.wait_for(START, tell)?;
        }
        Ok(())
    }
}
