//! AES-256-CTR under HMAC-SHA256, with keys from PBKDF2.

use aes::Aes256;
use aes::cipher::{KeyIvInit, StreamCipher};
use ctr::Ctr128BE;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::{Zeroize, Zeroizing};

use super::envelope::Sealed;
use super::{VaultError, VaultPassword};

/// How often PBKDF2 hashes. The format has no place for another number.
const ROUNDS: u32 = 10_000;
const KEY: usize = 32;
/// The size of AES's blocks, in bytes.
pub(super) const BLOCK: usize = 16;

/// What one password makes of one salt: a key for AES, a key for the HMAC, and the first counter.
pub(super) struct Keys(Zeroizing<[u8; 2 * KEY + BLOCK]>);

impl Keys {
    /// Takes milliseconds.
    pub(super) fn derive(password: &VaultPassword, salt: &[u8]) -> Self {
        let mut keys = Zeroizing::new([0; 2 * KEY + BLOCK]);
        pbkdf2::pbkdf2_hmac::<Sha256>(password.bytes(), salt, ROUNDS, keys.as_mut());
        Self(keys)
    }

    pub(super) fn cipher(&self) -> &[u8] {
        &self.0[..KEY]
    }

    pub(super) fn authentication(&self) -> &[u8] {
        &self.0[KEY..2 * KEY]
    }

    pub(super) fn counter(&self) -> &[u8] {
        &self.0[2 * KEY..]
    }

    /// Whether the vault was sealed with these keys and is as it was then, told in constant time.
    pub(super) fn authenticate(&self, vault: &Sealed) -> bool {
        Hmac::<Sha256>::new_from_slice(self.authentication()).is_ok_and(|hmac| {
            hmac.chain_update(&vault.ciphertext)
                .verify_slice(&vault.hmac)
                .is_ok()
        })
    }

    /// Turns the ciphertext of an [authenticated](Self::authenticate) vault into its padded text.
    pub(super) fn apply(&self, ciphertext: &mut [u8]) {
        Ctr128BE::<Aes256>::new(self.cipher().into(), self.counter().into())
            .apply_keystream(ciphertext);
    }
}

/// Takes off the padding of PKCS#7, which Ansible adds although a stream needs none.
///
/// That it can be told apart from a wrong HMAC helps no attacker: only who knows the keys gets here.
pub(super) fn unpad(mut padded: Vec<u8>) -> Result<Vec<u8>, VaultError> {
    let padding = padded.last().map_or(0, |&last| usize::from(last));
    let text = padded.len().checked_sub(padding);
    match text {
        Some(text)
            if (1..=BLOCK).contains(&padding)
                && padded[text..]
                    .iter()
                    .all(|&byte| usize::from(byte) == padding) =>
        {
            padded.truncate(text);
            Ok(padded)
        }
        _ => {
            padded.zeroize();
            Err(VaultError::Padding)
        }
    }
}
