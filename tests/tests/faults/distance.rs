//! The command line killed while it works on a host over SSH.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;
use wsgi_tests::{MachineShell, PythonPackages, Suite, TargetHost, wait_until_within};

use crate::subject::{Age, Subject, vars};

/// The exit status when nothing was done for the state of the host.
const DRIFTED: i32 = 7;

/// A person with a `~/.ssh` that knows a host.
struct Desk {
    home: TempDir,
}

impl Desk {
    fn with(host: &TargetHost, user: &str) -> Self {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir(home.path().join(".ssh")).unwrap();
        fs::write(
            home.path().join(".ssh/config"),
            host.ssh_config("web", user),
        )
        .unwrap();
        Self { home }
    }

    fn path(&self) -> &Path {
        self.home.path()
    }

    fn apply(&self, vars: &str) -> Child {
        fs::write(self.path().join("shop.yml"), vars).unwrap();
        Command::new(env!("CARGO_BIN_EXE_tested-cli"))
            .args([
                "apply", "shop.yml", "--host", "web", "--yes", "--wait", "-v",
            ])
            .env("HOME", self.path())
            .env_remove("SSH_AUTH_SOCK")
            .current_dir(self.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }
}

#[test]
fn a_command_line_that_is_killed_leaves_a_host_that_goes_on_and_is_whole_by_the_next() {
    for suite in [Suite::Bookworm, Suite::Trixie] {
        let host = TargetHost::builder().suite(suite).ready_for_apps().up();
        let machine = host.machine().clone();
        machine.offer_wheels(&PythonPackages::for_apps().unwrap());
        // As Debian 13 has it by default: sudo stands between, with a terminal of its own.
        machine.write("/etc/sudoers.d/pty", "Defaults use_pty\n", 0o440);
        let mut subject = Subject::on(&machine, MachineShell::root(&machine));
        subject.apply(&vars(Age::Old));
        subject.publish();
        let desk = Desk::with(&host, "deploy");
        let mut age = Age::Old;
        for lines in [1, 3, 5, 8, 12, 17, 23, 30] {
            age = age.other();
            let mut killed = desk.apply(&vars(age));
            let mut errors = BufReader::new(killed.stderr.take().unwrap()).lines();
            for _ in 0..lines {
                if errors.next().is_none() {
                    break;
                }
            }
            killed.kill().unwrap();
            killed.wait().unwrap();
            assert!(subject.serves(), "after {lines} lines");
            // What was begun goes on by itself, and who waits for it finds a host that changed since
            // the plan was made: the run after that one has nothing to wait for.
            let mut next = desk.apply(&vars(age)).wait_with_output().unwrap();
            if next.status.code() == Some(DRIFTED) {
                next = desk.apply(&vars(age)).wait_with_output().unwrap();
            }
            assert!(
                next.status.success(),
                "{}",
                String::from_utf8_lossy(&next.stderr)
            );
            wait_until_within(std::time::Duration::from_secs(60), "it runs", || {
                subject.runs(age)
            });
            subject.is_whole(&vars(age));
        }
    }
}
