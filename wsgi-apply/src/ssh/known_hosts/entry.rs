use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac as _};
use sha1::Sha1;

use crate::ssh::host_key::HostKey;
use crate::ssh::wildcard::list_matches;

/// A line of `known_hosts`, as sshd(8) describes it.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    pub(super) marker: Marker,
    hosts: &'a str,
    kind: &'a str,
    key: &'a str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Marker {
    None,
    Revoked,
    Authority,
}

impl<'a> Entry<'a> {
    /// Reads a line; `ssh` leaves out what it does not understand, too.
    pub(super) fn read(line: &'a str) -> Option<Self> {
        let mut words = line.split_ascii_whitespace().peekable();
        let marker = match words.peek()?.strip_prefix('@') {
            None => Marker::None,
            Some("revoked") => Marker::Revoked,
            Some("cert-authority") => Marker::Authority,
            Some(_) => return None,
        };
        if marker != Marker::None {
            words.next();
        }
        let hosts = words.next().filter(|hosts| !hosts.starts_with('#'))?;
        Some(Self {
            marker,
            hosts,
            kind: words.next()?,
            key: words.next()?,
        })
    }

    /// Whether it is about a host of this name, which is in lower case.
    pub(super) fn names(&self, host: &str) -> bool {
        if let Some(hashed) = self.hosts.strip_prefix("|1|") {
            is_hash_of(hashed, host)
        } else {
            let hosts = self.hosts.to_ascii_lowercase();
            list_matches(hosts.split(','), host)
        }
    }

    /// Its key, when it is of the kind that it says.
    pub(super) fn key(&self) -> Option<HostKey> {
        let blob = STANDARD.decode(self.key).ok()?;
        HostKey::from_blob(blob).filter(|key| key.kind() == self.kind)
    }
}

/// `SALT|HASH`, both in base64; the hash is an HMAC-SHA1 of the name with the salt as its key.
fn is_hash_of(hashed: &str, host: &str) -> bool {
    let decode = |text: &str| STANDARD.decode(text).ok();
    hashed
        .split_once('|')
        .and_then(|(salt, hash)| Some((decode(salt)?, decode(hash)?)))
        .is_some_and(|(salt, hash)| hash_of(&salt, host) == hash)
}

pub(super) fn hash_of(salt: &[u8], host: &str) -> Vec<u8> {
    // HMAC takes keys of any length.
    let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(salt) else {
        return Vec::new();
    };
    mac.update(host.as_bytes());
    mac.finalize().into_bytes().to_vec()
}
