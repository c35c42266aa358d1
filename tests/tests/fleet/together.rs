//! Several hosts: all get a release, or none.

use wsgi_tests::Answer;

use crate::desk::Desk;
use crate::golden::compare;
use crate::over_ssh::{Office, hosts_that_nobody_tells_to_go_on_go_back};

const ALL: &str = "shop.yml --host web1 --host web2 --host web3";

#[track_caller]
fn deploy(desk: &mut Desk, more: &str, status: u8) -> Answer {
    let answer = desk.call(&format!("deploy {ALL} --from project{more}"));
    assert_eq!(answer.status, status, "{}{}", answer.out, answer.err);
    desk.all_are_unlocked();
    answer
}

/// Where a text stands among the lines, for the first and for the last time.
#[track_caller]
fn lines(text: &str, wanted: &str) -> (usize, usize) {
    let found = |line: &str| line.contains(wanted);
    let first = text.lines().position(found);
    let last = text.lines().count() - text.lines().rev().position(found).unwrap_or(0) - 1;
    (
        first.unwrap_or_else(|| panic!("no {wanted} in\n{text}")),
        last,
    )
}

#[test]
fn several_hosts_get_a_release_together_or_keep_the_one_that_they_have() {
    let mut desk = Desk::with(&["web1", "web2", "web3"]);

    // Built everywhere, migrated once, and the canary first.
    let said = deploy(&mut desk, " --canary 1", 0).err;
    let (_, built) = lines(&said, "ready to switch");
    let (migrated, migrated_last) = lines(&said, "] release: ");
    let (switched, _) = lines(&said, "switch to it");
    assert!(built < migrated && migrated < switched, "{said}");
    assert_eq!(migrated, migrated_last, "once: {said}");
    let (canary, _) = lines(&said, "web1: switched");
    for other in ["web2", "web3"] {
        let line = said
            .lines()
            .position(|line| line.starts_with(other) && line.ends_with("switch to it"));
        assert!(canary < line.expect("it switches"), "{said}");
    }
    desk.all_answer("one");
    let migrations = |desk: &Desk| {
        desk.on("web1")
            .text("/var/www/shop/migrations")
            .lines()
            .count()
    };
    assert_eq!(
        migrations(&desk),
        0,
        "nothing served before the first release"
    );
    assert!(!desk.on("web2").exists("/var/www/shop/migrations"));

    // One that is ill at the gate: nothing is migrated or switched.
    desk.name("two");
    desk.on("web3").write("/etc/ill", "", 0o644);
    let said = deploy(&mut desk, "", 6).err;
    assert!(
        said.contains("web3: failed at “ask the new release”"),
        "{said}"
    );
    assert!(said.contains("the database is gone"), "{said}");
    assert!(
        said.contains("web1: not switched, since web3 failed; the old release serves on"),
        "{said}"
    );
    assert!(!said.contains("] release: "), "{said}");
    desk.on("web3").ok(["rm", "/etc/ill"]);
    desk.all_answer("one");

    // One that fails after its switch, when another serves already: both go back.
    desk.on("web2").write("/etc/no-after", "", 0o644);
    let said = deploy(&mut desk, "", 6).err;
    assert!(said.contains("web1: switched"), "{said}");
    assert!(said.contains("web2: failed at “after: "), "{said}");
    assert!(said.contains("nobody was told"), "{said}");
    assert!(
        said.contains("web1: gone back, since web2 failed; "),
        "{said}"
    );
    assert!(
        said.contains("what wsgi_deploy_release did is not undone"),
        "{said}"
    );
    assert!(
        said.contains("web3: not switched, since web2 failed"),
        "{said}"
    );
    assert!(!said.contains("web3: [12"), "{said}");
    desk.on("web2").ok(["rm", "/etc/no-after"]);
    desk.all_answer("one");
    assert_eq!(migrations(&desk), 1, "while the old release served");
    for name in ["web1", "web2", "web3"] {
        let kept = desk.on(name).sh("ls -d /var/www/shop/releases/*-*").text();
        assert!(
            kept.lines().count() >= 2,
            "what failed is kept aside: {kept}"
        );
    }

    // Somebody else deploys on one of them.
    let mut bob = desk.locked_by_bob("web2");
    let answer = desk.call(&format!("deploy {ALL} --from project"));
    assert_eq!(answer.status, 7, "{}", answer.err);
    assert!(
        answer
            .err
            .contains("web2: refused: somebody else deploys: bob since noon"),
        "{}",
        answer.err
    );
    bob.stop();
    desk.all_are_unlocked();
    desk.all_answer("one");

    // There and back.
    deploy(&mut desk, " --serial 3", 0);
    desk.all_answer("two");
    let answer = desk.call(&format!("rollback {ALL} --serial 2 --json"));
    assert_eq!(answer.status, 0, "{}", answer.err);
    desk.all_answer("one");
    let document: serde_json::Value = serde_json::from_str(&answer.out).unwrap();
    for number in 0..3 {
        assert_eq!(document["hosts"][number]["outcome"], "serves", "{document}");
    }

    // One that cannot be reached: nothing is begun anywhere.
    let answer = desk.call("deploy shop.yml --host web1 --host nobody@127.0.0.1:1 --from project");
    assert_eq!(answer.status, 5, "{}", answer.err);
    assert!(
        answer
            .err
            .contains("web1: not begun, since nobody@127.0.0.1:1 failed"),
        "{}",
        answer.err
    );
    compare(&mut desk, "together");

    hosts_that_nobody_tells_to_go_on_go_back(&mut Office::of(desk, &["web1", "web2"]));
}
