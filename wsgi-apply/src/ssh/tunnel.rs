use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::net::UnixStream;
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::PollFlags;
use ssh2::Channel;

use super::config::Settings;
use super::connect_error::ConnectError;
use super::destination::Destination;
use super::exec::LOOKS;
use super::transport::{Limit, Transport};

/// Has a host pass us on to the next, and gives a socket that leads there.
///
/// libssh2 speaks through sockets only, so a thread stands between its channel and ours. It ends
/// when either side does.
pub(super) fn tunnel(
    transport: Transport,
    hop: &Destination,
    settings: &Settings,
    deadline: Instant,
) -> Result<OwnedFd, ConnectError> {
    let channel = transport
        .wait_for(Limit::Until(deadline), |session| {
            session.channel_direct_tcpip(&settings.host, settings.port, None)
        })
        .map_err(|failure| ConnectError::Forward {
            hop: hop.to_string(),
            address: settings.address(),
            source: failure.into(),
        })?;
    let (near, far) = UnixStream::pair().map_err(ConnectError::Local)?;
    far.set_nonblocking(true).map_err(ConnectError::Local)?;
    thread::Builder::new()
        .name(format!("tunnel to {}", settings.original))
        .spawn(move || {
            let mut relay = Relay {
                transport,
                channel,
                far: far.into(),
                // Sent by the server, and not yet passed on; and the other way round.
                down: Pending::default(),
                up: Pending::default(),
                held: None,
            };
            // Whatever ends it, the session at the near end sees that its socket is closed.
            let _ = relay.run();
        })
        .map_err(ConnectError::Local)?;
    Ok(near.into())
}

struct Relay {
    channel: Channel,
    transport: Transport,
    far: OwnedFd,
    down: Pending,
    up: Pending,
    /// The direction that has a packet half sent: libssh2 wants the same call again first.
    held: Option<Direction>,
}

/// Bytes on their way.
struct Pending {
    buffer: Vec<u8>,
    start: usize,
    end: usize,
}

impl Default for Pending {
    fn default() -> Self {
        Self {
            buffer: vec![0; 32 << 10],
            start: 0,
            end: 0,
        }
    }
}

impl Pending {
    fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// Passes on what is there, else fetches more. `Ok(None)` when neither can be now.
    fn pass(
        &mut self,
        fetch: impl FnOnce(&mut [u8]) -> io::Result<usize>,
        send: impl FnOnce(&[u8]) -> io::Result<usize>,
    ) -> io::Result<Option<Passed>> {
        let result = if self.is_empty() {
            fetch(&mut self.buffer).map(|count| {
                (self.start, self.end) = (0, count);
                if count == 0 {
                    Passed::End
                } else {
                    Passed::Some
                }
            })
        } else {
            send(&self.buffer[self.start..self.end]).map(|count| {
                self.start += count;
                Passed::Some
            })
        };
        match result {
            Ok(passed) => Ok(Some(passed)),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(Some(Passed::Some)),
            Err(error) => Err(error),
        }
    }
}

#[derive(PartialEq, Eq)]
enum Passed {
    Some,
    End,
}

impl Relay {
    fn run(&mut self) -> io::Result<()> {
        let mut looks = 0;
        loop {
            let mut moved = false;
            for direction in [Direction::Down, Direction::Up] {
                if self.held.is_none_or(|held| held == direction) {
                    match self.pass(direction)? {
                        Some(Passed::Some) => moved = true,
                        // What the server closes, it closes with nothing left to read.
                        Some(Passed::End) if direction == Direction::Up => return self.close(),
                        Some(Passed::End) if self.channel.eof() => return Ok(()),
                        Some(Passed::End) | None => {}
                    }
                }
            }
            if moved {
                looks = 0;
            } else if self.is_queued() && looks < LOOKS {
                looks += 1;
            } else {
                looks = 0;
                if !self.wait()? {
                    return Ok(());
                }
            }
        }
    }

    fn pass(&mut self, direction: Direction) -> io::Result<Option<Passed>> {
        let channel = &mut self.channel;
        let (passed, is_ours) = match direction {
            Direction::Down => {
                let is_ours = self.down.is_empty();
                let far = &self.far;
                (
                    self.down
                        .pass(|to| channel.read(to), |from| write(far, from))?,
                    is_ours,
                )
            }
            Direction::Up => {
                let is_ours = !self.up.is_empty();
                let far = &self.far;
                (
                    self.up
                        .pass(|to| read(far, to), |from| channel.write(from))?,
                    is_ours,
                )
            }
        };
        // The call that went to libssh2 may have left half a packet.
        let is_held = passed.is_none() && is_ours && self.transport.is_half_sent();
        self.held = is_held.then_some(direction);
        Ok(passed)
    }

    /// Whether there is something to do that no socket would tell: a call for one direction takes
    /// in what is for the other, too.
    fn is_queued(&self) -> bool {
        self.held.is_none()
            && self.down.is_empty()
            && (self.channel.read_window().available > 0 || self.channel.eof())
    }

    /// Waits, and says whether there is still somebody at the near end.
    fn wait(&mut self) -> io::Result<bool> {
        let mut far = PollFlags::empty();
        if !self.down.is_empty() {
            far |= PollFlags::OUT;
        }
        if self.up.is_empty() {
            far |= PollFlags::IN;
        }
        let wanted = match self.held {
            Some(_) => PollFlags::OUT,
            None => PollFlags::IN,
        };
        let at_most = self.is_queued().then_some(Duration::from_millis(10));
        let ready = self
            .transport
            .wait(wanted, &[(self.far.as_fd(), far)], at_most)?;
        // While something is left to send, nobody reads the end of what comes.
        Ok(self.up.is_empty() || !ready.contains(PollFlags::HUP))
    }

    fn close(&mut self) -> io::Result<()> {
        if self.transport.is_writable() {
            self.channel.close()?;
        }
        Ok(())
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Up,
    Down,
}

fn read(socket: &OwnedFd, buffer: &mut [u8]) -> io::Result<usize> {
    Ok(rustix::io::read(socket, buffer)?)
}

fn write(socket: &OwnedFd, bytes: &[u8]) -> io::Result<usize> {
    Ok(rustix::io::write(socket, bytes)?)
}
