//! Hosts whose environment is not what a program expects.

use std::io::Read;

use wsgi_apply::{Chunk, Script, Shell, ShellError, Status};
use wsgi_tests::{Machine, MachineShell};

use crate::subject::{Age, Subject, vars};

/// A login that does something before it runs what was asked for.
struct OddShell {
    before: &'static str,
    shell: MachineShell,
}

impl Shell for OddShell {
    fn label(&self) -> &'static str {
        "an odd machine"
    }

    fn exec(
        &mut self,
        script: &Script,
        stdin: &mut dyn Read,
        output: &mut dyn FnMut(Chunk<'_>),
    ) -> Result<Status, ShellError> {
        let script = Script::new(format!("{}\n{}", self.before, script.as_str()));
        self.shell.exec(&script, stdin, output)
    }
}

const ODD: &[(&str, &str)] = &[
    (
        "a rc that prints",
        "echo Welcome; echo 'to this host' >&2; printf 'no line feed'",
    ),
    ("no permissions by default", "umask 777"),
    ("all permissions by default", "umask 0"),
    (
        "another language",
        "export LC_ALL=de_DE.UTF-8 LANG=ja_JP.eucJP LANGUAGE=fr LC_MESSAGES=tr_TR",
    ),
    (
        "an environment full of our names",
        "for v in R A P X E M C K D Q F N G H S U B T a f h n s u w step part path app user group; do export $v=\"$(printf %060000d 0)\"; done",
    ),
    (
        "an environment that changes programs",
        "export IFS=/ CDPATH=/etc:/root ENV=/root/rc BASH_ENV=/root/rc GREP_OPTIONS=-v POSIXLY_CORRECT=1 \
         TZ=Asia/Tokyo TMPDIR=/nowhere PATH=/nowhere:/usr/bin:/bin PYTHONPATH=/nowhere PIP_INDEX_URL=http://127.0.0.1:1/ \
         XARGS=1 TAR_OPTIONS=--bad QUOTING_STYLE=c",
    ),
    ("signals that are ignored", "trap '' HUP INT TERM PIPE"),
    (
        "a directory that is gone",
        "mkdir /tmp/gone; cd /tmp/gone; rmdir /tmp/gone",
    ),
    ("few open files", "ulimit -n 64"),
];

fn odd(machine: &Machine, before: &'static str) -> Subject<OddShell> {
    let shell = MachineShell::root(machine);
    Subject::on(machine, OddShell { before, shell })
}

#[test]
fn an_odd_environment_changes_nothing() {
    let mut plain = Subject::serving();
    let machine = plain.machine.clone();
    machine.write("/root/rc", "echo from the rc; exit 9\n", 0o644);
    plain.apply(&vars(Age::New));
    let new = plain.files();
    plain.apply(&vars(Age::Old));
    let old = plain.files();
    let mut age = Age::Old;
    for (what, before) in ODD {
        age = age.other();
        let mut subject = odd(&machine, before);
        subject.apply(&vars(age));
        let expected = if age == Age::New { &new } else { &old };
        assert_eq!(&subject.files(), expected, "{what}");
        subject.is_whole(&vars(age));
        assert!(subject.runs(age), "{what}");
    }
}

#[test]
fn a_first_apply_with_an_odd_environment_leaves_daemons_as_they_should_be() {
    let plain = Subject::fresh();
    let machine = plain.machine.clone();
    machine.ok(["mount", "-o", "remount,noexec", "/tmp"]);
    machine.ok(["ln", "-sf", "bash", "/bin/sh"]);
    let before = "umask 077; trap '' HUP; export LC_ALL=C SECRET_OF_OPERATOR=x";
    let mut subject = odd(&machine, before);
    subject.apply(&vars(Age::Old));
    subject.is_whole(&vars(Age::Old));
    subject.publish();
    let status = machine
        .ok(["sh", "-c", "cat /proc/$(cat /run/crond.pid)/status"])
        .text();
    let field = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name));
        line.and_then(|line| line.split_whitespace().nth(1))
            .unwrap()
            .to_owned()
    };
    assert_eq!(field("Umask"), "0022");
    // Its jobs inherit what it ignores: the pipe signal, by which `yes | head` ends.
    let ignored = u64::from_str_radix(&field("SigIgn"), 16).unwrap();
    assert_eq!(ignored & (1 << (13 - 1)), 0, "cron's jobs ignore SIGPIPE");
    for daemon in ["/run/crond.pid", "/run/supervisord.pid", "/run/nginx.pid"] {
        let script = format!(
            "tr '\\0' '\\n' </proc/$(cat {daemon})/environ; ls -l /proc/$(cat {daemon})/fd"
        );
        let found = machine.sh(&script).text();
        for ours in ["SECRET_OF_OPERATOR", "WSGI_RUN", "/.host/lock"] {
            assert!(
                !found.contains(ours),
                "{daemon} has {ours} of ours: {found}"
            );
        }
    }
    let venv = machine.run_as("nobody", ["ls", "/var/lib/shop/venv/lib"]);
    assert!(
        venv.success(),
        "the virtualenv is as if made by hand: {venv}"
    );
}

#[test]
fn a_host_with_another_clock_is_no_other_host() {
    let mut subject = Subject::serving();
    let machine = subject.machine.clone();
    // Whatever is new is older than what it replaces.
    let back = "find /etc /var/lib/wsgi -exec touch -h -d 2099-01-01 {} +";
    machine.ok(["sh", "-c", back]);
    subject.apply(&vars(Age::New));
    subject.is_whole(&vars(Age::New));
    assert!(subject.runs(Age::New));
}
