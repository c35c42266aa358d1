use std::fmt;
use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::sockopt::set_tcp_quickack;
use ssh2::{BlockDirections, ErrorCode, Session};

use super::pulse::{Beat, Pulse};

/// A session of libssh2 that never blocks, and the socket below it.
///
/// All waiting is done here, so that each wait has a limit, and so that a person who thinks about a
/// password is not one.
pub(super) struct Transport {
    session: Session,
    socket: Arc<OwnedFd>,
    /// Asks a silent server whether it is there.
    pub(super) pulse: Pulse,
}

/// How long an answer may take.
#[derive(Clone, Copy, Debug)]
pub(super) enum Limit {
    /// All that belongs to a call ends by then.
    Until(Instant),
    /// Each answer comes within this time.
    Each(Duration),
}

/// Why a call of libssh2 came to nothing.
#[derive(Debug)]
pub(super) enum Failure {
    TimedOut,
    Waiting(io::Error),
    Library(ssh2::Error),
}

/// Codes of `libssh2.h` that mean something to us.
pub(super) mod code {
    pub(in crate::ssh) const SOCKET_SEND: i32 = -7;
    pub(in crate::ssh) const SOCKET_DISCONNECT: i32 = -13;
    pub(in crate::ssh) const PASSWORD_EXPIRED: i32 = -15;
    pub(in crate::ssh) const AUTHENTICATION_FAILED: i32 = -18;
    pub(in crate::ssh) const PUBLICKEY_UNVERIFIED: i32 = -19;
    pub(in crate::ssh) const CHANNEL_REQUEST_DENIED: i32 = -22;
    pub(in crate::ssh) const EAGAIN: i32 = -37;
    pub(in crate::ssh) const SOCKET_RECV: i32 = -43;
}

pub(super) fn code_of(error: &ssh2::Error) -> i32 {
    match error.code() {
        ErrorCode::Session(code) | ErrorCode::SFTP(code) => code,
    }
}

impl Transport {
    pub(super) fn new(session: Session, socket: OwnedFd, pulse: Pulse) -> Self {
        let socket = Arc::new(socket);
        let mut session = session;
        session.set_blocking(false);
        session.set_tcp_stream(Arc::clone(&socket));
        Self {
            session,
            socket,
            pulse,
        }
    }

    pub(super) fn session(&self) -> &Session {
        &self.session
    }

    /// Repeats a call until it no longer would block.
    pub(super) fn wait_for<T>(
        &self,
        limit: Limit,
        mut call: impl FnMut(&mut Session) -> Result<T, ssh2::Error>,
    ) -> Result<T, Failure> {
        // One session, counted: `handshake` asks for it mutable.
        let mut session = self.session.clone();
        loop {
            match call(&mut session) {
                Err(error) if code_of(&error) == code::EAGAIN => {}
                done => return done.map_err(Failure::Library),
            }
            let patience = match limit {
                Limit::Each(patience) => patience,
                Limit::Until(end) => end.saturating_duration_since(Instant::now()),
            };
            if patience.is_zero() || self.ready(self.wanted(), patience)?.is_empty() {
                return Err(Failure::TimedOut);
            }
        }
    }

    /// What libssh2 waits for.
    pub(super) fn wanted(&self) -> PollFlags {
        match self.session.block_directions() {
            BlockDirections::Inbound | BlockDirections::None => PollFlags::IN,
            BlockDirections::Outbound => PollFlags::OUT,
            BlockDirections::Both => PollFlags::IN | PollFlags::OUT,
        }
    }

    /// Whether the last call would block because the network takes no more. Then libssh2 has a
    /// packet that is half sent, and no other call may come before the same one again: it would
    /// fail with `LIBSSH2_ERROR_BAD_USE`.
    pub(super) fn is_half_sent(&self) -> bool {
        matches!(
            self.session.block_directions(),
            BlockDirections::Outbound | BlockDirections::Both
        )
    }

    /// Waits for the socket, and says what it is ready for; nothing when the time is up.
    fn ready(&self, wanted: PollFlags, patience: Duration) -> Result<PollFlags, Failure> {
        // OpenSSH's server keeps small packets back until those before are acknowledged, and the
        // kernel would wait 40 ms before it does that. It forgets this at every turn, and a tunnel
        // has nothing to acknowledge.
        let _ = set_tcp_quickack(&*self.socket, true);
        let mut sockets = [PollFd::new(&*self.socket, wanted)];
        // A time beyond what the kernel counts is none.
        let timeout = Timespec::try_from(patience).ok();
        match poll(&mut sockets, timeout.as_ref()) {
            Ok(_) => Ok(sockets[0].revents()),
            // Looks like being ready, so that the call is repeated and the clock is read.
            Err(Errno::INTR) => Ok(wanted),
            Err(error) => Err(Failure::Waiting(error.into())),
        }
    }

    /// Whether a small packet can be sent at once, as a whole.
    ///
    /// Three calls of libssh2 keep what they send on their stack, and cannot be repeated when only
    /// a part of it was sent: keep-alives, the end of input, and that of a channel.
    pub(super) fn is_writable(&self) -> bool {
        let mut sockets = [PollFd::new(&*self.socket, PollFlags::OUT)];
        let now = Timespec::default();
        poll(&mut sockets, Some(&now)).is_ok_and(|ready| ready > 0)
    }

    /// Waits, for as long as the server is alive, until the socket is ready for what is wanted or
    /// one of the others is, or until the time is up. Says what the others are ready for.
    pub(super) fn wait(
        &mut self,
        wanted: PollFlags,
        others: &[(BorrowedFd<'_>, PollFlags)],
        at_most: Option<Duration>,
    ) -> io::Result<PollFlags> {
        let patience = match self.pulse.beat(Instant::now()) {
            Beat::Wait(patience) => patience,
            Beat::Ask => {
                // An unsent packet is a question, too: a server that is there takes it.
                if !self.is_half_sent() && self.is_writable() {
                    self.session.keepalive_send()?;
                }
                return Ok(PollFlags::empty());
            }
            Beat::Dead => {
                return Err(io::Error::new(
                    io::ErrorKind::TimedOut,
                    "the server no longer answers",
                ));
            }
        };
        let mut sockets = vec![PollFd::new(&*self.socket, wanted)];
        sockets.extend(
            others
                .iter()
                .map(|(other, flags)| PollFd::from_borrowed_fd(*other, *flags)),
        );
        let patience = patience.into_iter().chain(at_most).min();
        let timeout = patience.and_then(|patience| Timespec::try_from(patience).ok());
        match poll(&mut sockets, timeout.as_ref()) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        if !sockets[0].revents().is_empty() {
            self.pulse.heard(Instant::now());
        }
        let others = sockets[1..].iter().map(PollFd::revents);
        Ok(others.fold(PollFlags::empty(), PollFlags::union))
    }
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transport")
            .field("socket", &self.socket)
            .finish_non_exhaustive()
    }
}

impl Drop for Transport {
    fn drop(&mut self) {
        // A courtesy to the server's log. Whether it is sent does not matter: the socket closes.
        let _ = self.session.disconnect(None, "done", None);
    }
}

impl From<Failure> for io::Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::TimedOut => Self::new(io::ErrorKind::TimedOut, "no answer came in time"),
            Failure::Waiting(error) => error,
            Failure::Library(error) => error.into(),
        }
    }
}
