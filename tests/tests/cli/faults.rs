//! A tree that cannot be written is as it was; one whose run was killed is finished by the next.

use std::fs;
use std::process::{Command, Stdio};

use crate::called::{CONFLICT, Called, Desk, PART_WAY, SHOP};

/// Runs shell commands in a mount namespace of their own.
fn in_own_mounts(desk: &Desk, commands: &str) -> Called {
    let program = desk.command(&[]).get_program().to_owned();
    let output = Command::new("unshare")
        .args(["--map-root-user", "--mount", "sh", "-ec", commands])
        .arg(program)
        .current_dir(desk.path(""))
        .output();
    Called(output.expect("unshare is missing: install util-linux"))
}

#[test]
fn a_full_disk_leaves_the_tree_as_it_was() {
    let desk = Desk::new();
    desk.write(
        "big.yml",
        &format!("{SHOP}wsgi_extra_pip_packages: []\n").replace(
            "token: canary-2",
            &format!("token: {}", "x".repeat(100_000)),
        ),
    );
    fs::create_dir(desk.path("small")).unwrap();
    let called = in_own_mounts(
        &desk,
        "mount -t tmpfs -o size=300k tmpfs small
         \"$0\" render shop.yml --out small/out -q
         find small -ls >before; cat small/out/manifest.json >manifest
         dd if=/dev/zero of=small/ballast bs=1k count=130 2>/dev/null || :
         status=0; \"$0\" render big.yml blog.yml --out small/out -q || status=$?
         rm small/ballast; cmp manifest small/out/manifest.json
         find small -type f -o -type l | sort >after
         \"$0\" render shop.yml --out small/out
         exit $status",
    );
    assert_eq!(called.status(), CONFLICT, "{}", called.err());
    assert!(
        called.err().contains("caused by: No space left on device"),
        "{}",
        called.err()
    );
    assert!(called.err().contains("help: make room"), "{}", called.err());
    assert!(
        called.out().ends_with("nothing changed\n"),
        "{}",
        called.out()
    );
    assert!(
        !desk.read("after").contains("staging") && !desk.read("after").contains("blog"),
        "{}",
        desk.read("after")
    );
}

#[test]
fn a_directory_that_cannot_be_written_to_is_named() {
    let desk = Desk::new();
    desk.render(&["shop.yml"]);
    let before = desk.tree("out");
    desk.write("shop.yml", &SHOP.replace("www.shop", "web.shop"));
    let called = in_own_mounts(
        &desk,
        "mount --bind out out; mount -o remount,bind,ro out; exec \"$0\" render shop.yml --out out",
    );
    assert_eq!(called.status(), CONFLICT, "{}", called.err());
    assert!(
        called.err().contains("caused by: Read-only file system"),
        "{}",
        called.err()
    );
    assert_eq!(desk.tree("out"), before);
}

#[test]
fn a_mount_in_the_way_undoes_what_was_done_before() {
    let desk = Desk::new();
    desk.render(&["shop.yml", "blog.yml"]);
    let before = desk.tree("out");
    // A file that is mounted over can be compared, but not be renamed.
    let called = in_own_mounts(
        &desk,
        "mount --bind out/etc/nginx/sites-available/blog out/etc/nginx/sites-available/blog
         exec \"$0\" render shop.yml --out out",
    );
    assert_eq!(called.status(), CONFLICT, "{}", called.err());
    assert!(
        called
            .err()
            .contains("error: cannot write out/etc/nginx/sites-available/blog"),
        "{}",
        called.err()
    );
    assert_eq!(desk.tree("out"), before);
}

#[test]
fn two_runs_do_not_write_to_one_directory() {
    let desk = Desk::new();
    desk.render(&["shop.yml"]);
    let before = desk.tree("out");
    let lock = Command::new("flock")
        .args(["out", "cat"])
        .current_dir(desk.path(""))
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn();
    let mut lock = lock.expect("flock is missing: install util-linux");
    let locked = || desk.call(&["render", "blog.yml", "--out", "out"]);
    wsgi_tests::wait_until("the directory is locked", || {
        let free = Command::new("flock")
            .args(["--nonblock", "out", "true"])
            .current_dir(desk.path(""))
            .status();
        !free.unwrap().success()
    });
    let called = locked();
    drop(lock.stdin.take());
    lock.wait().unwrap();
    assert_eq!(called.status(), CONFLICT, "{}", called.err());
    assert!(
        called
            .err()
            .contains("another `wsgi-cli render` is writing to out"),
        "{}",
        called.err()
    );
    assert_eq!(desk.tree("out"), before);
}

#[test]
fn what_a_killed_run_had_put_aside_goes() {
    let desk = Desk::new();
    desk.render(&["shop.yml"]);
    let before = desk.tree("out");
    fs::create_dir_all(desk.path("out/.wsgi-cli.staging~/new/etc")).unwrap();
    desk.write("out/.wsgi-cli.staging~/new/etc/secret", "x");
    desk.write("out/.wsgi-cli.staging~/journal.partial", "{\"remo");
    desk.render(&["shop.yml"]);
    assert_eq!(desk.tree("out"), before);
    // Also when it was the first.
    fs::create_dir_all(desk.path("first/.wsgi-cli.staging~/new")).unwrap();
    assert_eq!(
        desk.call(&["render", "shop.yml", "--out", "first"])
            .status(),
        0
    );
    assert_eq!(desk.tree("first"), before);
}

#[test]
fn a_killed_run_is_finished_before_the_next_begins() {
    let desk = Desk::new();
    desk.render(&["shop.yml", "blog.yml"]);
    // A run that was killed between its journal and its first step.
    let staging = "out/.wsgi-cli.staging~";
    fs::create_dir_all(desk.path(&format!("{staging}/new/etc"))).unwrap();
    fs::create_dir_all(desk.path(&format!("{staging}/old"))).unwrap();
    desk.write(&format!("{staging}/new/etc/new"), "new");
    desk.write("out/etc/old", "old");
    let digest = Command::new("sha256sum")
        .arg(desk.path("out/etc/old"))
        .output()
        .unwrap();
    let digest = String::from_utf8(digest.stdout).unwrap()[..64].to_owned();
    let step = format!(
        "{{\"remove\":{{\"path\":\"/etc/old\",\"was\":{{\"kind\":\"file\",\"sha256\":\"{digest}\",\"target\":null}}}}}}\n{{\"place\":{{\"path\":\"/etc/new\"}}}}\n"
    );
    desk.write(&format!("{staging}/journal"), &step);
    // Somebody edited the file since: it is not removed, and the run says what to do.
    desk.write("out/etc/old", "mine");
    let called = desk.call(&["render", "shop.yml", "--out", "out"]);
    assert_eq!(called.status(), PART_WAY, "{}", called.err());
    assert!(called.err().contains("old was edited"), "{}", called.err());
    assert_eq!(desk.read("out/etc/old"), "mine");
    desk.write("out/etc/old", "old");
    let called = desk.call(&["render", "shop.yml", "--out", "out"]);
    assert!(
        called
            .err()
            .contains("out: finished what an interrupted run had begun\n"),
        "{}",
        called.err()
    );
    assert!(!desk.path("out/etc/old").exists() && !desk.path(staging).exists());
    assert_eq!(desk.read("out/etc/new"), "new");
    assert!(!desk.path("out/etc/nginx/sites-available/blog").exists());
}
