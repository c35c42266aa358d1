mod refusals;
mod vectors;

use std::fmt::Write as _;

use hmac::{Hmac, Mac};
use proptest::prelude::*;
use sha2::Sha256;

use super::cipher::Keys;
use super::envelope::Envelope;
use super::*;

const SALT: &[u8] = b"0123456789abcdef";

fn password(text: &str) -> VaultPassword {
    VaultPassword::of_file(text.as_bytes()).unwrap_or_else(|error| panic!("{text:?}: {error}"))
}

fn secrets(pairs: &[(&str, &str)]) -> VaultSecrets {
    let mut secrets = VaultSecrets::default();
    for (label, text) in pairs {
        secrets.push(VaultId::new(*label), password(text));
    }
    secrets
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// A vault whose padded text is `padded`, whatever Ansible would say to it.
fn seal(header: &str, text: &str, salt: &[u8], padded: &[u8]) -> String {
    let keys = Keys::derive(&password(text), salt);
    let mut ciphertext = padded.to_vec();
    keys.apply(&mut ciphertext);
    let hmac = Hmac::<Sha256>::new_from_slice(keys.authentication())
        .unwrap_or_else(|error| panic!("{error}"))
        .chain_update(&ciphertext)
        .finalize()
        .into_bytes();
    let inner = [hex(salt), hex(&hmac), hex(&ciphertext)].join("\n");
    format!("{header}\n{}\n", hex(inner.as_bytes()))
}

/// The padding that Ansible adds.
fn pad(text: &[u8]) -> Vec<u8> {
    let padding = cipher::BLOCK - text.len() % cipher::BLOCK;
    let byte = u8::try_from(padding).unwrap_or(0);
    [text.to_vec(), vec![byte; padding]].concat()
}

fn sealed(header: &str, text: &str, plain: &str) -> String {
    seal(header, text, SALT, &pad(plain.as_bytes()))
}

#[track_caller]
fn opened(vault: &str, secrets: &VaultSecrets) -> String {
    match decrypt_text(vault, secrets) {
        Ok(text) => text.expose().clone(),
        Err(error) => panic!("{error}: {vault}"),
    }
}

#[test]
fn a_password_opens_a_vault_whatever_id_it_was_given() {
    let vault = sealed("$ANSIBLE_VAULT;1.2;AES256;prod", "right", "x");
    for given in [
        &[("prod", "right")][..],
        &[("", "right")],
        &[("prod", "wrong"), ("dev", "right")],
        &[("dev", "wrong"), ("prod", "wrong"), ("prod", "right")],
    ] {
        assert_eq!(opened(&vault, &secrets(given)), "x", "{given:?}");
    }
}

#[test]
fn the_passwords_of_the_id_that_a_vault_names_are_tried_first() {
    let all = secrets(&[("", "1"), ("prod", "2"), ("dev", "3"), ("prod", "4")]);
    let order = |named: Option<&str>| -> Vec<VaultPassword> {
        let named = named.map(VaultId::new);
        let candidates = all.for_vault(named.as_ref());
        candidates.passwords.into_iter().cloned().collect()
    };
    let passwords = |texts: [&str; 4]| texts.map(password).to_vec();
    assert_eq!(order(Some("prod")), passwords(["2", "4", "1", "3"]));
    assert_eq!(order(None), passwords(["1", "2", "3", "4"]));
    assert_eq!(order(Some("other")), passwords(["1", "2", "3", "4"]));
}

#[test]
fn a_password_given_twice_is_tried_once() {
    let all = secrets(&[("dev", "1"), ("prod", "1"), ("", "2")]);
    let candidates = all.for_vault(None);
    assert_eq!(candidates.passwords, [&password("2"), &password("1")]);
    assert_eq!(candidates.ids, ["default", "dev", "prod"].map(VaultId::new));
}

#[test]
fn format_1_1_may_name_an_id_and_1_2_need_not() {
    let given = secrets(&[("", "right")]);
    for header in [
        "$ANSIBLE_VAULT;1.1;AES256;prod",
        "$ANSIBLE_VAULT;1.2;AES256",
        "$ANSIBLE_VAULT;1.2;AES256;",
        "$ANSIBLE_VAULT;1.2;AES256;prod;more",
        "$ANSIBLE_VAULT ; 1.2 ;\tAES256 ; two words \u{b}",
    ] {
        assert_eq!(
            opened(&sealed(header, "right", "x"), &given),
            "x",
            "{header}"
        );
    }
}

#[test]
fn a_salt_has_any_length() {
    let given = secrets(&[("", "right")]);
    for length in [0, 1, 16, 33, 200] {
        let vault = seal(
            "$ANSIBLE_VAULT;1.1;AES256",
            "right",
            &vec![7; length],
            &pad(b"x"),
        );
        assert_eq!(opened(&vault, &given), "x", "{length}");
    }
}

#[test]
fn lines_are_of_any_length_and_end_as_they_like() {
    let given = secrets(&[("", "right")]);
    let vault = sealed("$ANSIBLE_VAULT;1.1;AES256", "right", "x");
    let (header, digits) = vault.split_once('\n').unwrap_or_default();
    let digits = digits.trim_end();
    for end in ["\n", "\r\n", "\r", "\n\n"] {
        for length in [1, 7, 80, 10_000] {
            let mut lines = vec![header];
            let mut rest = digits;
            while !rest.is_empty() {
                let (line, more) = rest.split_at(length.min(rest.len()));
                lines.push(line);
                rest = more;
            }
            assert_eq!(opened(&lines.join(end), &given), "x", "{end:?} {length}");
        }
    }
}

#[test]
fn white_space_around_a_password_is_the_file_s_and_not_the_password_s() {
    let around = b" \t\r\n\x0b\x0cpass word\x0c\x0b\n\r\t ";
    assert_eq!(
        VaultPassword::of_file(around),
        VaultPassword::of_file(b"pass word")
    );
    // Only ASCII's: a no-break space is a part of it.
    assert_ne!(
        VaultPassword::of_file("\u{a0}x".as_bytes()),
        VaultPassword::of_file(b"x")
    );
}

#[test]
fn a_program_s_output_keeps_its_spaces() {
    let printed = VaultPassword::of_output(b"\r\n x \r\n\n");
    assert_eq!(printed.as_ref().map(VaultPassword::bytes), Ok(&b" x "[..]));
    assert_ne!(printed, VaultPassword::of_file(b" x "));
}

#[test]
fn a_password_is_not_empty() {
    for empty in [&b""[..], b"\n", b" \t\r\n\x0b\x0c"] {
        assert!(VaultPassword::of_file(empty).is_err(), "{empty:?}");
    }
    for empty in [&b""[..], b"\n", b"\r\n\r\n"] {
        assert!(VaultPassword::of_output(empty).is_err(), "{empty:?}");
    }
}

#[test]
fn no_debug_text_shows_a_password_or_what_it_opens() {
    let given = secrets(&[("prod", "hunter2")]);
    let opened = decrypt(
        sealed("$ANSIBLE_VAULT;1.1;AES256", "hunter2", "s3cr3t"),
        &given,
    );
    let shown = format!("{given:?} {:?} {opened:?}", password("hunter2"));
    assert!(
        !shown.contains("hunter2") && !shown.contains("s3cr3t"),
        "{shown}"
    );
    assert!(shown.contains("prod"), "{shown}");
}

#[test]
fn a_vault_is_known_by_how_it_begins() {
    assert!(is_vault("$ANSIBLE_VAULT;1.1;AES256\n"));
    for text in [
        "",
        " $ANSIBLE_VAULT;1.1",
        "\u{feff}$ANSIBLE_VAULT;",
        "ANSIBLE_VAULT;",
    ] {
        assert!(!is_vault(text), "{text:?}");
        let refused = decrypt(text, &VaultSecrets::default());
        assert_eq!(refused, Err(VaultError::NotVault), "{text:?}");
    }
}

proptest! {
    // Each case derives keys twice.
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn any_text_is_read_as_it_was_sealed(text in any::<Vec<u8>>(), salt in any::<Vec<u8>>(), word in "[!-~]+") {
        let vault = seal("$ANSIBLE_VAULT;1.1;AES256", &word, &salt, &pad(&text));
        let opened = decrypt(vault, &secrets(&[("", &word)]));
        prop_assert_eq!(opened.as_ref().map(Secret::expose), Ok(&text));
    }
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in any::<Vec<u8>>(), lines in "(\\PC|[0-9a-f\n\r;])*") {
        let given = secrets(&[("", "x")]);
        let _ = decrypt(&text, &given);
        for header in ["$ANSIBLE_VAULT", "$ANSIBLE_VAULT;1.1;AES256", "$ANSIBLE_VAULT;1.2;AES256;"] {
            let _ = decrypt([header.as_bytes(), &text].concat(), &given);
            let _ = decrypt(format!("{header}{lines}"), &given);
            let _ = decrypt(format!("{header}\n{lines}"), &given);
            // The hexadecimal around it is right, what is in it is not.
            let _ = decrypt(format!("{header}\n{}", hex(lines.as_bytes())), &given);
        }
    }

    #[test]
    fn any_bytes_are_padding_or_not(padded in any::<Vec<u8>>()) {
        match cipher::unpad(padded.clone()) {
            Ok(text) if padded.len() % cipher::BLOCK == 0 => prop_assert_eq!(pad(&text), padded),
            Ok(text) => prop_assert!(padded.starts_with(&text)),
            Err(error) => prop_assert_eq!(error, VaultError::Padding),
        }
    }
}

#[test]
fn after_ten_that_stay_closed_no_vault_is_tried() {
    let mut opener = Opener::default();
    let wrong = secrets(&[("", "wrong")]);
    let vault = sealed("$ANSIBLE_VAULT;1.1;AES256", "right", "x");
    for _ in 0..10 {
        let refused = opener.text(&vault, &wrong);
        assert!(matches!(refused, Err(VaultError::WrongPassword { .. })));
    }
    assert_eq!(
        opener.text(&vault, &secrets(&[("", "right")])),
        Err(VaultError::NotTried { closed: 10 })
    );
}

#[test]
fn a_vault_that_stands_in_a_file_many_times_is_as_quick_as_one() {
    let mut opener = Opener::default();
    let secrets = secrets(&[("other", "wrong"), ("", "right")]);
    let vault = sealed("$ANSIBLE_VAULT;1.1;AES256", "right", "again");
    // More than the keys that may be derived.
    for _ in 0..5_000 {
        assert_eq!(opener.text(&vault, &secrets).as_deref(), Ok("again"));
    }
}
