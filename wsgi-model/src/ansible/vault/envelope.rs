//! The text around the ciphertext, read as leniently as Ansible reads it.

use super::cipher::BLOCK;
use super::error::HeaderField;
use super::password::trim;
use super::{VaultError, VaultId};

/// How each vault begins.
pub(super) const MARK: &[u8] = b"$ANSIBLE_VAULT";
const VERSIONS: [&[u8]; 2] = [b"1.1", b"1.2"];
const CIPHER: &[u8] = b"AES256";
const HMAC: usize = 32;

/// The longest vault that is read, in bytes. Hexadecimal digits of hexadecimal digits make it four
/// times as long as what is in it, and line ends add a little: this holds the largest vars file.
pub const MAX_BYTES: usize = 17 << 20;

/// A vault taken apart; nothing in it is secret.
pub(super) struct Envelope {
    /// What the header names.
    pub(super) vault_id: Option<VaultId>,
    pub(super) sealed: Sealed,
}

/// What the password opens.
pub(super) struct Sealed {
    /// Of any length: `ANSIBLE_VAULT_ENCRYPT_SALT` sets it.
    pub(super) salt: Vec<u8>,
    pub(super) hmac: [u8; HMAC],
    /// Whole blocks, at least one.
    pub(super) ciphertext: Vec<u8>,
}

impl Envelope {
    pub(super) fn parse(vault: &[u8]) -> Result<Self, VaultError> {
        if !vault.starts_with(MARK) {
            return Err(VaultError::NotVault);
        }
        if vault.len() > MAX_BYTES {
            return Err(VaultError::TooLong { bytes: vault.len() });
        }
        let end = vault
            .iter()
            .position(|byte| matches!(byte, b'\n' | b'\r'))
            .unwrap_or(vault.len());
        let (header, body) = vault.split_at(end);
        if is_joined(header) {
            return Err(VaultError::Joined);
        }
        Ok(Self {
            vault_id: vault_id(header)?,
            sealed: sealed(&digits(body)?)?,
        })
    }
}

/// Whether lines of the body stand behind the header, as a folded scalar (`!vault >`) puts them.
fn is_joined(header: &[u8]) -> bool {
    let is_line = |word: &[u8]| word.len() >= 16 && word.iter().all(u8::is_ascii_hexdigit);
    let mut words = header.split(u8::is_ascii_whitespace).skip(1);
    words.any(is_line)
}

/// Checks the header and gives the id that it names.
fn vault_id(header: &[u8]) -> Result<Option<VaultId>, VaultError> {
    let mut fields = header.split(|&byte| byte == b';').map(trim);
    let (Some(MARK), Some(version), Some(cipher)) = (fields.next(), fields.next(), fields.next())
    else {
        return Err(VaultError::Header);
    };
    if !VERSIONS.contains(&version) {
        return Err(VaultError::Version {
            version: HeaderField::of_version(version),
        });
    }
    if cipher != CIPHER {
        return Err(VaultError::Cipher {
            cipher: HeaderField::of_cipher(cipher),
        });
    }
    // Ansible reads an id from either version, and takes an empty one for none.
    match fields.next().map(std::str::from_utf8) {
        None | Some(Ok("")) => Ok(None),
        Some(Ok(label)) if label.is_ascii() => Ok(Some(VaultId::new(label))),
        Some(_) => Err(VaultError::Header),
    }
}

/// The digits of all lines as one. Like Ansible's, it takes lines of any length and no white space.
fn digits(body: &[u8]) -> Result<Vec<u8>, VaultError> {
    let mut digits = Vec::with_capacity(body.len());
    // What ends the header's line comes first, so that the first piece is the rest of line 1.
    for (index, line) in body.split(|&byte| byte == b'\n').enumerate() {
        for part in line.split(|&byte| byte == b'\r') {
            if !part.iter().all(u8::is_ascii_hexdigit) {
                return Err(VaultError::NotHex { line: index + 1 });
            }
            digits.extend_from_slice(part);
        }
    }
    Ok(digits)
}

/// Takes apart `hex(salt) \n hex(hmac) \n hex(ciphertext)`, which is in hexadecimal once more.
fn sealed(digits: &[u8]) -> Result<Sealed, VaultError> {
    if digits.is_empty() {
        return Err(VaultError::Empty);
    }
    let inner = unhex(digits)?;
    let mut parts = inner.splitn(3, |&byte| byte == b'\n');
    let (Some(salt), Some(hmac), Some(ciphertext)) = (parts.next(), parts.next(), parts.next())
    else {
        return Err(VaultError::Truncated);
    };
    let ciphertext = unhex(ciphertext)?;
    if ciphertext.is_empty() || ciphertext.len() % BLOCK != 0 {
        return Err(VaultError::Truncated);
    }
    Ok(Sealed {
        salt: unhex(salt)?,
        hmac: unhex(hmac)?.try_into().map_err(|_| VaultError::Damaged)?,
        ciphertext,
    })
}

fn unhex(digits: &[u8]) -> Result<Vec<u8>, VaultError> {
    base16ct::mixed::decode_vec(digits).map_err(|error| match error {
        base16ct::Error::InvalidLength => VaultError::Truncated,
        base16ct::Error::InvalidEncoding => VaultError::Damaged,
    })
}
