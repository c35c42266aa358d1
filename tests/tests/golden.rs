//! `fixtures/apps/`: each case renders to exactly the tree beside it.
//!
//! `expected/` holds the files, `expected.manifest` what every path is, and `expected.messages` what a
//! person is told of the vars files. `ACCEPT=1` writes all of them anew.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use wsgi_model::{Artifact, Bundle, HostClaims, Needs, Node, OnlyIf, Sensitivity};
use wsgi_render::{Target, render};
use wsgi_tests::{Fixture, fixtures};

fn accepts() -> bool {
    std::env::var_os("ACCEPT").is_some()
}

/// What a case renders to: its files by path, and its manifest.
struct Rendered {
    files: BTreeMap<String, Vec<u8>>,
    manifest: String,
}

impl Rendered {
    fn of(fixture: &Fixture) -> Self {
        let mut rendered = Self {
            files: BTreeMap::new(),
            manifest: String::new(),
        };
        let mut host = HostClaims::new();
        for file in fixture.vars_files() {
            let loaded = fixture.load(&file);
            let app = loaded.unwrap_or_else(|e| panic!("{}: {:#?}", file.display(), e.problems));
            assert_eq!(host.admit(&app.app), [], "{}", file.display());
            let bundle = render(&app.app, &Target::default()).unwrap_or_else(|e| {
                panic!("{}: {e}: {:?}", fixture.name, std::error::Error::source(&e))
            });
            rendered.add(&bundle);
        }
        rendered
    }

    fn add(&mut self, bundle: &Bundle) {
        if !self.manifest.is_empty() {
            self.manifest.push('\n');
        }
        self.manifest.push_str(&needs(&bundle.needs));
        for artifact in bundle.artifacts() {
            writeln!(self.manifest, "{}", line(artifact)).unwrap();
            if let Node::File { contents, .. } | Node::Block { contents, .. } = &artifact.node {
                let path = artifact.path.as_str().trim_start_matches('/').to_owned();
                let earlier = self.files.insert(path, contents.expose().to_vec());
                assert_eq!(earlier, None, "two apps write {}", artifact.path);
            }
        }
    }
}

/// `mode owner group kind path`, and what else there is to say.
fn line(artifact: &Artifact) -> String {
    let path = &artifact.path;
    let secret = match artifact.sensitivity() {
        Sensitivity::Secret => " (secret)",
        Sensitivity::Public => "",
    };
    match &artifact.node {
        Node::File { mode, owner, .. } => {
            format!("{mode} {} {} file {path}{secret}", owner.user, owner.group)
        }
        Node::KeptFile { mode, owner } => {
            format!("{mode} {} {} file {path} (kept)", owner.user, owner.group)
        }
        Node::Block { mode, owner, .. } => {
            format!("{mode} {} {} block {path}{secret}", owner.user, owner.group)
        }
        Node::Directory { mode, owner } => {
            format!("{mode} {} {} directory {path}", owner.user, owner.group)
        }
        Node::Symlink { target, owner } => {
            format!(
                "-    {} {} symlink {path} -> {target}",
                owner.user, owner.group
            )
        }
        Node::Absent { only_if: None } => format!("-    - - absent {path}"),
        Node::Absent {
            only_if: Some(OnlyIf::LinkToPristineConffile { target }),
        } => format!("-    - - absent {path} (if it is the stock link to {target})"),
        other => panic!("the manifest has no words for {other:?}"),
    }
}

/// What a host must have besides files.
fn needs(needs: &Needs) -> String {
    let mut text = String::new();
    let update = if needs.packages.update_cache {
        ", after apt-get update"
    } else {
        ""
    };
    let names: Vec<_> = needs
        .packages
        .names
        .iter()
        .map(ToString::to_string)
        .collect();
    writeln!(text, "packages {}{update}", names.join(" ")).unwrap();
    let user = &needs.user;
    writeln!(
        text,
        "user {} group {} home {} shell {}",
        user.name, user.group, user.home, user.shell
    )
    .unwrap();
    for key in &user.authorized_keys {
        writeln!(text, "key {key}").unwrap();
    }
    let python: Vec<_> = needs
        .virtualenv
        .packages
        .iter()
        .map(ToString::to_string)
        .collect();
    writeln!(
        text,
        "virtualenv {} with {}",
        needs.virtualenv.path,
        python.join(" ")
    )
    .unwrap();
    text
}

