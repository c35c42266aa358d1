use std::io;
use std::net::{SocketAddr, TcpStream, ToSocketAddrs as _};
use std::os::fd::OwnedFd;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use super::config::{Family, Settings};
use super::connect_error::{ConnectError, Phase};

/// Finds the host and connects to it.
pub(super) fn dial(settings: &Settings, deadline: Instant) -> Result<OwnedFd, ConnectError> {
    let addresses = resolve(settings, deadline)?;
    let mut last = None;
    for (number, address) in addresses.iter().enumerate() {
        // Each of them gets its share, so that one that swallows packets does not take it all.
        let left = deadline.saturating_duration_since(Instant::now());
        let share = left / u32::try_from(addresses.len() - number).unwrap_or(1);
        match TcpStream::connect_timeout(address, share.max(Duration::from_millis(1))) {
            Ok(stream) => {
                // What is sent is a question as a rule, and waits for an answer.
                let _ = stream.set_nodelay(true);
                return Ok(stream.into());
            }
            Err(error) => last = Some(error),
        }
    }
    Err(unreachable(settings, last))
}

fn resolve(settings: &Settings, deadline: Instant) -> Result<Vec<SocketAddr>, ConnectError> {
    let failed = |source| ConnectError::Resolve {
        host: settings.host.clone(),
        source,
    };
    let (sender, receiver) = mpsc::channel();
    let asked = (settings.host.clone(), settings.port);
    // The system's own look-up has no time limit; its thread ends when it does.
    thread::Builder::new()
        .name("look-up".to_owned())
        .spawn(move || sender.send(asked.to_socket_addrs()))
        .map_err(failed)?;
    let left = deadline.saturating_duration_since(Instant::now());
    let addresses = match receiver.recv_timeout(left) {
        Ok(answer) => answer.map_err(failed)?,
        Err(_) => {
            return Err(ConnectError::TimedOut {
                address: settings.address(),
                limit: settings.connect_timeout,
                phase: Phase::LookUp,
            });
        }
    };
    let wanted: Vec<_> = addresses
        .filter(|address| match settings.family {
            Family::Any => true,
            Family::V4 => address.is_ipv4(),
            Family::V6 => address.is_ipv6(),
        })
        .collect();
    if wanted.is_empty() {
        return Err(failed(io::Error::new(
            io::ErrorKind::NotFound,
            "it has no address of the kind that `AddressFamily` asks for",
        )));
    }
    Ok(wanted)
}

fn unreachable(settings: &Settings, error: Option<io::Error>) -> ConnectError {
    let address = settings.address();
    match error {
        Some(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            ConnectError::Refused { address }
        }
        Some(source) if source.kind() != io::ErrorKind::TimedOut => {
            ConnectError::Unreachable { address, source }
        }
        _ => ConnectError::TimedOut {
            address,
            limit: settings.connect_timeout,
            phase: Phase::Connect,
        },
    }
}
