//! Rules of this repository that neither the compiler nor clippy knows.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// More lines than these make a file hard to hold in one's head.
const MOST_LINES: usize = 600;

/// Longer files, each with its reason.
const LONGER: &[(&str, &str)] = &[
    ("Cargo.lock", "written by cargo"),
    (
        "wsgi-model/src/wire/scalar/tests/ansible.tsv",
        "a table of what Ansible's loader answered",
    ),
];

/// Names that say nothing about what a file holds.
const EMPTY_NAMES: &[&str] = &[
    "common.rs",
    "helpers.rs",
    "misc.rs",
    "prelude.rs",
    "types.rs",
    "utils.rs",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .canonicalize()
        .unwrap()
}

/// All files that git knows or would add, relative to the workspace.
fn files() -> Vec<String> {
    let listed = Command::new("git")
        .arg("-C")
        .arg(root())
        // A test run by root on a developer's checkout is no attack on root.
        .args(["-c", "safe.directory=*"])
        .args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ])
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&listed.stderr);
    assert!(listed.status.success(), "{errors}");
    let files: Vec<_> = String::from_utf8(listed.stdout)
        .unwrap()
        .split_terminator('\0')
        .filter(|path| root().join(path).is_file())
        .map(str::to_owned)
        .collect();
    // Otherwise each rule below would hold for an empty list.
    assert!(files.iter().any(|path| path == "Cargo.toml"), "{files:?}");
    files
}

/// The text of each file that `wanted` picks; what is not UTF-8 is no source of ours.
fn texts(wanted: impl Fn(&str) -> bool) -> Vec<(String, String)> {
    files()
        .into_iter()
        .filter(|path| wanted(path))
        .filter_map(|path| Some((fs::read_to_string(root().join(&path)).ok()?, path)))
        .map(|(text, path)| (path, text))
        .collect()
}

/// `path:line: text` for each line that breaks a rule.
fn offences(texts: &[(String, String)], breaks: impl Fn(&str) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    for (path, text) in texts {
        for (number, line) in text.lines().enumerate() {
            if breaks(line) {
                found.push(format!("{path}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    found
}

#[track_caller]
fn assert_none(rule: &str, found: &[String]) {
    assert!(found.is_empty(), "{rule}:\n{}", found.join("\n"));
}

fn is_rust(path: &str) -> bool {
    Path::new(path)
        .extension()
        .is_some_and(|extension| extension == "rs")
}

/// The libraries' own sources; the command line prints, and tests may.
fn is_library(path: &str) -> bool {
    ["wsgi-model/src/", "wsgi-render/src/", "wsgi-apply/src/"]
        .iter()
        .any(|directory| path.starts_with(directory))
}

/// A line without what follows `//`: a rule is about code, and prose may name what it forbids.
fn code(line: &str) -> &str {
    line.split("//").next().unwrap_or(line)
}

#[test]
fn no_template_holds_a_value_unquoted() {
    let raw = |line: &str| line.contains("{{{") || line.contains("{{&") || line.contains("{{~&");
    let templates = texts(|path| path.starts_with("wsgi-render/templates/"));
    assert_none(
        "a template holds an unquoted value",
        &offences(&templates, raw),
    );
}

#[test]
fn no_library_prints() {
    let prints = |line: &str| {
        ["println!", "eprintln!", "print!(", "eprint!(", "dbg!"]
            .iter()
            .any(|call| code(line).contains(call))
    };
    let sources = texts(|path| is_rust(path) && is_library(path));
    assert!(!sources.is_empty());
    assert_none("a library prints", &offences(&sources, prints));
}

#[test]
fn serde_attributes_keep_messages_precise() {
    let vague = |line: &str| {
        let line = code(line);
        line.contains("serde(") && (line.contains("flatten") || line.contains("untagged"))
    };
    let sources = texts(|path| is_rust(path) && path != "tests/tests/rules.rs");
    assert_none("an attribute destroys messages", &offences(&sources, vague));
}

#[test]
fn files_are_named_after_what_they_hold() {
    let found: Vec<_> = files()
        .into_iter()
        .filter(|path| EMPTY_NAMES.contains(&path.rsplit('/').next().unwrap_or(path)))
        .collect();
    assert_none("a file's name says nothing", &found);
}

#[test]
fn files_are_short_enough_to_read() {
    let is_ours = |path: &str| {
        // Expected trees and licences are not read from one end to the other.
        !path.starts_with("fixtures/") && !path.starts_with("LICENSE")
    };
    let listed = |path: &str| LONGER.iter().any(|(longer, _)| *longer == path);
    let mut found = Vec::new();
    for (path, text) in texts(is_ours) {
        let lines = text.lines().count();
        if lines >= MOST_LINES && !listed(&path) {
            found.push(format!("{path}: {lines} lines"));
        }
    }
    assert_none(
        "a file has 600 lines or more, and no reason is listed",
        &found,
    );
}

#[test]
fn no_exception_outlives_its_file() {
    let files = files();
    let found: Vec<_> = LONGER
        .iter()
        .filter(|(path, _)| !files.iter().any(|file| file == path))
        .map(|(path, _)| (*path).to_owned())
        .collect();
    assert_none("an exception names no file", &found);
}

#[test]
fn the_rules_see_what_breaks_them() {
    let sample = [("x.rs".to_owned(), "a\n  println!(\"x\"); // b\n".to_owned())];
    let found = offences(&sample, |line| code(line).contains("println!"));
    assert_eq!(found, ["x.rs:2: println!(\"x\"); // b"]);
    assert_eq!(code("/// println!"), "");
}

#[test]
fn no_test_sleeps_a_fixed_time() {
    // The one pause of all waiting is in wait.rs, between two looks.
    let sleeps = |line: &str| code(line).contains("thread::sleep(");
    let sources = texts(|path| {
        is_rust(path)
            && path.starts_with("tests/")
            && path != "tests/src/wait.rs"
            && path != "tests/tests/rules.rs"
    });
    assert_none(
        "a test sleeps instead of waiting for something",
        &offences(&sources, sleeps),
    );
}
