use std::io;
use std::os::fd::OwnedFd;
use std::time::Instant;

use ssh2::{MethodType, Session};

use super::config::{Settings, UnknownHost, chosen};
use super::connect_error::{ConnectError, Phase, ShownKey};
use super::host_key::{self, HostKey};
use super::known_hosts::{HostNames, KnownHosts, Verdict, note};
use super::pulse::Pulse;
use super::transport::{Failure, Limit, Transport};

/// Agrees with a server on how to speak, and makes sure that it is the right one.
pub(super) fn greet(
    socket: OwnedFd,
    settings: &Settings,
    deadline: Instant,
    is_direct: bool,
) -> Result<Transport, ConnectError> {
    let local = |error: ssh2::Error| ConnectError::Local(error.into());
    let names = HostNames::new(settings);
    let files = &settings.host_keys;
    let known = KnownHosts::read(files.user_files.iter().chain(&files.global_files), &names)
        .map_err(|(path, source)| ConnectError::KnownHosts {
            path,
            writing: false,
            source,
        })?;
    let session = Session::new().map_err(local)?;
    prefer(&session, settings, &known)?;
    let pulse = Pulse::new(settings.alive, Instant::now());
    let transport = Transport::new(session, socket, pulse);
    // The interval is ours to keep; two seconds is the shortest that libssh2 knows.
    transport.session().set_keepalive(true, 2);
    transport
        .wait_for(Limit::Until(deadline), Session::handshake)
        .map_err(|failure| misunderstood(settings, &transport, failure))?;
    let key = transport
        .session()
        .host_key()
        .and_then(|(blob, _)| HostKey::from_blob(blob.to_vec()))
        .ok_or_else(|| ConnectError::Handshake {
            address: settings.address(),
            source: io::Error::other("it shows no key"),
        })?;
    let shown = ShownKey {
        name: names.exact().to_owned(),
        address: (settings.host.clone(), settings.port),
        destination: settings.original.clone(),
        file: files.user_files.first().cloned(),
        key,
        is_direct,
    };
    trust(shown, &names, &known, settings)?;
    Ok(transport)
}

fn trust(
    shown: ShownKey,
    names: &HostNames,
    known: &KnownHosts,
    settings: &Settings,
) -> Result<(), ConnectError> {
    let required = settings.host_keys.rsa_bits;
    if let Some(bits) = shown.key.rsa_bits().filter(|&bits| bits < required) {
        return Err(ConnectError::ShortHostKey {
            shown: Box::new(shown),
            bits,
            required,
        });
    }
    let verdict = known.judge(&shown.key);
    let shown = Box::new(shown);
    match verdict {
        Verdict::Trusted => Ok(()),
        Verdict::Changed { place } => Err(ConnectError::ChangedHostKey { shown, place }),
        Verdict::OtherKind { known } => Err(ConnectError::OtherHostKey { shown, known }),
        Verdict::Revoked { place } => Err(ConnectError::RevokedHostKey { shown, place }),
        Verdict::Unknown { authority } => match &settings.host_keys.unknown {
            UnknownHost::AcceptAndNote => match &shown.file {
                // A key that is not noted would be new each time, whoever shows it.
                Some(file) => {
                    note(file, names, &shown.key, settings.host_keys.hash).map_err(|source| {
                        ConnectError::KnownHosts {
                            path: file.clone(),
                            writing: true,
                            source,
                        }
                    })
                }
                None => Err(ConnectError::UnknownHostKey {
                    shown,
                    authority,
                    ignored: None,
                }),
            },
            UnknownHost::Refuse => Err(ConnectError::UnknownHostKey {
                shown,
                authority,
                ignored: None,
            }),
            UnknownHost::RefuseThough(place) => Err(ConnectError::UnknownHostKey {
                shown,
                authority,
                ignored: Some(place.clone()),
            }),
        },
    }
}

/// Tells libssh2 which algorithms to offer, and in which order.
///
/// The one for host keys matters most. A server has keys of several kinds and shows the one that is
/// asked for first: asked for another than the one that is known, it would look like a stranger.
/// Certificates are never asked for, since there is nothing here that could check them.
fn prefer(session: &Session, settings: &Settings, known: &KnownHosts) -> Result<(), ConnectError> {
    let written = &settings.algorithms;
    for (method, option, list) in [
        (MethodType::HostKey, "HostKeyAlgorithms", &written.host_key),
        (MethodType::Kex, "KexAlgorithms", &written.key_exchange),
        (MethodType::CryptCs, "Ciphers", &written.cipher),
        (MethodType::CryptSc, "Ciphers", &written.cipher),
        (MethodType::MacCs, "MACs", &written.mac),
        (MethodType::MacSc, "MACs", &written.mac),
    ] {
        let local = |error: ssh2::Error| ConnectError::Local(error.into());
        let is_host_key = option == "HostKeyAlgorithms";
        let available = if is_host_key {
            host_key::ALGORITHMS.to_vec()
        } else {
            session.supported_algs(method).map_err(local)?
        };
        let usual: Vec<_> = available
            .iter()
            .copied()
            .filter(|name| !is_weak(name))
            .collect();
        let mut names = match list {
            Some((list, _)) => chosen(list, &usual, &available),
            None => usual,
        };
        if is_host_key {
            names = host_key::known_first(&names, &known.kinds());
        }
        if let (true, Some((list, place))) = (names.is_empty(), list) {
            return Err(ConnectError::Config(super::config::ConfigError::Value {
                place: place.clone(),
                option,
                value: list.clone(),
                expected: "a list with at least one algorithm that libssh2 has",
            }));
        }
        session
            .method_pref(method, &names.join(","))
            .map_err(local)?;
    }
    Ok(())
}

/// What libssh2 still has and OpenSSH no longer offers.
fn is_weak(algorithm: &str) -> bool {
    ["-cbc", "arcfour", "md5", "ripemd", "sha1", "-96", "none"]
        .iter()
        .any(|part| algorithm.contains(part))
        || algorithm == "rijndael-cbc@lysator.liu.se"
}

fn misunderstood(settings: &Settings, transport: &Transport, failure: Failure) -> ConnectError {
    let address = settings.address();
    // libssh2 keeps the last line that came, also when it was none of an SSH server.
    let said = transport.session().banner_bytes().unwrap_or_default();
    if !said.is_empty() && !said.starts_with(b"SSH-") {
        return ConnectError::NotSsh {
            address,
            said: printable(&String::from_utf8_lossy(said)),
        };
    }
    match failure {
        Failure::TimedOut => ConnectError::TimedOut {
            address,
            limit: settings.connect_timeout,
            phase: Phase::Handshake,
        },
        failure => ConnectError::Handshake {
            address,
            source: failure.into(),
        },
    }
}

/// What a stranger says, so that a terminal can show it.
pub(super) fn printable(text: &str) -> String {
    let text = text.trim().chars().filter(|c| !c.is_control());
    text.take(200).collect()
}
