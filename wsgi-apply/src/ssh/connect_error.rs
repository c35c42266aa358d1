use std::fmt;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use super::config::ConfigError;
use super::host_key::HostKey;
use super::key_problem::KeyProblem;
use super::place::Place;
use super::tried::Tried;

/// Why there is no connection to a host. Nothing was changed on it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// `~/.ssh/config` cannot be followed.
    #[error("the configuration of ssh cannot be followed")]
    Config(#[from] ConfigError),
    /// Nobody knows the name.
    #[error("host `{host}` cannot be found")]
    Resolve {
        /// The name.
        host: String,
        /// Why.
        source: io::Error,
    },
    /// Nothing listens there.
    #[error("{address} refused the connection")]
    Refused {
        /// Host and port.
        address: String,
    },
    /// There is no way to it.
    #[error("{address} cannot be reached")]
    Unreachable {
        /// Host and port.
        address: String,
        /// Why.
        source: io::Error,
    },
    /// It took too long.
    #[error("{address} {phase} within {} s", limit.as_secs_f64())]
    TimedOut {
        /// Host and port.
        address: String,
        /// The limit.
        limit: Duration,
        /// What took too long.
        phase: Phase,
    },
    /// Something else answers on that port.
    #[error("{address} does not speak SSH: it said `{said}`")]
    NotSsh {
        /// Host and port.
        address: String,
        /// The last line that it said, without control characters.
        said: String,
    },
    /// It ended the connection, or spoke SSH in a way that we do not.
    #[error("{address} and we did not come to an understanding")]
    Handshake {
        /// Host and port.
        address: String,
        /// Why.
        source: io::Error,
    },
    /// Nothing is known about the host. Nothing was sent to it.
    #[error(
        "host `{}` is not known: it shows the key {} ({})",
        shown.name, shown.key.fingerprint(), shown.key.kind()
    )]
    UnknownHostKey {
        /// What it shows.
        shown: Box<ShownKey>,
        /// A line that vouches for the host by an authority, which is not served.
        authority: Option<Place>,
        /// A line that says to trust anybody, which is not followed.
        ignored: Option<Place>,
    },
    /// The host has another key than before, or is another host. Nothing was sent to it.
    #[error(
        "host `{}` shows another key than the one known from {place}: {} ({})",
        shown.name, shown.key.fingerprint(), shown.key.kind()
    )]
    ChangedHostKey {
        /// What it shows.
        shown: Box<ShownKey>,
        /// Where the known key stands.
        place: Place,
    },
    /// The host has none of the keys that are known, only one of another kind. Nothing was sent.
    #[error(
        "host `{}` shows a key of a kind that is not known: {} ({}), while {} is",
        shown.name, shown.key.fingerprint(), shown.key.kind(), kinds(known)
    )]
    OtherHostKey {
        /// What it shows.
        shown: Box<ShownKey>,
        /// The kinds of the keys that are known, and where they stand.
        known: Vec<(String, Place)>,
    },
    /// The key of the host was revoked. Nothing was sent to it.
    #[error("host `{}` shows a key that {place} revokes: {}", shown.name, shown.key.fingerprint())]
    RevokedHostKey {
        /// What it shows.
        shown: Box<ShownKey>,
        /// Where it is revoked.
        place: Place,
    },
    /// The RSA key of the host is too short to prove anything.
    #[error("host `{}` shows an RSA key of {bits} bits, {required} are required", shown.name)]
    ShortHostKey {
        /// What it shows.
        shown: Box<ShownKey>,
        /// Its length.
        bits: usize,
        /// The shortest that is accepted.
        required: usize,
    },
    /// Whether the host is known cannot be told, or not be noted.
    #[error("the known hosts in {} cannot be {}", path.display(), if *writing { "written" } else { "read" })]
    KnownHosts {
        /// The file.
        path: PathBuf,
        /// Whether a new key was to be added.
        writing: bool,
        /// Why.
        source: io::Error,
    },
    /// A key that was asked for cannot be used.
    #[error("the key {} cannot be used", path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// Why.
        source: KeyProblem,
    },
    /// The host does not let the user in.
    #[error("{host} does not let `{user}` in: {}", Tried::list(tried))]
    Authentication {
        /// The user.
        user: String,
        /// The host, as it was named.
        host: String,
        /// What was tried, in its order.
        tried: Vec<Tried>,
        /// What the host would take, where it was asked: `publickey`, `password` and so on.
        offered: Vec<String>,
    },
    /// A host on the way cannot be connected to.
    #[error("no way through `{hop}`")]
    Jump {
        /// The host on the way, as it was named.
        hop: String,
        /// Why.
        source: Box<ConnectError>,
    },
    /// A host on the way does not pass us on.
    #[error("`{hop}` does not pass us on to {address}")]
    Forward {
        /// The host on the way, as it was named.
        hop: String,
        /// Where to.
        address: String,
        /// Why.
        source: io::Error,
    },
    /// The way goes in circles.
    #[error("the way to `{host}` leads through more than {MOST_JUMPS} hosts")]
    TooManyJumps {
        /// The host.
        host: String,
    },
    /// This machine could not do its part.
    #[error("this machine cannot open a connection")]
    Local(#[source] io::Error),
}

/// The longest way.
pub(super) const MOST_JUMPS: usize = 8;

/// A key that a host shows, and how to make it known.
#[derive(Debug)]
#[non_exhaustive]
pub struct ShownKey {
    /// The host's name in `known_hosts`: with its port, unless that is the usual one.
    pub name: String,
    /// The host and port that were connected to.
    pub address: (String, u16),
    /// Where a person has connected to with `ssh`, to get to know it.
    pub destination: String,
    /// The file of known hosts that new keys are added to.
    pub file: Option<PathBuf>,
    /// The key.
    pub key: HostKey,
    /// Whether `ssh-keyscan` can ask it directly.
    pub is_direct: bool,
}

/// A part of connecting that has a time limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Phase {
    /// Looking up the address.
    LookUp,
    /// Connecting to it.
    Connect,
    /// Agreeing on how to speak.
    Handshake,
    /// Proving who the user is.
    Login,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LookUp => "was not found",
            Self::Connect => "was not reached",
            Self::Handshake => "did not answer as an SSH server does",
            Self::Login => "did not answer the login",
        })
    }
}

fn kinds(known: &[(String, Place)]) -> String {
    let kinds: Vec<_> = known
        .iter()
        .map(|(kind, place)| format!("{kind} ({place})"))
        .collect();
    kinds.join(", ")
}
