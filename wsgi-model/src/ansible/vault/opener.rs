//! Many vaults of one file.

use std::collections::HashMap;

use super::cipher::{self, Keys};
use super::envelope::Envelope;
use super::{VaultError, VaultPassword, VaultSecrets};

/// The most vaults that stay closed before the rest is not tried: each takes milliseconds for every
/// password, and who has one password wrong has it wrong for all.
const MAX_CLOSED: usize = 10;
/// The most keys that are derived, for that takes milliseconds, too.
const MAX_KEYS: usize = 1000;

/// Opens the vaults of one file with the same passwords, and keeps the keys: a vault that stands
/// there many times is as quick as one.
#[derive(Default)]
pub(in crate::ansible) struct Opener {
    keys: HashMap<Vec<u8>, Vec<(VaultPassword, Keys)>>,
    derived: usize,
    closed: usize,
}

impl Opener {
    /// Decrypts a vault that holds text.
    ///
    /// # Errors
    /// As [`decrypt_text`](super::decrypt_text), and when there were too many before it.
    pub(in crate::ansible) fn text(
        &mut self,
        vault: impl AsRef<[u8]>,
        secrets: &VaultSecrets,
    ) -> Result<String, VaultError> {
        // The error of the conversion is dropped: it would hold the bytes.
        String::from_utf8(self.open(vault.as_ref(), secrets)?).map_err(|_| VaultError::NotText)
    }

    pub(super) fn open(
        &mut self,
        vault: &[u8],
        secrets: &VaultSecrets,
    ) -> Result<Vec<u8>, VaultError> {
        let Envelope {
            vault_id,
            sealed: mut vault,
        } = Envelope::parse(vault)?;
        let candidates = secrets.for_vault(vault_id.as_ref());
        if candidates.passwords.is_empty() {
            return Err(VaultError::NoPassword { vault_id });
        }
        if self.closed >= MAX_CLOSED {
            return Err(VaultError::NotTried {
                closed: self.closed,
            });
        }
        for password in &candidates.passwords {
            let keys = self.keys(password, &vault.salt)?;
            if keys.authenticate(&vault) {
                keys.apply(&mut vault.ciphertext);
                return cipher::unpad(vault.ciphertext);
            }
        }
        self.closed += 1;
        Err(VaultError::WrongPassword {
            vault_id,
            tried: candidates.ids,
        })
    }

    fn keys(&mut self, password: &VaultPassword, salt: &[u8]) -> Result<&Keys, VaultError> {
        let of_salt = self.keys.entry(salt.to_vec()).or_default();
        let at = match of_salt.iter().position(|(known, _)| known == password) {
            Some(at) => at,
            None if self.derived >= MAX_KEYS => {
                return Err(VaultError::TooMany { most: MAX_KEYS });
            }
            None => {
                self.derived += 1;
                of_salt.push((password.clone(), Keys::derive(password, salt)));
                of_salt.len() - 1
            }
        };
        Ok(&of_salt[at].1)
    }
}