/// The files below a directory, by their path in it.
fn tree(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut open = vec![directory.to_owned()];
    while let Some(next) = open.pop() {
        let Ok(entries) = fs::read_dir(&next) else {
            continue;
        };
        for entry in entries.map(Result::unwrap) {
            if entry.file_type().unwrap().is_dir() {
                open.push(entry.path());
                continue;
            }
            let path = entry.path();
            let name = path
                .strip_prefix(directory)
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned();
            files.insert(name, fs::read(path).unwrap());
        }
    }
    files
}

fn write_tree(directory: &Path, files: &BTreeMap<String, Vec<u8>>) {
    if directory.exists() {
        fs::remove_dir_all(directory).unwrap();
    }
    for (path, contents) in files {
        let path = directory.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, contents).unwrap();
    }
}

/// How two texts differ, as diff(1) shows it.
fn difference(expected: &Path, found: &[u8]) -> String {
    let scratch = tempfile::NamedTempFile::new().unwrap();
    fs::write(scratch.path(), found).unwrap();
    let nothing = PathBuf::from("/dev/null");
    let expected = if expected.exists() {
        expected
    } else {
        &nothing
    };
    let output = Command::new("diff")
        .arg("-u")
        .args([expected, scratch.path()])
        .output();
    String::from_utf8_lossy(&output.expect("diff, of Debian's diffutils").stdout).into_owned()
}

/// Compares a text of a case, or writes it.
fn complaint(fixture: &Fixture, name: &str, found: &str) -> Option<String> {
    let path = fixture.directory().join(name);
    if accepts() {
        fs::write(&path, found).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    (expected != found).then(|| {
        format!(
            "{}: {name}\n{}",
            fixture.name,
            difference(&path, found.as_bytes())
        )
    })
}

fn complaints(fixture: &Fixture) -> Vec<String> {
    let rendered = Rendered::of(fixture);
    let directory = fixture.directory().join("expected");
    if accepts() {
        write_tree(&directory, &rendered.files);
    }
    let expected = tree(&directory);
    let mut complaints = Vec::new();
    for (path, contents) in &rendered.files {
        if expected.get(path) != Some(contents) {
            let difference = difference(&directory.join(path), contents);
            complaints.push(format!("{}: {path}\n{difference}", fixture.name));
        }
    }
    let gone = expected
        .keys()
        .filter(|path| !rendered.files.contains_key(*path));
    complaints
        .extend(gone.map(|path| format!("{}: {path} is not rendered any more", fixture.name)));
    complaints.extend(complaint(fixture, "expected.manifest", &rendered.manifest));
    complaints
}

#[track_caller]
fn assert_golden(complaints: &[String]) {
    assert!(
        complaints.is_empty(),
        "run with ACCEPT=1 and look at the difference\n{}",
        complaints.join("\n")
    );
}

#[test]
fn every_app_renders_to_its_tree() {
    let found: Vec<_> = Fixture::all().iter().flat_map(complaints).collect();
    assert_golden(&found);
}

#[test]
fn every_app_is_accepted_with_its_remarks() {
    let mut found = Vec::new();
    for fixture in Fixture::all() {
        let files = fixture.vars_files();
        let output = Command::new(env!("CARGO_BIN_EXE_tested-cli"))
            .arg("check")
            .args(files.iter().map(|path| path.file_name().unwrap()))
            .current_dir(fixture.directory())
            .env_clear()
            .env("HOME", fixtures().join("home"))
            .output()
            .unwrap();
        let mut messages = String::from_utf8(output.stdout).unwrap();
        messages.push_str(&String::from_utf8(output.stderr).unwrap());
        assert!(output.status.success(), "{}: {messages}", fixture.name);
        found.extend(complaint(&fixture, "expected.messages", &messages));
    }
    assert_golden(&found);
}

#[test]
fn rendering_twice_gives_the_same() {
    for fixture in Fixture::all() {
        let (one, other) = (Rendered::of(&fixture), Rendered::of(&fixture));
        assert!(one.files == other.files, "{}", fixture.name);
        assert_eq!(one.manifest, other.manifest);
    }
}

#[test]
fn every_generated_file_says_so_in_its_first_lines() {
    for fixture in Fixture::all() {
        for (path, contents) in Rendered::of(&fixture).files {
            // What the operator wrote is installed as it is.
            if path.contains("/include/") {
                continue;
            }
            let text = String::from_utf8(contents).unwrap();
            // A script's first line is its interpreter's, an HTML page's its type.
            let first: String = text.lines().take(2).collect();
            assert!(
                first.contains("wsgi-cli"),
                "{}: {path}: {first}",
                fixture.name
            );
            assert!(
                text.ends_with('\n') && !text.contains("\r\n") || path.ends_with("/env"),
                "{path}"
            );
        }
    }
}
