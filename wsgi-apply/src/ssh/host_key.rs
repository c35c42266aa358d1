use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use sha2::{Digest as _, Sha256};

use super::wire::Reader;

/// The public key of a host.
#[derive(Clone, PartialEq, Eq)]
pub struct HostKey {
    kind: String,
    blob: Vec<u8>,
}

impl HostKey {
    /// A key as it is sent, or `None` when it does not say of what kind it is.
    pub(super) fn from_blob(blob: Vec<u8>) -> Option<Self> {
        let kind = Reader::new(&blob).text()?;
        Some(Self {
            kind: kind.to_owned(),
            blob,
        })
    }

    /// Its kind, such as `ssh-ed25519`.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// Its SHA-256 fingerprint as `ssh-keygen -l` prints it.
    pub fn fingerprint(&self) -> String {
        format!(
            "SHA256:{}",
            STANDARD_NO_PAD.encode(Sha256::digest(&self.blob))
        )
    }

    /// As it stands in `known_hosts` and `authorized_keys`: kind and base64.
    pub(super) fn line(&self) -> String {
        format!("{} {}", self.kind, STANDARD.encode(&self.blob))
    }

    /// The length of an RSA key in bits; `None` for keys of other kinds, whose kind says it.
    pub(super) fn rsa_bits(&self) -> Option<usize> {
        let mut reader = Reader::new(&self.blob);
        if reader.text()? != "ssh-rsa" {
            return None;
        }
        let _exponent = reader.bytes()?;
        let modulus = reader.bytes()?;
        let significant = modulus.iter().position(|&byte| byte != 0)?;
        let first = modulus[significant];
        Some((modulus.len() - significant) * 8 - first.leading_zeros() as usize)
    }
}

impl fmt::Debug for HostKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.fingerprint())
    }
}

/// The signature algorithms of a kind of host key. RSA with SHA-1 is not among them: it is broken,
/// and OpenSSH has had better since 2016.
fn signatures(kind: &str) -> &'static [&'static str] {
    match kind {
        "ssh-ed25519" => &["ssh-ed25519"],
        "ecdsa-sha2-nistp256" => &["ecdsa-sha2-nistp256"],
        "ecdsa-sha2-nistp384" => &["ecdsa-sha2-nistp384"],
        "ecdsa-sha2-nistp521" => &["ecdsa-sha2-nistp521"],
        "ssh-rsa" => &["rsa-sha2-512", "rsa-sha2-256"],
        _ => &[],
    }
}

/// What to ask a host for when nothing is known about it.
pub(super) const ALGORITHMS: [&str; 6] = [
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "rsa-sha2-512",
    "rsa-sha2-256",
];

/// The same, with those first for which a key is known: a server has several and shows the one that
/// is asked for first.
pub(super) fn known_first<'a>(algorithms: &[&'a str], known: &[&str]) -> Vec<&'a str> {
    let wanted: Vec<&str> = known
        .iter()
        .flat_map(|kind| signatures(kind))
        .copied()
        .collect();
    let (mut first, others): (Vec<&str>, Vec<&str>) =
        algorithms.iter().partition(|name| wanted.contains(name));
    first.extend(others);
    first
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_algorithms_of_known_keys_come_first() {
        assert_eq!(known_first(&ALGORITHMS, &[]), ALGORITHMS);
        assert_eq!(
            known_first(&ALGORITHMS, &["ssh-rsa"])[..3],
            ["rsa-sha2-512", "rsa-sha2-256", "ssh-ed25519"]
        );
    }
}
