//! Where a secret is found on a host, while a plan is performed and afterwards.

use wsgi_apply::PlanOptions;

use crate::subject::{Age, CANARY, Subject, vars};

#[test]
fn a_secret_is_in_the_file_that_it_belongs_to_and_its_backups_and_nowhere_else() {
    let mut subject = Subject::serving();
    let machine = subject.machine.clone();
    // As everybody can see, for as long as we work.
    let look = format!(
        "while :; do cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n' | grep -a '[c]{}'; done",
        &CANARY[1..]
    );
    let looking = machine.command(["sh", "-c", &look]).user("nobody").spawn();
    let env = "/etc/wsgi/shop/env";
    machine
        .sh(&format!("echo '# by hand' >>{env}; chmod 644 {env}"))
        .expect_success();
    let mut options = PlanOptions::default();
    options.adopt = true;
    let plan = subject.plan_with(&vars(Age::New), options);
    assert!(!format!("{plan:?}").contains(CANARY));
    let performed = subject.perform(plan);
    assert!(
        !performed.complaint().contains(CANARY),
        "{}",
        performed.complaint()
    );
    let backups = performed.result.as_ref().unwrap().backups.clone();
    performed.done();
    assert_eq!(
        looking.stdout(),
        "",
        "a secret in the arguments of a program"
    );

    drop(looking);
    let everywhere = "/etc /var /mnt /srv /opt /usr/local /run /tmp /root /home /dev/shm";
    let found = machine.sh(&format!("grep -rslaF -D skip {CANARY} {everywhere}; :"));
    let mut found: Vec<_> = found.text().lines().map(str::to_owned).collect();
    found.sort();
    let mut expected = backups;
    expected.push(env.to_owned());
    expected.sort();
    assert_eq!(found, expected);
    for path in &expected {
        let mode = machine.entry(path).mode.unwrap();
        assert!(
            mode == "0600" || (path == env && mode == "0640"),
            "{path}: {mode}"
        );
    }
    let walled = machine.run_as("nobody", ["ls", "/var/lib/wsgi"]);
    assert!(!walled.success(), "{walled}");
}

#[test]
fn a_secret_file_that_everybody_could_read_is_closed() {
    let mut subject = Subject::serving();
    let machine = subject.machine.clone();
    machine.ok(["chmod", "644", "/etc/wsgi/shop/env"]);
    subject.apply(&vars(Age::Old));
    assert_eq!(
        machine.entry("/etc/wsgi/shop/env").mode.as_deref(),
        Some("0640")
    );
    subject.is_whole(&vars(Age::Old));
}

#[test]
fn no_other_user_can_read_a_secret_while_it_is_written() {
    let mut subject = Subject::serving();
    let machine = subject.machine.clone();
    machine.ok(["chmod", "755", "/etc/wsgi/shop"]);
    let look = format!(
        "while :; do cat /etc/wsgi/shop/.* /etc/wsgi/shop/env 2>/dev/null | grep {CANARY}; done"
    );
    let looking = machine.command(["sh", "-c", &look]).user("nobody").spawn();
    let mut age = Age::Old;
    for _ in 0..4 {
        age = age.other();
        subject.apply(&vars(age));
        machine.ok(["chmod", "755", "/etc/wsgi/shop"]);
    }
    assert_eq!(looking.stdout(), "");
}
