//! What is refused, and what a person reads then.

use std::collections::HashMap;

use super::envelope::Sealed;
use super::vectors::fixture;
use super::*;

const HEADER: &str = "$ANSIBLE_VAULT;1.1;AES256";

#[track_caller]
fn refused(vault: &str, secrets: &VaultSecrets) -> (String, String) {
    match decrypt_text(vault, secrets) {
        Ok(text) => panic!("opened: {:?}", text.expose()),
        Err(error) => (error.to_string(), error.remedy()),
    }
}

/// The vault of inner parts, right in all that is around them.
fn enclosed(inner: &str) -> String {
    format!("{HEADER}\n{}\n", hex(inner.as_bytes()))
}

#[track_caller]
fn assert_said(cases: &[(&str, &str)], secrets: &VaultSecrets) {
    for (vault, expected) in cases {
        let (message, remedy) = refused(vault, secrets);
        assert_eq!(format!("{message}\n{remedy}"), *expected);
    }
}

#[test]
fn damage_is_named_with_what_to_do_about_it() {
    let good = sealed(HEADER, "right", "x");
    let hmac = "00".repeat(32);

    let cases: &[(&str, &str)] = &[
        (
            "hunter2",
            "this is no vault: it does not begin with `$ANSIBLE_VAULT;`\n\
            encrypt the value with `ansible-vault encrypt_string`",
        ),
        (
            "$ANSIBLE_VAULT",
            "the vault's first line is not `$ANSIBLE_VAULT;VERSION;CIPHER`\n\
            copy the vault again, whole, or encrypt the value again",
        ),
        (
            &good.replacen("1.1", "2.0", 1),
            "the vault's format `2.0` is not known\n\
            encrypt it again with a current `ansible-vault` (formats 1.1 and 1.2, AES256)",
        ),
        (
            &good.replacen("AES256", "AES", 1),
            "the vault's cipher `AES` is not known\n\
            encrypt it again with a current `ansible-vault` (formats 1.1 and 1.2, AES256)",
        ),
        (
            &good.replacen('\n', " ", 1),
            "the lines of the vault were joined to one\n\
            write it as a block, `!vault |`, each line of it on its own line",
        ),
        (
            HEADER,
            "the vault is empty after its first line\n\
            copy the vault again, whole, or encrypt the value again",
        ),
        (
            &format!("{HEADER}\r\n3130\r\n31 30\r\n"),
            "line 3 of the vault is not all hexadecimal digits\n\
            copy the vault again, whole, or encrypt the value again",
        ),
        (
            good[..good.len() - 3].as_ref(),
            "the vault is cut short\n\
            copy the vault again, whole, or encrypt the value again",
        ),
        (
            &enclosed(&format!("00\n{hmac}\n{}", "zz".repeat(16))),
            "the vault is damaged\n\
            copy the vault again, whole, or encrypt the value again",
        ),
        (
            &seal(HEADER, "right", SALT, &[0; 16]),
            "the vault's padding is wrong\n\
            encrypt it again with `ansible-vault`",
        ),
        (
            &seal(HEADER, "right", SALT, &pad(b"\xff")),
            "the vault holds something other than text\n\
            a value must be UTF-8; encode it, for example in Base64, before encrypting it",
        ),
    ];
    assert_said(cases, &secrets(&[("", "right")]));
}

#[test]
fn a_password_that_is_missing_or_wrong_is_named_by_its_id() {
    let good = sealed(HEADER, "right", "x");
    let prod = sealed("$ANSIBLE_VAULT;1.2;AES256;prod", "right", "x");
    let test = sealed("$ANSIBLE_VAULT;1.2;AES256;test", "right", "x");
    let none: &[(&str, &str)] = &[
        (
            &good,
            "no password was given for the vault\n\
            give the password with `--vault-password-file FILE` or `--ask-vault-pass`",
        ),
        (
            &prod,
            "no password was given for the vault of id `prod`\n\
            give its password with `--vault-id prod@FILE`",
        ),
    ];
    assert_said(none, &VaultSecrets::default());
    let two: &[(&str, &str)] = &[
        (
            &good,
            "no password opens the vault; tried: `dev`, `prod`\n\
            check the password; if `ansible-vault view` refuses it, too, the password is another or \
            the vault was changed after it was encrypted",
        ),
        (
            &prod,
            "no password opens the vault of id `prod`; tried: `prod`, `dev`\n\
            check the password; if `ansible-vault view` refuses it, too, the password is another or \
            the vault was changed after it was encrypted",
        ),
        (
            &test,
            "no password opens the vault of id `test`; tried: `dev`, `prod`\n\
            give its password with `--vault-id test@FILE`",
        ),
    ];
    assert_said(two, &secrets(&[("dev", "wrong"), ("prod", "wrong, too")]));
}

