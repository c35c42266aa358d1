//! Users who become root by sudo, or do not.

use wsgi_apply::{HostError, PosixHost, PosixOptions};
use wsgi_tests::{Machine, MachineShell};
use zeroize::Zeroizing;

use crate::subject::{Age, Subject, vars};

const PASSWORD: &str = " pass w0rd-'5 $x \\ ";

/// A user with a password, whom sudo's rules treat so.
fn operator(machine: &Machine, rules: &str) {
    machine.sh("id ada || useradd -m ada").expect_success();
    machine
        .command(["chpasswd"])
        .stdin(format!("ada:{PASSWORD}\n"))
        .ok();
    let rules = format!("Defaults logfile=/var/log/sudo.log\n{rules}\n");
    machine.write("/etc/sudoers.d/ada", rules, 0o440);
    machine.ok(["visudo", "-c", "-q"]);
}

fn as_operator(machine: &Machine, password: Option<&str>) -> Subject {
    let mut options = PosixOptions::default();
    options.sudo_password = password.map(|word| Zeroizing::new(word.to_owned()));
    Subject {
        machine: machine.clone(),
        host: PosixHost::new(MachineShell::user(machine, "ada"), options),
    }
}

const MAY: &str = "ada ALL=(ALL) ALL";

#[test]
fn sudo_with_and_without_a_password_does_the_same_and_the_password_lands_nowhere() {
    let served = Subject::serving();
    let machine = served.machine.clone();
    let look = "while :; do cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n' | grep -a 'pass w[0]rd'; done";
    let looking = machine.command(["sh", "-c", look]).user("nobody").spawn();
    let mut age = Age::Old;
    for (rules, password) in [
        ("ada ALL=(ALL) NOPASSWD: ALL".to_owned(), None),
        ("ada ALL=(ALL) NOPASSWD: ALL".to_owned(), Some(PASSWORD)),
        (MAY.to_owned(), Some(PASSWORD)),
        // One password lets in for a while.
        (
            format!("Defaults timestamp_type=global, timestamp_timeout=60\n{MAY}"),
            Some(PASSWORD),
        ),
        (format!("Defaults use_pty\n{MAY}"), Some(PASSWORD)),
        (format!("Defaults lecture=always\n{MAY}"), Some(PASSWORD)),
        // The password is asked for again and again.
        (
            format!("Defaults timestamp_timeout=0\n{MAY}"),
            Some(PASSWORD),
        ),
        // What else may be done says nothing about us.
        (
            format!("{MAY}\nada ALL=(ALL) NOPASSWD: /usr/bin/true"),
            Some(PASSWORD),
        ),
    ] {
        operator(&machine, &rules);
        if rules.contains("global") {
            let mut cached = machine.command(["sudo", "-S", "-v"]).user("ada");
            cached = cached.stdin(format!("{PASSWORD}\n"));
            cached.ok();
        }
        age = age.other();
        let mut subject = as_operator(&machine, password);
        subject.apply(&vars(age));
        subject.is_whole(&vars(age));
        assert!(subject.runs(age), "{rules}");
    }
    assert_eq!(looking.stdout(), "");
    drop(looking);
    let everywhere = "/etc /var /mnt /srv /run /tmp /root /home";
    let found = machine.sh(&format!(
        "grep -rlaF -D skip -e 'pass w0rd' {everywhere}; :"
    ));
    assert_eq!(found.text(), "");
}

#[test]
fn who_may_not_become_root_changes_nothing_and_is_told_what_helps() {
    let served = Subject::serving();
    let machine = served.machine.clone();
    let before = served.files();
    let none = "# no rule";
    let tty = format!("Defaults requiretty\n{MAY}");
    for (rules, password, word, remedy) in [
        (MAY, None, "sudo wants a password", "--ask-sudo-pass"),
        (
            MAY,
            Some("wrong"),
            "does not take the password",
            "try again",
        ),
        (MAY, Some(""), "does not take the password", "try again"),
        (none, Some(PASSWORD), "may not become root", "sudo rule"),
        (&tty, Some(PASSWORD), "may not become root", "requiretty"),
        (
            "ada ALL=(ALL) NOPASSWD: /usr/bin/true",
            Some(PASSWORD),
            "may not become root",
            "sudo rule",
        ),
    ] {
        operator(&machine, rules);
        let mut subject = as_operator(&machine, password);
        let error = subject.facts(&vars(Age::New)).unwrap_err();
        assert!(
            error.to_string().contains(word),
            "{rules}, {password:?}: {error:?}"
        );
        let help = error.help().unwrap_or_default();
        assert!(
            help.contains(remedy),
            "{rules}, {password:?}: {error:?}: {help}"
        );
    }
    operator(&machine, MAY);
    machine.ok(["mv", "/usr/bin/sudo", "/usr/bin/no-sudo"]);
    for password in [None, Some(PASSWORD)] {
        let error = as_operator(&machine, password)
            .facts(&vars(Age::New))
            .unwrap_err();
        assert!(
            matches!(&error, HostError::NoRight { said, .. } if said.contains("no sudo")),
            "{error:?}"
        );
    }
    machine.ok(["rm", "/etc/sudoers.d/ada"]);
    assert_eq!(served.files(), before);
    served.is_unlocked();
}
