//! What a power cut leaves: what is told has reached the disk before what it makes possible.

use wsgi_tests::Machine;

use crate::subject::{Age, Subject, vars};

/// The calls that rename something or have it reach the disk, in their order.
fn calls(log: &str) -> Vec<String> {
    let mut calls = Vec::new();
    let mut open = std::collections::BTreeMap::new();
    for line in log.lines() {
        let Some((pid, call)) = line.split_once(' ') else {
            continue;
        };
        let call = call.trim_start();
        let quoted = |n: usize| call.split('"').nth(n).unwrap_or_default().to_owned();
        let result = call.rsplit("= ").next().unwrap_or_default().to_owned();
        if call.starts_with("openat(") {
            open.insert((pid.to_owned(), result), quoted(1));
        } else if let Some(rest) = call.strip_prefix("fsync(") {
            let fd = rest.split(')').next().unwrap_or_default().to_owned();
            let path = open.get(&(pid.to_owned(), fd)).cloned().unwrap_or_default();
            calls.push(format!("sync {path}"));
        } else if call.starts_with("rename") && result == "0" {
            // The second name may be one in a directory that is open.
            let fd = call.split('"').nth(2).unwrap_or_default();
            let fd = fd.trim_matches([',', ' ']).to_owned();
            let place = match open.get(&(pid.to_owned(), fd)) {
                Some(directory) => format!("{directory}/{}", quoted(3)),
                None => quoted(3),
            };
            calls.push(format!("rename {} {place}", quoted(1)));
        } else if call.starts_with("unlink") && result == "0" {
            calls.push(format!("unlink {}", quoted(1)));
        }
    }
    calls
}

fn traced(machine: &Machine, subject: &mut Subject, vars: &str) -> Vec<String> {
    let plan = subject.plan(vars);
    // Every program that a plan's performance calls by name is one of these.
    let stand_in = "#!/bin/sh\nexec /usr/bin/strace -f -qq -o /run/trace/$$ -e trace=openat,fsync,rename,renameat,renameat2,unlink,unlinkat /usr/bin/${0##*/} \"$@\"\n";
    machine.ok(["mkdir", "-p", "/run/trace"]);
    for program in ["mv", "sync", "rm"] {
        machine.write(&format!("/usr/local/sbin/{program}"), stand_in, 0o755);
    }
    subject.perform(plan).done();
    machine
        .sh("cd /usr/local/sbin; rm mv sync rm")
        .expect_success();
    let log = machine.sh("cd /run/trace; for f in $(ls -tr --time=birth); do sed \"s/^/$f /\" $f | sed 's/^\\([0-9]*\\) [0-9]* */\\1 /'; done").text();
    calls(&log)
}

#[test]
fn contents_reach_the_disk_before_their_name_and_the_name_before_it_is_told() {
    let mut subject = Subject::serving();
    let machine = subject.machine.clone();
    let calls = traced(&machine, &mut subject, &vars(Age::New));
    let at = |what: &str| {
        let found = calls.iter().position(|call| call == what);
        found.unwrap_or_else(|| panic!("no {what} in {calls:#?}"))
    };
    let state = "/var/lib/wsgi/shop";
    for path in [
        "/etc/wsgi/shop/env",
        "/etc/nginx/sites-available/shop",
        "/etc/cron.d/shop",
        "/mnt/shop/500.html",
    ] {
        let (directory, name) = path.rsplit_once('/').unwrap();
        let aside = format!("{directory}/.wsgi~/{name}");
        let named = at(&format!("rename {aside} {path}"));
        assert!(at(&format!("sync {aside}")) < named, "{path}");
        let told = calls[named..]
            .iter()
            .position(|call| *call == format!("sync {directory}"));
        assert!(told.is_some(), "{path}");
        // The journal is there before the first change.
        assert!(at(&format!("rename {state}/intent~ {state}/intent")) < named);
    }
    let journal = at(&format!("rename {state}/intent~ {state}/intent"));
    assert!(at(&format!("sync {state}/intent~")) < journal);
    let manifest = at(&format!("rename {state}/manifest~ {state}/manifest"));
    assert!(at(&format!("sync {state}/manifest~")) < manifest);
    assert!(at(&format!("unlink {state}/intent")) > manifest);
    assert!(calls[manifest..].contains(&format!("sync {state}")));
    // What a failed check puts back is on the disk before it is needed.
    let kept = calls
        .iter()
        .position(|call| call.starts_with("sync") && call.ends_with("/list"));
    let site = "rename /etc/nginx/sites-available/.wsgi~/shop /etc/nginx/sites-available/shop";
    assert!(kept.is_some_and(|kept| kept < at(site)), "{calls:#?}");
}

#[test]
fn a_note_that_was_cut_off_takes_nothing_else_away() {
    let mut subject = Subject::serving();
    let machine = subject.machine.clone();
    let left = "/etc/nginx/sites-available/.wsgi~";
    machine.write(&format!("{left}/shop"), "half of it", 0o600);
    // The end of the second line did not fit on the disk.
    let noted = format!("{left}\n/etc/nginx");
    machine.write("/var/lib/wsgi/.host/asides", noted, 0o600);
    subject.apply(&vars(Age::New));
    assert!(!machine.exists(left));
    assert!(machine.exists("/etc/nginx/nginx.conf"));
    subject.is_whole(&vars(Age::New));
}
