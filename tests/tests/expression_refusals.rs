//! `fixtures/invalid-ansible/`: expressions and vaults that are refused, each with exactly the message
//! beside it. What else is on the command line stands in the file's first line, behind `# wsgi-cli`.
//!
//! `ACCEPT=1` writes the messages anew.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// What the vaults hold.
const CANARY: &str = "c4n4ry";

#[test]
fn every_refusal_says_what_its_fixture_says() {
    let fixtures = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fixtures");
    let directory = fixtures.join("invalid-ansible");
    let mut cases: Vec<PathBuf> = fs::read_dir(&directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|found| found == "yml"))
        .collect();
    cases.sort();
    assert!(cases.len() >= 15, "only {} cases", cases.len());
    let mut complaints = Vec::new();
    for case in cases {
        let name = case.file_name().unwrap().to_str().unwrap();
        let text = fs::read_to_string(&case).unwrap();
        let options = text
            .lines()
            .next()
            .and_then(|line| line.strip_prefix("# wsgi-cli "));
        let output = Command::new("/bin/sh")
            .args([
                "-c",
                &format!("exec \"$0\" check {name} {}", options.unwrap_or_default()),
            ])
            .arg(env!("CARGO_BIN_EXE_tested-cli"))
            .current_dir(&directory)
            .env_clear()
            .env("HOME", fixtures.join("home"))
            .output()
            .unwrap();
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(3), "{name}: {message}");
        assert!(!message.contains(CANARY), "{name}: {message}");
        let path = case.with_extension("err");
        if std::env::var_os("ACCEPT").is_some() {
            fs::write(&path, &message).unwrap();
        }
        let expected = fs::read_to_string(&path).unwrap_or_default();
        if message != expected {
            complaints.push(format!(
                "--- {name}, expected:\n{expected}\n--- found:\n{message}"
            ));
        }
    }
    assert!(
        complaints.is_empty(),
        "run with ACCEPT=1 and look at the difference\n{}",
        complaints.join("\n")
    );
}
