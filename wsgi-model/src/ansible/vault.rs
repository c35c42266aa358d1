//! Ansible Vault, formats 1.1 and 1.2: texts that are encrypted with a password.
//!
//! ```
//! use wsgi_model::ansible::vault::{VaultId, VaultPassword, VaultSecrets, decrypt_text};
//!
//! let vault = "$ANSIBLE_VAULT;1.1;AES256
//! 33303331333233333334333533363337333833393631363236333634363536363330333133323333
//! 3334333533363337333833393631363236333634363536360a363138653439383537356430373561
//! 39396432653134396166353836303034323331383164363632346631356633346431663730613031
//! 3632353564313061340a336534363061626165616164363131663735613634636331613539376330
//! 3862
//! ";
//! let mut secrets = VaultSecrets::default();
//! secrets.push(VaultId::default(), VaultPassword::of_file(b"hunter2\n")?);
//! assert_eq!(decrypt_text(vault, &secrets)?.expose(), "s3cr3t");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Each password that is tried takes 10,000 rounds of PBKDF2, which are milliseconds: keep what was
//! decrypted rather than decrypt it again. Passwords and the keys derived from them are wiped when
//! they are dropped; no more is promised, a decrypted text in particular is not.

mod cipher;
mod envelope;
mod error;
mod opener;
mod password;
#[cfg(test)]
mod tests;

pub use envelope::MAX_BYTES;
pub use error::{HeaderField, VaultError};
pub use password::{VaultId, VaultPassword, VaultPasswords, VaultSecrets};

pub(super) use opener::Opener;

use crate::Secret;
use envelope::MARK;

/// Whether a text claims to be a vault, as Ansible tells it: by how it begins.
pub fn is_vault(text: impl AsRef<[u8]>) -> bool {
    text.as_ref().starts_with(MARK)
}

/// Decrypts a vault with the password that fits: first those of the id that it names (`default`
/// where it names none), then all others, since an id is no more than a hint.
///
/// # Errors
/// [`VaultError`] when it is no vault, damaged, or no password fits.
pub fn decrypt(
    vault: impl AsRef<[u8]>,
    secrets: &VaultSecrets,
) -> Result<Secret<Vec<u8>>, VaultError> {
    Opener::default()
        .open(vault.as_ref(), secrets)
        .map(Secret::new)
}

/// Decrypts a vault that holds text, as a `!vault` value of a vars file must.
///
/// # Errors
/// As [`decrypt`], and when what it holds is not UTF-8.
pub fn decrypt_text(
    vault: impl AsRef<[u8]>,
    secrets: &VaultSecrets,
) -> Result<Secret<String>, VaultError> {
    Opener::default().text(vault, secrets).map(Secret::new)
}
