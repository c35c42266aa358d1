//! `render` with each of its system calls failing, and interrupted or killed at each of them: the
//! tree is what it was, or becomes what it should be, by the next run at the latest.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// What changes anything; strace counts each by itself.
const CALLS: &[&str] = &[
    "mkdir",
    "openat",
    "write",
    "rename",
    "renameat2",
    "link",
    "linkat",
    "symlink",
    "unlink",
    "unlinkat",
    "rmdir",
    "chmod",
    "fchmod",
    "utimensat",
    "flock",
];

const DONE: i32 = 0;
/// All was done, but not all could be tidied up.
const PART_WAY: i32 = 6;
const CONFLICT: i32 = 7;

fn app(name: &str, server: &str) -> String {
    format!(
        "wsgi_project_name: {name}\nwsgi_wsgi_path: a.wsgi\nwsgi_ssh: no\nwsgi_support_email: a@{name}.example.org\n\
         wsgi_server_names: [{server}]\nwsgi_env_vars: {{a: b}}\n"
    )
}

/// Every path with its contents and permissions.
fn tree(root: &Path) -> BTreeMap<PathBuf, String> {
    let mut all = BTreeMap::new();
    let mut left = vec![root.to_owned()];
    while let Some(path) = left.pop() {
        let found = fs::symlink_metadata(&path).unwrap();
        let mode = found.permissions().mode();
        let text = if found.is_symlink() {
            fs::read_link(&path).unwrap().display().to_string()
        } else if found.is_dir() {
            left.extend(
                fs::read_dir(&path)
                    .unwrap()
                    .map(|entry| entry.unwrap().path()),
            );
            format!("{mode:o}")
        } else {
            format!("{mode:o} {}", fs::read_to_string(&path).unwrap())
        };
        all.insert(path.strip_prefix(root).unwrap().to_owned(), text);
    }
    all
}

struct Sweep {
    directory: tempfile::TempDir,
}