#[test]
fn what_is_wrong_with_the_vault_needs_no_password_to_be_seen() {
    let none = VaultSecrets::default();
    for inner in ["", "00", "00\n11", "00\n11\n", "0\n11\n22"] {
        let (message, _) = refused(&enclosed(inner), &none);
        assert_ne!(message, "no password was given for the vault", "{inner:?}");
    }
}

#[test]
fn a_password_in_the_place_of_a_header_s_field_is_not_shown() {
    let given = secrets(&[("hunter2 !", "wrong")]);
    for header in [
        "$ANSIBLE_VAULT;hunter2 !;AES256",
        "$ANSIBLE_VAULT;1.1;hunter2 !",
        "$ANSIBLE_VAULT;1.2;AES256;hunter2 !",
        "$ANSIBLE_VAULT;1.2;AES256;hünter2",
        "$ANSIBLE_VAULT;hunter2",
        "$ANSIBLE_VAULT hunter2",
    ] {
        let (message, remedy) = refused(&sealed(header, "right", "x"), &given);
        let shown = format!("{message} {remedy}");
        assert!(!shown.contains("nter2"), "{header}: {shown}");
    }
}

#[test]
fn every_bit_that_changes_is_noticed() {
    let vault = seal(HEADER, "right", b"s", &pad(b"x"));
    let parts = |sealed: Sealed| (sealed.salt, sealed.hmac, sealed.ciphertext);
    let original = Envelope::parse(vault.as_bytes()).map(|envelope| parts(envelope.sealed));
    // With optimisation a key takes milliseconds, here a tenth of a second.
    let mut keys: HashMap<Vec<u8>, Keys> = HashMap::new();
    let mut noticed = 0;
    for index in 0..vault.len() {
        for bit in 0..8 {
            let mut changed = vault.clone().into_bytes();
            changed[index] ^= 1 << bit;
            let Ok(Envelope { sealed, .. }) = Envelope::parse(&changed) else {
                continue;
            };
            let keys = keys
                .entry(sealed.salt.clone())
                .or_insert_with_key(|salt| Keys::derive(&password("right"), salt));
            let authentic = keys.authenticate(&sealed);
            // A digit in its other case is the same digit.
            assert_eq!(
                authentic,
                Ok(parts(sealed)) == original,
                "byte {index}, bit {bit}"
            );
            noticed += usize::from(!authentic);
        }
    }
    assert!(noticed > 100, "{noticed}");
}

#[test]
fn a_vault_that_was_changed_is_not_decrypted() {
    let given = secrets(&[("", "right")]);
    let vault = seal(HEADER, "right", b"s", &pad(b"x"));
    // A digit each of the salt, the HMAC and the ciphertext: the inner ones are 3, then 65, then 33.
    for inner in [1, 3 + 10, 3 + 65 + 10] {
        let mut changed = vault.clone().into_bytes();
        // The second digit of an inner digit, which stays one.
        let index = HEADER.len() + 1 + 2 * inner + 1;
        changed[index] = if changed[index] == b'1' { b'2' } else { b'1' };
        let tried = vec![VaultId::default()];
        let expected = VaultError::WrongPassword {
            vault_id: None,
            tried,
        };
        assert_eq!(decrypt(changed, &given), Err(expected), "{inner}");
    }
}

#[test]
fn every_cut_is_noticed() {
    let vault = fixture("v2_hostile.vault");
    let given = secrets(&[("", "correct horse battery staple")]);
    assert_eq!(vault.last(), Some(&b'\n'));
    assert!(decrypt(&vault[..vault.len() - 1], &given).is_ok());
    for length in 0..vault.len() - 1 {
        assert!(decrypt(&vault[..length], &given).is_err(), "{length} bytes");
    }
}

#[test]
fn a_vault_longer_than_any_vars_file_is_refused_at_once() {
    let given = secrets(&[("", "x")]);
    let vault = format!("{HEADER}\n{}", "3".repeat(MAX_BYTES));
    let bytes = vault.len();
    assert_eq!(decrypt(vault, &given), Err(VaultError::TooLong { bytes }));
}

#[test]
fn the_largest_vars_file_fits_in_a_vault() {
    let plain = vec![b'x'; crate::wire::yaml::MAX_BYTES];
    let vault = seal(HEADER, "right", &[7; 32], &pad(&plain));
    let lines = vault.len() / 80;
    assert!(vault.len() + lines <= MAX_BYTES);
}
