//! `fixtures/invalid/`: each vars file is refused with exactly the message beside it.
//!
//! `ACCEPT=1` writes the messages anew.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

/// No message may hold it: the vars files have it wherever a secret may stand.
const CANARY: &str = "-canary";

fn fixtures() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fixtures")
}

/// The names of the files with an extension, without it.
fn cases(extension: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(fixtures().join("invalid")).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let wanted = paths.filter(|path| path.extension().is_some_and(|found| found == extension));
    wanted
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect()
}

/// The command line, run in the cases' directory as an operator who has a key of their own.
fn check(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tested-cli"))
        .arg("check")
        .args(arguments)
        .current_dir(fixtures().join("invalid"))
        .env_clear()
        .env("HOME", fixtures().join("home"))
        .output()
        .unwrap()
}

/// What is wrong with how a case is refused.
fn complaint(case: &str) -> Option<String> {
    let output = check(&[&format!("{case}.yml")]);
    let message = String::from_utf8(output.stderr).unwrap();
    if output.status.code() != Some(3) {
        return Some(format!("{case}: {}, not 3\n{message}", output.status));
    }
    if !output.stdout.is_empty() {
        return Some(format!("{case}: it prints to stdout"));
    }
    if message.contains(CANARY) {
        return Some(format!("{case}: the message holds a secret\n{message}"));
    }
    let path = fixtures().join("invalid").join(format!("{case}.err"));
    if std::env::var_os("ACCEPT").is_some() {
        fs::write(&path, &message).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    (message != expected)
        .then(|| format!("--- {case}, expected:\n{expected}\n--- found:\n{message}"))
}

#[test]
fn every_refusal_says_what_its_fixture_says() {
    let complaints: Vec<_> = cases("yml")
        .iter()
        .filter_map(|case| complaint(case))
        .collect();
    assert!(
        complaints.is_empty(),
        "run with ACCEPT=1 and look at the difference\n{}",
        complaints.join("\n")
    );
}

#[test]
fn every_message_belongs_to_a_vars_file() {
    let (files, mut messages) = (cases("yml"), cases("err"));
    if std::env::var_os("ACCEPT").is_some() {
        for stale in messages.difference(&files) {
            fs::remove_file(fixtures().join("invalid").join(format!("{stale}.err"))).unwrap();
        }
        // The other test may not have written all of them yet.
        messages = files.clone();
    }
    assert_eq!(files, messages);
    assert!(files.len() >= 100, "only {} cases", files.len());
}

#[test]
fn programs_get_no_secret_either() {
    let files: Vec<String> = cases("yml")
        .iter()
        .map(|case| format!("{case}.yml"))
        .collect();
    let mut arguments = vec!["--json"];
    arguments.extend(files.iter().map(String::as_str));
    let output = check(&arguments);
    assert_eq!(output.status.code(), Some(3));
    let document = String::from_utf8(output.stdout).unwrap();
    assert!(!document.contains(CANARY), "{document}");
    let document: serde_json::Value = serde_json::from_str(&document).unwrap();
    let listed = document["files"].as_array().unwrap();
    assert_eq!(listed.len(), files.len());
    assert!(
        listed.iter().all(|file| file["accepted"] == false),
        "{document}"
    );
}
