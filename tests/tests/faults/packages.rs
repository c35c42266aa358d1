//! Package managers that cannot do their work.

use std::thread;

use wsgi_apply::{PerformOptions, Progress};
use wsgi_tests::{Machine, wait_until};

use crate::subject::{Age, Subject, vars};

/// A mirror on the machine itself, with one package; no other is known.
fn mirror(machine: &Machine) {
    let make = r"
        mkdir -p /srv/mirror/tidy/DEBIAN /srv/mirror/tidy/usr/share/tidy
        printf 'Package: wsgi-tidy\nVersion: 1\nArchitecture: all\nMaintainer: a\nProvides: wsgi-broom\nDescription: b\n' >/srv/mirror/tidy/DEBIAN/control
        dpkg-deb --root-owner-group -b /srv/mirror/tidy /srv/mirror/tidy.deb >/dev/null
        cd /srv/mirror
        { cat tidy/DEBIAN/control; printf 'Filename: ./tidy.deb\nSize: %s\nSHA256: %s\n' \
            $(stat -c %s tidy.deb) $(sha256sum <tidy.deb | cut -d' ' -f1); } >Packages
        rm -rf /etc/apt/sources.list /etc/apt/sources.list.d/* /etc/apt/apt.conf.d/*proxy* /var/lib/apt/lists/*
        echo 'deb [trusted=yes] file:/srv/mirror ./' >/etc/apt/sources.list
        rm -f /var/lib/dpkg/lock* /var/lib/apt/lists/lock /var/cache/apt/archives/lock";
    machine.ok(["sh", "-e", "-c", make]);
}

/// Holds dpkg's lock as another package manager does, until its input ends.
const HOLD: &str = "import fcntl, time
lock = open('/var/lib/dpkg/lock-frontend', 'w')
fcntl.lockf(lock, fcntl.LOCK_EX)
print('held', flush=True)
time.sleep(600)
";

fn wanting(package: &str) -> String {
    vars(Age::New) + &format!("wsgi_extra_apt_packages: [{package}]\n")
}

#[test]
fn a_package_that_nobody_has_is_named_and_nothing_is_changed_before() {
    let mut subject = Subject::serving();
    mirror(&subject.machine);
    let before = subject.files();
    let plan = subject.plan(&wanting("wsgi-nonesuch"));
    // The mirror was never asked: there are no lists that could tell.
    assert_eq!(plan.obstacles, []);
    let performed = subject.perform(plan);
    let said = performed.failed();
    assert!(
        said.contains("Unable to locate package wsgi-nonesuch"),
        "{said}"
    );
    assert!(
        said.contains("no repository of this host has it: mend its name in the vars file"),
        "{said}"
    );
    assert_eq!(subject.files(), before);
    assert!(subject.runs(Age::Old));
    subject.is_unlocked();
    subject.apply(&vars(Age::New));
    subject.is_whole(&vars(Age::New));
    assert!(subject.runs(Age::New));
}

#[test]
fn the_hosts_package_lists_tell_beforehand_what_nobody_has() {
    let mut subject = Subject::fresh();
    mirror(&subject.machine);
    subject.machine.ok(["apt-get", "-q", "update"]);
    // By its own name, by that of what it provides, and with a version.
    for name in ["wsgi-tidy", "wsgi-broom", "wsgi-tidy=1"] {
        let plan = subject.plan(&wanting(name));
        assert!(plan.obstacles.is_empty(), "{name}: {:?}", plan.obstacles);
        let said = plan
            .remarks
            .iter()
            .any(|said| said.contains("package lists"));
        assert!(!said, "{name}: {:?}", plan.remarks);
    }
    let wanted = wanting("wsgi-nonesuch");
    let plan = subject.plan(&wanted);
    let said = "wsgi-nonesuch is in none of the host's package lists: they are refreshed first, \
                and without it nothing is done";
    assert!(
        plan.remarks.iter().any(|remark| remark == said),
        "{:?}",
        plan.remarks
    );
    let plan = subject.plan(&format!("{wanted}wsgi_update_apt_cache: no\n"));
    let obstacles = plan.obstacles.iter().map(ToString::to_string);
    assert_eq!(
        obstacles.collect::<Vec<_>>(),
        ["no package wsgi-nonesuch can be installed: it is in none of the host's package lists"]
    );
}

#[test]
fn a_mirror_that_is_down_is_named() {
    let mut subject = Subject::serving();
    mirror(&subject.machine);
    let down = "deb [trusted=yes] http://127.0.0.1:1/ ./\n";
    subject.machine.write("/etc/apt/sources.list", down, 0o644);
    let plan = subject.plan(&wanting("wsgi-tidy"));
    let performed = subject.perform(plan);
    let said = performed.failed();
    assert!(said.contains("127.0.0.1"), "{said}");
    assert!(subject.runs(Age::Old));
    subject.is_unlocked();
    mirror(&subject.machine);
    subject.apply(&wanting("wsgi-tidy"));
    subject.is_whole(&wanting("wsgi-tidy"));
}

#[test]
fn another_package_manager_at_work_is_waited_for() {
    let mut subject = Subject::serving();
    let machine = subject.machine.clone();
    mirror(&machine);
    // As if dpkg had been cut off, too: dpkg does not wait by itself, as apt does.
    machine.write("/var/lib/dpkg/updates/0001", "", 0o644);
    let holder = machine.spawn(["/usr/bin/python3", "-c", HOLD]);
    wait_until("the lock is held", || holder.stdout().contains("held"));
    let plan = subject.plan(&wanting("wsgi-tidy"));
    let run = thread::spawn(move || {
        let mut said = String::new();
        let performed = subject.perform_with(plan, &PerformOptions::default(), &mut |progress| {
            if let Progress::Output(line) = progress {
                said.push_str(line);
            }
        });
        (subject, performed)
    });
    wait_until("it says whom it waits for", || {
        machine
            .sh("cat /var/lib/wsgi/.host/log~")
            .text()
            .contains("locked by another process")
    });
    drop(holder);
    let (mut subject, performed) = run.join().unwrap();
    performed.done();
    subject.is_whole(&wanting("wsgi-tidy"));
    assert!(subject.runs(Age::New));
}

#[test]
fn an_installation_that_was_cut_off_is_ended() {
    let mut subject = Subject::serving();
    let machine = subject.machine.clone();
    mirror(&machine);
    // Unpacked, and not configured.
    machine.ok(["dpkg", "--unpack", "/srv/mirror/tidy.deb"]);
    subject.apply(&wanting("wsgi-tidy"));
    subject.is_whole(&wanting("wsgi-tidy"));
    let status = machine.ok(["dpkg-query", "-W", "-f", "${db:Status-Status}", "wsgi-tidy"]);
    assert_eq!(status.text(), "installed");
}

#[test]
fn pip_that_finds_nothing_is_told_and_the_app_runs_on() {
    let mut subject = Subject::serving();
    let wanting = vars(Age::New) + "wsgi_extra_pip_packages: [{name: no-such-thing}]\n";
    let plan = subject.plan(&wanting);
    let performed = subject.perform(plan);
    let said = performed.failed();
    assert!(said.contains("no-such-thing"), "{said}");
    assert!(subject.runs(Age::Old));
    subject.is_unlocked();
    subject.apply(&vars(Age::New));
    subject.is_whole(&vars(Age::New));
    assert!(subject.runs(Age::New));
}
