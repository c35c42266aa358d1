//! Vaults of the real `ansible-vault`, with what is computed on the way.

use std::fs;
use std::path::Path;

use super::*;

#[derive(serde::Deserialize)]
struct Vector {
    name: String,
    password_file_bytes_hex: String,
    effective_password_hex: String,
    plaintext_hex: String,
    vaulttext: String,
    vault_id: Option<String>,
    salt: String,
    key1: String,
    key2: String,
    iv: String,
    hmac: String,
    ciphertext: String,
}

pub(super) fn fixture(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../fixtures/vault")
        .join(name);
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn unhex(digits: &str) -> Vec<u8> {
    base16ct::lower::decode_vec(digits).unwrap_or_else(|error| panic!("{digits}: {error}"))
}

fn vectors() -> Vec<Vector> {
    let vectors: Vec<Vector> = serde_json::from_slice(&fixture("vectors.json"))
        .unwrap_or_else(|error| panic!("vectors.json: {error}"));
    assert_eq!(vectors.len(), 8);
    vectors
}

fn password_of(vector: &Vector) -> VaultPassword {
    VaultPassword::of_file(&unhex(&vector.password_file_bytes_hex))
        .unwrap_or_else(|error| panic!("{}: {error}", vector.name))
}

#[test]
fn every_value_on_the_way_is_ansible_s() {
    for vector in vectors() {
        let name = &vector.name;
        let password = password_of(&vector);
        assert_eq!(
            hex(password.bytes()),
            vector.effective_password_hex,
            "{name}"
        );

        let envelope = Envelope::parse(vector.vaulttext.as_bytes());
        let Envelope { vault_id, sealed } = envelope.unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(
            vault_id,
            vector.vault_id.as_ref().map(VaultId::new),
            "{name}"
        );
        assert_eq!(hex(&sealed.salt), vector.salt, "{name}");
        assert_eq!(hex(&sealed.hmac), vector.hmac, "{name}");
        assert_eq!(hex(&sealed.ciphertext), vector.ciphertext, "{name}");

        let keys = Keys::derive(&password, &sealed.salt);
        assert_eq!(hex(keys.cipher()), vector.key1, "{name}");
        assert_eq!(hex(keys.authentication()), vector.key2, "{name}");
        assert_eq!(hex(keys.counter()), vector.iv, "{name}");
        assert!(keys.authenticate(&sealed), "{name}");
    }
}

#[test]
fn every_vault_opens_from_its_file() {
    for vector in vectors() {
        let mut given = VaultSecrets::default();
        given.push(VaultId::default(), password_of(&vector));
        let file = fixture(&format!("{}.vault", vector.name));
        assert_eq!(file, vector.vaulttext.as_bytes(), "{}", vector.name);
        let opened = decrypt(file, &given);
        let plain = unhex(&vector.plaintext_hex);
        assert_eq!(opened, Ok(Secret::new(plain)), "{}", vector.name);
    }
}

#[test]
fn every_legal_spelling_is_read() {
    let given = secrets(&[("", "hunter2")]);
    for name in [
        "pos_crlf.vault",
        "pos_header_spaces.vault",
        "pos_noeol.vault",
        "pos_oneline.vault",
        "pos_upperhex_lines.vault",
    ] {
        assert_eq!(
            decrypt(fixture(name), &given),
            Ok(Secret::new(b"s3cr3t".to_vec())),
            "{name}"
        );
    }
}

#[test]
fn what_ansible_refuses_is_refused() {
    let given = secrets(&[("", "hunter2")]);
    let aes = |cipher: &[u8]| VaultError::Cipher {
        cipher: HeaderField::of_cipher(cipher),
    };
    let wrong = VaultError::WrongPassword {
        vault_id: None,
        tried: vec![VaultId::default()],
    };
    for (name, expected) in [
        ("neg_cipher.vault", aes(b"AES512")),
        ("neg_header_only.vault", VaultError::Empty),
        ("neg_nothex.vault", VaultError::NotHex { line: 2 }),
        ("neg_oddhex.vault", VaultError::Truncated),
        ("neg_tampered_ct.vault", wrong),
        ("neg_truncated.vault", VaultError::Truncated),
        (
            "neg_v10.vault",
            VaultError::Version {
                version: HeaderField::of_version(b"1.0"),
            },
        ),
    ] {
        assert_eq!(decrypt(fixture(name), &given), Err(expected), "{name}");
    }
    assert!(VaultPassword::of_file(&fixture("pempty")).is_err());
}
