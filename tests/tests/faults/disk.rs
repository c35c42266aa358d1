//! Disks that are full, read-only or run out of files.

use wsgi_tests::Machine;

use crate::subject::{Age, Subject, vars};

/// All of them in a long run, the first two or three in a quick one.
fn some<'a>(all: &'a [&'a str]) -> impl Iterator<Item = &'a str> {
    let count = if cfg!(feature = "long") {
        all.len()
    } else {
        all.len().div_ceil(2)
    };
    all.iter().copied().take(count)
}

/// Moves a directory to a small file system of its own.
fn on_small_disk(machine: &Machine, directory: &str, options: &str) {
    let script = "cp -a $1 /run/kept; mount -t tmpfs -o mode=755,$2 small $1; cp -a -T /run/kept $1; rm -r /run/kept";
    machine.ok(["sh", "-e", "-c", script, "sh", directory, options]);
}

/// Leaves so many blocks of 4 KiB free in a directory.
fn fill(machine: &Machine, directory: &str, blocks: usize) {
    let script = "cat /dev/zero >$1/ballast 2>/dev/null; truncate -s -$(($2 * 4096)) $1/ballast";
    machine.ok(["sh", "-c", script, "sh", directory, &blocks.to_string()]);
}

#[test]
fn a_disk_that_is_full_at_any_write_is_named_and_nothing_is_lost() {
    let mut subject = Subject::serving();
    let machine = subject.machine.clone();
    let mut age = Age::Old;
    for directory in some(&["/var/lib/wsgi", "/etc/nginx", "/etc/wsgi", "/etc/cron.d"]) {
        on_small_disk(&machine, directory, "size=2M");
        let mut blocks = 0;
        loop {
            age = age.other();
            let plan = subject.plan(&vars(age));
            let before = subject.files();
            fill(&machine, directory, blocks);
            let performed = subject.perform(plan);
            if performed.is_done() {
                machine.sh(&format!("rm {directory}/ballast"));
                break;
            }
            let complaint = performed.complaint();
            assert!(
                complaint.contains("No space left on device"),
                "{directory}: {complaint}"
            );
            assert!(complaint.contains(directory), "{directory}: {complaint}");
            let now = subject.files();
            for (path, what) in &before {
                if path.starts_with(directory) && now.get(path) != Some(what) {
                    assert!(now.contains_key(path), "{path} is lost");
                }
            }
            assert!(subject.serves());
            machine.ok(["nginx", "-t", "-q"]);
            subject.is_unlocked();
            machine
                .sh(&format!("rm {directory}/ballast"))
                .expect_success();
            subject.apply(&vars(age));
            subject.is_whole(&vars(age));
            assert!(subject.runs(age));
            blocks += if cfg!(feature = "long") { 1 } else { 19 };
        }
        assert!(blocks > 0, "{directory} was never full");
        subject.is_whole(&vars(age));
        assert!(subject.runs(age));
        let back = "cp -a $1 /run/kept; umount $1; rm -rf $1; mv /run/kept $1";
        machine.ok(["sh", "-e", "-c", back, "sh", directory]);
    }
}

#[test]
fn no_more_files_on_a_disk_are_named_and_nothing_is_lost() {
    let mut subject = Subject::serving();
    let machine = subject.machine.clone();
    for directory in ["/var/lib/wsgi", "/etc/nginx"] {
        on_small_disk(&machine, directory, "size=2M");
        let plan = subject.plan(&vars(Age::New));
        let count = "mount -o remount,nr_inodes=$(df --output=iused $1 | tail -n 1 | tr -d ' ') $1";
        machine.ok(["sh", "-e", "-c", count, "sh", directory]);
        let before = subject.files();
        let performed = subject.perform(plan);
        let complaint = performed.complaint();
        assert!(!performed.is_done(), "{complaint}");
        assert!(complaint.contains("No space left on device"), "{complaint}");
        assert!(complaint.contains(directory), "{complaint}");
        let site = "/etc/nginx/sites-available/shop";
        assert_eq!(subject.files().get(site), before.get(site));
        assert!(subject.serves());
        subject.is_unlocked();
        machine.ok(["mount", "-o", "remount,nr_inodes=9999", directory]);
        subject.apply(&vars(Age::New));
        subject.is_whole(&vars(Age::New));
        subject.apply(&vars(Age::Old));
    }
}

#[test]
fn a_read_only_disk_is_named_and_what_is_on_it_stays() {
    let mut subject = Subject::serving();
    let machine = subject.machine.clone();
    for directory in some(&[
        "/var/lib/wsgi",
        "/etc/nginx",
        "/var/www/shop",
        "/etc/wsgi",
        "/etc/cron.d",
    ]) {
        // The home is written when its block is missing.
        machine.sh("cd /var/www/shop; sed -i 1d .bashrc");
        let plan = subject.plan(&vars(Age::New));
        let before = subject.files();
        let mount = "mount --bind $1 $1; mount -o remount,bind,ro $1";
        machine.ok(["sh", "-e", "-c", mount, "sh", directory]);
        let performed = subject.perform(plan);
        let complaint = performed.complaint();
        assert!(!performed.is_done(), "{complaint}");
        assert!(complaint.contains("Read-only file system"), "{complaint}");
        assert!(complaint.contains(directory), "{complaint}");
        let now = subject.files();
        for (path, what) in before
            .iter()
            .filter(|(path, _)| path.starts_with(directory))
        {
            assert_eq!(now.get(path), Some(what));
        }
        assert!(subject.serves());
        subject.is_unlocked();
        machine.ok(["umount", directory]);
        subject.apply(&vars(Age::New));
        subject.is_whole(&vars(Age::New));
        subject.apply(&vars(Age::Old));
    }
}
