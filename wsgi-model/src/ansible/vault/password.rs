//! The passwords of vaults, and what they are called.

use std::fmt;

use zeroize::Zeroizing;

use super::error::readable;
use crate::{Invalid, LookupError};

/// The label of a password, which a vault may name: `prod` of `--vault-id prod@FILE`.
///
/// Nothing protects the label in a vault. It only says which password to try first.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct VaultId(String);

impl VaultId {
    /// An id of any text; empty is `default`, as it is for Ansible.
    pub fn new(label: impl Into<String>) -> Self {
        let label = label.into();
        if label.is_empty() {
            Self::default()
        } else {
            Self(label)
        }
    }

    /// The label.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for VaultId {
    /// The id of a password that was given none, and of a vault that names none.
    fn default() -> Self {
        Self("default".to_owned())
    }
}

impl fmt::Display for VaultId {
    /// Writes the label where it looks like one. Anything may stand at its place in a header.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = |byte: u8| byte.is_ascii_alphanumeric() || b"._-+@:/".contains(&byte);
        match readable(self.0.as_bytes(), 64, part) {
            Some(label) => write!(f, "`{label}`"),
            None => f.write_str("(a label that is not shown)"),
        }
    }
}

/// A password: not empty, never shown, wiped when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct VaultPassword(Zeroizing<Vec<u8>>);

impl VaultPassword {
    /// From what a password file holds or a person typed: without the white space around it, as
    /// Ansible takes it.
    ///
    /// The caller wipes its own copy.
    ///
    /// # Errors
    /// [`Invalid`] when nothing is left.
    pub fn of_file(bytes: &[u8]) -> Result<Self, Invalid> {
        Self::not_empty(trim(bytes))
    }

    /// From what a password program printed, or a vaulted password file holds: only without the line
    /// ends around it. Here Ansible keeps spaces.
    ///
    /// The caller wipes its own copy.
    ///
    /// # Errors
    /// [`Invalid`] when nothing is left.
    pub fn of_output(bytes: &[u8]) -> Result<Self, Invalid> {
        Self::not_empty(trim_of(bytes, |byte| matches!(byte, b'\r' | b'\n')))
    }

    fn not_empty(bytes: &[u8]) -> Result<Self, Invalid> {
        if bytes.is_empty() {
            return Err(Invalid::new("the vault password is empty"));
        }
        Ok(Self(Zeroizing::new(bytes.to_vec())))
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for VaultPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VaultPassword(..)")
    }
}

/// Passwords with their ids, in the order in which they were given. An id may have several.
#[derive(Clone, Debug, Default)]
pub struct VaultSecrets(Vec<(VaultId, VaultPassword)>);

/// What to try on one vault.
pub(super) struct Candidates<'a> {
    /// No password twice.
    pub(super) passwords: Vec<&'a VaultPassword>,
    /// Their ids, none twice.
    pub(super) ids: Vec<VaultId>,
}

impl VaultSecrets {
    /// Adds a password to try after those before it.
    pub fn push(&mut self, id: VaultId, password: VaultPassword) {
        self.0.push((id, password));
    }

    /// Whether there is no password.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn for_vault(&self, named: Option<&VaultId>) -> Candidates<'_> {
        let default = VaultId::default();
        let named = named.unwrap_or(&default);
        let (first, rest): (Vec<_>, Vec<_>) = self.0.iter().partition(|(id, _)| id == named);
        let mut candidates = Candidates {
            passwords: Vec::new(),
            ids: Vec::new(),
        };
        for (id, password) in first.into_iter().chain(rest) {
            if !candidates.ids.contains(id) {
                candidates.ids.push(id.clone());
            }
            // Each costs milliseconds, and one is easily given twice, by option and by environment.
            if !candidates.passwords.contains(&password) {
                candidates.passwords.push(password);
            }
        }
        candidates
    }
}

/// Where the passwords come from: files, programs, a person. The model asks nobody itself.
///
/// Only one who meets a vault asks for them, so that a person is not asked in vain; an implementation
/// keeps what it found, a failure included, for the next one.
///
/// [`VaultSecrets`] are their own source.
pub trait VaultPasswords {
    /// All passwords.
    ///
    /// # Errors
    /// [`LookupError`] when one that was asked for cannot be had.
    fn secrets(&self) -> Result<&VaultSecrets, LookupError>;
}

impl VaultPasswords for VaultSecrets {
    fn secrets(&self) -> Result<&VaultSecrets, LookupError> {
        Ok(self)
    }
}

/// Without the white space around it, as Python's `bytes.strip` has it: Rust's `trim_ascii` leaves the
/// vertical tab.
pub(super) fn trim(bytes: &[u8]) -> &[u8] {
    trim_of(bytes, |byte| matches!(byte, b' ' | b'\t'..=b'\r'))
}

fn trim_of(bytes: &[u8], is_around: impl Fn(u8) -> bool) -> &[u8] {
    let inside = |byte: &u8| !is_around(*byte);
    match (
        bytes.iter().position(inside),
        bytes.iter().rposition(inside),
    ) {
        (Some(first), Some(last)) => &bytes[first..=last],
        _ => &[],
    }
}
