//! Why a vault stays closed.

use std::fmt;

use super::{MAX_BYTES, VaultId};

/// Why a vault could not be decrypted. No text of it shows a byte of a password or of what is inside.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VaultError {
    /// It does not begin like one.
    #[error("this is no vault: it does not begin with `$ANSIBLE_VAULT;`")]
    NotVault,
    /// It is longer than any vault of a vars file, [`MAX_BYTES`].
    #[error("the vault has {bytes} bytes, more than the {MAX_BYTES} that are read")]
    TooLong {
        /// Its size.
        bytes: usize,
    },
    /// Its first line has no version and cipher, or bytes that none has.
    #[error("the vault's first line is not `$ANSIBLE_VAULT;VERSION;CIPHER`")]
    Header,
    /// Its lines stand in one line, after the header.
    #[error("the lines of the vault were joined to one")]
    Joined,
    /// A format other than 1.1 and 1.2.
    #[error("the vault's format{version} is not known")]
    Version {
        /// What the header says.
        version: HeaderField,
    },
    /// A cipher other than AES256.
    #[error("the vault's cipher{cipher} is not known")]
    Cipher {
        /// What the header says.
        cipher: HeaderField,
    },
    /// There is nothing after the header.
    #[error("the vault is empty after its first line")]
    Empty,
    /// A line holds something other than hexadecimal digits.
    #[error("line {line} of the vault is not all hexadecimal digits")]
    NotHex {
        /// The line of the vault, its header being 1.
        line: usize,
    },
    /// Its end is missing.
    #[error("the vault is cut short")]
    Truncated,
    /// The digits do not hold what they must.
    #[error("the vault is damaged")]
    Damaged,
    /// There is no password to try.
    #[error("no password was given for the vault{}", of(vault_id.as_ref()))]
    NoPassword {
        /// The id that the vault names.
        vault_id: Option<VaultId>,
    },
    /// No password fits, or the vault is not as it was when it was encrypted: the two look the same.
    #[error("no password opens the vault{}; tried: {}", of(vault_id.as_ref()), List(tried))]
    WrongPassword {
        /// The id that the vault names.
        vault_id: Option<VaultId>,
        /// The ids of the passwords that were tried, in that order.
        tried: Vec<VaultId>,
    },
    /// So many before it stayed closed that it was not tried.
    #[error("{closed} vaults could not be opened, and this one and those after it were not tried")]
    NotTried {
        /// How many.
        closed: usize,
    },
    /// There are more vaults, or more passwords for each, than are tried.
    #[error("opening the vaults takes more than the {most} keys that are derived for one file")]
    TooMany {
        /// How many keys.
        most: usize,
    },
    /// The password fits, but what wrote the vault did not fill its last block as Ansible does.
    #[error("the vault's padding is wrong")]
    Padding,
    /// What it holds is not UTF-8, and was to be text.
    #[error("the vault holds something other than text")]
    NotText,
}

impl VaultError {
    /// What to do about it.
    pub fn remedy(&self) -> String {
        match self {
            Self::NotVault => "encrypt the value with `ansible-vault encrypt_string`".into(),
            Self::TooLong { .. } => "keep large files out of the vars file".into(),
            Self::Joined => {
                "write it as a block, `!vault |`, each line of it on its own line".into()
            }
            Self::Version { .. } | Self::Cipher { .. } => {
                "encrypt it again with a current `ansible-vault` (formats 1.1 and 1.2, AES256)"
                    .into()
            }
            Self::Header | Self::Empty | Self::NotHex { .. } | Self::Truncated | Self::Damaged => {
                "copy the vault again, whole, or encrypt the value again".into()
            }
            Self::NoPassword { vault_id: None } => {
                "give the password with `--vault-password-file FILE` or `--ask-vault-pass`".into()
            }
            Self::NoPassword { vault_id: Some(id) } => give(id),
            Self::WrongPassword {
                vault_id: Some(id),
                tried,
            } if !tried.contains(id) => give(id),
            Self::WrongPassword { .. } => {
                "check the password; if `ansible-vault view` refuses it, too, \
                 the password is another or the vault was changed after it was encrypted"
                    .into()
            }
            Self::NotTried { .. } => "give the right passwords first".into(),
            Self::TooMany { .. } => "encrypt the whole file instead of each value".into(),
            Self::Padding => "encrypt it again with `ansible-vault`".into(),
            Self::NotText => {
                "a value must be UTF-8; encode it, for example in Base64, before encrypting it"
                    .into()
            }
        }
    }
}

fn give(id: &VaultId) -> String {
    let label = id.to_string();
    match label
        .strip_prefix('`')
        .and_then(|label| label.strip_suffix('`'))
    {
        Some(label) => format!("give its password with `--vault-id {label}@FILE`"),
        None => "give its password with `--vault-id LABEL@FILE`".to_owned(),
    }
}

/// ` of id …`, or nothing.
fn of(id: Option<&VaultId>) -> String {
    id.map(|id| format!(" of id {id}")).unwrap_or_default()
}

struct List<'a>(&'a [VaultId]);

impl fmt::Display for List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, id) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}{id}")?;
        }
        Ok(())
    }
}

/// A field of a vault's header, for a message: a password pasted in the wrong place is not shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderField(Option<String>);

impl HeaderField {
    pub(super) fn of_version(bytes: &[u8]) -> Self {
        Self(readable(bytes, 6, |byte| {
            byte.is_ascii_digit() || byte == b'.'
        }))
    }

    pub(super) fn of_cipher(bytes: &[u8]) -> Self {
        let named = bytes.starts_with(b"AES") || bytes.starts_with(b"CHACHA");
        let part = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'-';
        Self(readable(bytes, 20, part).filter(|_| named))
    }
}

impl fmt::Display for HeaderField {
    /// Writes the field after a space, or nothing.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(field) => write!(f, " `{field}`"),
            None => Ok(()),
        }
    }
}

/// The text of bytes that look like what they should be.
pub(super) fn readable(bytes: &[u8], most: usize, part: impl Fn(u8) -> bool) -> Option<String> {
    let looks_right = (1..=most).contains(&bytes.len()) && bytes.iter().all(|&byte| part(byte));
    let text = looks_right.then(|| std::str::from_utf8(bytes).ok())??;
    Some(text.to_owned())
}