impl Sweep {
    /// `old` was rendered from two apps; the next run changes one of them and removes the other.
    fn new() -> Self {
        let sweep = Self {
            directory: tempfile::tempdir().unwrap(),
        };
        fs::write(sweep.path("shop.yml"), app("shop", "old.example.org")).unwrap();
        fs::write(sweep.path("blog.yml"), app("blog", "blog.example.org")).unwrap();
        assert!(
            sweep
                .command(&[])
                .args(["render", "-q", "shop.yml", "blog.yml", "--out", "old"])
                .status()
                .unwrap()
                .success()
        );
        let more = "wsgi_cron_tasks: [{name: a, command: b}]\n";
        fs::write(
            sweep.path("shop.yml"),
            app("shop", "new.example.org") + more,
        )
        .unwrap();
        sweep
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// The command line, below strace when it is given options.
    fn command(&self, strace: &[&str]) -> Command {
        let tested = env!("CARGO_BIN_EXE_tested-cli");
        let mut command = if strace.is_empty() {
            Command::new(tested)
        } else {
            let mut command = Command::new("strace");
            command
                .args(["-f", "-qq", "-o", "strace.log"])
                .args(strace)
                .arg(tested);
            command
        };
        command.current_dir(self.directory.path());
        command
    }

    fn render(&self, out: &str, strace: &[&str]) -> Output {
        let mut command = self.command(strace);
        command.args(["render", "-q", "shop.yml", "--out", out]);
        command.output().expect("strace is missing: install strace")
    }

    /// A fresh copy of the old tree, or nothing.
    fn begin(&self, from: Option<&str>) {
        let _ = fs::remove_dir_all(self.path("out"));
        if let Some(from) = from {
            let copied = Command::new("cp")
                .arg("-a")
                .args([self.path(from), self.path("out")])
                .status();
            assert!(copied.unwrap().success());
        }
    }

    fn out(&self) -> Option<BTreeMap<PathBuf, String>> {
        self.path("out").exists().then(|| tree(&self.path("out")))
    }

    /// What the tree should be.
    fn wanted(&self) -> BTreeMap<PathBuf, String> {
        self.begin(None);
        assert!(self.render("out", &[]).status.success());
        self.out().unwrap()
    }
}

/// Goes through the calls one by one.
fn sweep(from: Option<&str>, fault: &str, mut each: impl FnMut(&Sweep, &str, &Output)) {
    let sweep = Sweep::new();
    let mut injected = 0;
    for call in CALLS {
        for nth in 1.. {
            sweep.begin(from);
            let inject = format!("inject={call}:{fault}:when={nth}");
            let output = sweep.render("out", &["-e", &inject]);
            let log = fs::read_to_string(sweep.path("strace.log")).unwrap();
            let hit = match fault.strip_prefix("signal=") {
                Some("KILL") => log.contains("+++ killed by SIGKILL"),
                Some(signal) => log.contains(&format!("--- SIG{signal}")),
                None => log.contains("(INJECTED)"),
            };
            if !hit {
                break;
            }
            injected += 1;
            each(&sweep, &inject, &output);
        }
    }
    assert!(injected > 60, "only {injected} calls");
}

/// A run of which one call fails leaves everything as it was, or does all of it.
fn fails(from: Option<&str>, error: &str) {
    let reference = Sweep::new();
    let wanted = reference.wanted();
    let before = from.map(|from| tree(&reference.path(from)));
    let mut refused = 0;
    sweep(from, &format!("error={error}"), |sweep, fault, output| {
        let said = String::from_utf8_lossy(&output.stderr);
        let found = sweep.out();
        let done = matches!(output.status.code(), Some(DONE | PART_WAY));
        let expected = if done { Some(&wanted) } else { before.as_ref() };
        assert!(
            is_but_for_staging(found.as_ref(), expected),
            "{fault}: {said}"
        );
        refused += usize::from(output.status.code() == Some(CONFLICT));
        let next = sweep.render("out", &[]);
        assert!(
            next.status.success(),
            "{fault}: {}",
            String::from_utf8_lossy(&next.stderr)
        );
        assert!(
            sweep.out().as_ref() == Some(&wanted),
            "{fault}: the next run"
        );
    });
    assert!(refused > 30, "{refused}");
}

/// Whether all that differs is a staging directory that could not be taken away.
fn is_but_for_staging(
    found: Option<&BTreeMap<PathBuf, String>>,
    expected: Option<&BTreeMap<PathBuf, String>>,
) -> bool {
    let in_tree = |path: &Path| !path.starts_with(".wsgi-cli.staging~");
    let mut found = found
        .into_iter()
        .flatten()
        .filter(|(path, _)| in_tree(path));
    match expected {
        Some(expected) => found.eq(expected),
        None => found.all(|(path, _)| path.as_os_str().is_empty()),
    }
}

/// After a run that was killed, every file is whole, old or new, and the next run is as the first.
fn is_killed(from: Option<&str>) {
    let reference = Sweep::new();
    let wanted = reference.wanted();
    let before = from.map_or_else(BTreeMap::new, |from| tree(&reference.path(from)));
    let mut halves = 0;
    sweep(from, "signal=KILL", |sweep, fault, _| {
        let found = sweep.out().unwrap_or_default();
        let tree = found
            .iter()
            .filter(|(path, _)| !path.starts_with(".wsgi-cli.staging~"));
        let mut old_and_new = (false, false);
        for (path, text) in tree {
            let (old, new) = (
                before.get(path) == Some(text),
                wanted.get(path) == Some(text),
            );
            assert!(old || new, "{fault}: {}", path.display());
            old_and_new.0 |= old && !new;
            old_and_new.1 |= new && !old;
        }
        halves += usize::from(old_and_new == (true, true));
        let next = sweep.render("out", &[]);
        assert!(
            next.status.success(),
            "{fault}: {}",
            String::from_utf8_lossy(&next.stderr)
        );
        assert!(sweep.out().as_ref() == Some(&wanted), "{fault}");
    });
    assert!(from.is_none() || halves > 5, "{halves}");
}

#[test]
fn a_full_disk_at_any_call_leaves_the_tree_as_it_was() {
    fails(Some("old"), "ENOSPC");
}

#[test]
fn a_full_disk_at_any_call_leaves_no_first_tree() {
    fails(None, "ENOSPC");
}

#[test]
fn a_kill_at_any_call_is_repaired_by_the_next_run() {
    is_killed(Some("old"));
}

#[test]
fn a_kill_at_any_call_of_the_first_run_is_repaired_by_the_next() {
    is_killed(None);
}

/// A run that is asked to end leaves everything as it was, or has done all of it.
fn is_asked_to_end(from: Option<&str>) {
    let reference = Sweep::new();
    let wanted = reference.wanted();
    let before = from.map(|from| tree(&reference.path(from)));
    let (mut put_back, mut finished) = (0, 0);
    sweep(from, "signal=TERM", |sweep, fault, output| {
        let said = String::from_utf8_lossy(&output.stderr);
        let found = sweep.out();
        // Before anything was begun and after all was done, a signal ends the process by itself.
        if output.status.signal().is_none() {
            assert_eq!(output.status.code(), Some(143), "{fault}: {said}");
            assert!(said.contains("ended by SIGTERM"), "{fault}: {said}");
        }
        if found.as_ref() == Some(&wanted) {
            finished += 1;
        } else {
            assert!(found == before, "{fault}: {said}");
            put_back += 1;
        }
    });
    assert!(put_back > 30 && finished > 5, "{put_back} {finished}");
}

#[test]
fn a_signal_at_any_call_leaves_the_old_tree_or_the_new_one() {
    is_asked_to_end(Some("old"));
}

#[test]
fn a_signal_at_any_call_of_the_first_run_leaves_nothing_or_all() {
    is_asked_to_end(None);
}
