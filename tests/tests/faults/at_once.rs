//! Two who come at the same time, holders that are gone, and a host that changed meanwhile.

use std::thread;

use wsgi_apply::{Outcome, PerformOptions, Progress};
use wsgi_tests::{Machine, MachineShell, wait_until};

use crate::subject::{Age, Subject, vars};

const LOCK: &str = "/var/lib/wsgi/.host/lock";

/// Has calls of a program wait until [`open_gate`].
fn close_gate(machine: &Machine, program: &str, real: &str) {
    let script = format!(
        "#!/bin/sh\n: >/run/at-gate\nwhile [ -e /run/gate ]; do sleep 0.05; done\nexec {real} \"$@\"\n"
    );
    machine.write("/run/gate", "", 0o644);
    machine.write(&format!("/usr/local/sbin/{program}"), script, 0o755);
}

fn wait_at_gate(machine: &Machine) {
    wait_until("it comes to the gate", || machine.exists("/run/at-gate"));
}

fn open_gate(machine: &Machine) {
    machine.ok(["rm", "/run/gate"]);
}

fn as_operator(name: &str, wait: u32) -> PerformOptions {
    let mut options = PerformOptions::default();
    name.clone_into(&mut options.operator);
    options.wait = wait;
    options
}

#[test]
fn of_two_at_once_one_is_refused_with_the_others_name_and_the_other_is_not_disturbed() {
    let mut ada = Subject::serving();
    let machine = ada.machine.clone();
    let mut bob = Subject::on(&machine, MachineShell::root(&machine));
    let mut eve = Subject::on(&machine, MachineShell::root(&machine));
    let new = vars(Age::New);
    let (adas, bobs, eves) = (ada.plan(&new), bob.plan(&new), eve.plan(&new));
    close_gate(&machine, "rmdir", "/usr/bin/rmdir");
    let first = thread::spawn(move || {
        let performed = ada.perform_with(adas, &as_operator("ada@laptop", 0), &mut |_| {});
        (ada, performed)
    });
    wait_at_gate(&machine);

    let refused = bob.perform_with(bobs, &as_operator("bob@desk", 0), &mut |_| {});
    let outcome = refused.result.unwrap().outcome;
    assert!(
        matches!(&outcome, Outcome::Locked { owner } if owner.starts_with("ada@laptop since 20")),
        "{outcome:?}"
    );

    let second = thread::spawn(move || {
        let mut waited_for = String::new();
        let performed = eve.perform_with(eves, &as_operator("eve@home", 60), &mut |progress| {
            if let Progress::Waiting { owner } = progress {
                (*owner).clone_into(&mut waited_for);
            }
        });
        (performed, waited_for)
    });
    wait_until("the third waits", || {
        machine.sh("pgrep -f '^flock -w 60 9$'").success()
    });
    open_gate(&machine);
    let (mut ada, performed) = first.join().unwrap();
    performed.done();
    let (performed, waited_for) = second.join().unwrap();
    assert!(
        waited_for.starts_with("ada@laptop since 20"),
        "{waited_for}"
    );
    // All was done already.
    assert_eq!(performed.result.unwrap().outcome, Outcome::Drifted);
    ada.is_whole(&new);
    assert!(ada.runs(Age::New));
}

#[test]
fn an_installation_that_outlives_its_run_keeps_the_lock_and_no_longer() {
    let mut subject = Subject::serving();
    let machine = subject.machine.clone();
    let wanting = vars(Age::Old) + "wsgi_extra_apt_packages: [no-such-package]\n";
    let plan = subject.plan(&wanting);
    close_gate(&machine, "apt-get", "/usr/bin/true");
    let run = thread::spawn(move || {
        let performed = subject.perform(plan);
        (subject, performed)
    });
    wait_at_gate(&machine);
    // All that hold the lock, but for the installation.
    let kill = r#"for p in /proc/[0-9]*; do
        ls -l $p/fd 2>/dev/null | grep -q " 9 -> $1" && ! grep -q apt-get $p/cmdline && kill -9 ${p#/proc/}
        done; :"#;
    machine.ok(["sh", "-c", kill, "sh", LOCK]);
    let (mut subject, performed) = run.join().unwrap();
    assert!(performed.result.is_err(), "{}", performed.complaint());
    assert!(!machine.run(["flock", "-n", LOCK, "true"]).success());
    open_gate(&machine);
    subject.is_unlocked();
    machine.ok(["rm", "/usr/local/sbin/apt-get"]);
    subject.apply(&vars(Age::Old));
    subject.is_whole(&vars(Age::Old));
}

#[test]
fn what_changed_since_the_plan_was_made_is_not_overwritten() {
    let mut subject = Subject::serving();
    let file = "/etc/wsgi/shop/env";
    let good = subject.machine.text(file);
    for (change, undo) in [
        ("echo more >>F", ""),
        ("chmod 600 F", "chmod 640 F"),
        ("chown nobody F", "chown root F"),
        ("ln F /etc/wsgi/other", "rm /etc/wsgi/other"),
        ("mv F F.x; ln -s F.x F", "rm F; mv F.x F"),
        ("mv F F.x; mkfifo F", "rm F; mv F.x F"),
        ("chmod 777 /etc/wsgi/shop", "chmod 750 /etc/wsgi/shop"),
        (
            "cd /var/www/shop; setpriv --reuid shop --clear-groups sh -c 'echo own >>.bashrc'",
            "",
        ),
    ] {
        let plan = subject.plan(&vars(Age::New));
        subject
            .machine
            .sh(&change.replace('F', file))
            .expect_success();
        let before = subject.files();
        let performed = subject.perform(plan);
        let outcome = performed.result.unwrap().outcome;
        assert_eq!(outcome, Outcome::Drifted, "{change}");
        assert_eq!(subject.files(), before, "{change}");
        subject.is_unlocked();
        subject
            .machine
            .sh(&undo.replace('F', file))
            .expect_success();
        subject
            .machine
            .sh(&format!("cat >{file} <<'E'\n{good}E"))
            .expect_success();
    }
    subject.apply(&vars(Age::New));
    subject.is_whole(&vars(Age::New));
}

#[test]
fn a_file_that_somebody_changed_is_not_overwritten_without_being_told_to() {
    let mut subject = Subject::serving();
    subject
        .machine
        .sh("echo '# mine' >>/etc/nginx/sites-available/shop")
        .expect_success();
    subject.is_refused(&vars(Age::New), "/etc/nginx/sites-available/shop");
    let mut options = wsgi_apply::PlanOptions::default();
    options.adopt = true;
    let plan = subject.plan_with(&vars(Age::New), options);
    let report = subject.perform(plan).result.unwrap();
    assert_eq!(report.outcome, Outcome::Done);
    let [backup] = report.backups.as_slice() else {
        panic!("{:?}", report.backups);
    };
    assert!(subject.machine.text(backup).ends_with("# mine\n"));
    let entry = subject.machine.entry(backup);
    assert_eq!(
        (entry.mode.as_deref(), entry.owner.as_deref()),
        (Some("0600"), Some("root"))
    );
    subject.is_whole(&vars(Age::New));
}
