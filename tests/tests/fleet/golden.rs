//! Every kind of answer, word for word: `fixtures/releases/NAME.txt`. `ACCEPT=1` writes them anew.

use std::fs;

use wsgi_tests::{fixtures, wait_until};

use crate::desk::Desk;
use crate::left::who_leaves_a_deploy_is_told_what_becomes_of_it;
use crate::over_ssh::{Office, PATIENCE, a_person_uses_a_shell_and_programs_that_ask};

/// Compares what was typed and answered with what it was, and begins anew.
#[track_caller]
pub(crate) fn compare(desk: &mut Desk, name: &str) {
    let directory = fixtures().join("releases");
    let file = directory.join(format!("{name}.txt"));
    let now = desk.take_transcript();
    if std::env::var_os("ACCEPT").is_some() {
        fs::create_dir_all(&directory).unwrap();
        fs::write(&file, now).unwrap();
    } else {
        let before = fs::read_to_string(&file).unwrap_or_default();
        assert!(before == now, "{}: now it is\n{now}", file.display());
    }
}

const HOST: &str = "shop.yml --host web1";
const DEPLOY: &str = "deploy shop.yml --host web1 --from project";

#[track_caller]
fn call(desk: &mut Desk, line: &str, status: u8) {
    let answer = desk.call(line);
    assert_eq!(
        answer.status, status,
        "{line}\n{}{}",
        answer.out, answer.err
    );
}

#[test]
fn each_kind_of_answer_is_as_it_was_also_at_a_terminal() {
    let mut desk = Desk::with(&["web1"]);
    nothing_yet(&mut desk);
    deployed(&mut desk);
    failed(&mut desk);
    locked(&mut desk);
    drifted(&mut desk);
    ended(&mut desk);
    rolled_back(&mut desk);
    attended(&mut desk);
    waited(&mut desk);
    let office = Office::of(desk, &["web1"]);
    a_person_uses_a_shell_and_programs_that_ask(&office);
    who_leaves_a_deploy_is_told_what_becomes_of_it(&office);
}

/// Before the first release.
fn nothing_yet(desk: &mut Desk) {
    call(desk, &format!("rollback {HOST}"), 7);
    call(desk, &format!("rollback {HOST} --json"), 7);
    call(desk, &format!("releases {HOST}"), 0);
    call(desk, &format!("run {HOST} -- true"), 1);
    desk.add_bare("web9");
    call(desk, "deploy shop.yml --host web9 --from project", 7);
    call(desk, "deploy shop.yml --host web9 --from project --json", 7);
    call(desk, &format!("deploy {HOST} --from nowhere"), 2);
    call(
        desk,
        &format!("deploy {HOST} --from project --canary many"),
        2,
    );
    compare(desk, "nothing-yet");
}

/// Releases that serve.
fn deployed(desk: &mut Desk) {
    call(desk, DEPLOY, 0);
    desk.name("two");
    call(desk, &format!("{DEPLOY} --json -q"), 0);
    call(desk, &format!("releases {HOST}"), 0);
    call(desk, &format!("releases {HOST} --json"), 0);
    call(desk, &format!("releases {HOST} --output"), 0);
    compare(desk, "deployed");
}

/// Releases that do not.
fn failed(desk: &mut Desk) {
    for (hook, tell) in [
        ("/etc/no-build", "A command of wsgi_deploy_build fails."),
        ("/etc/no-release", "A command of wsgi_deploy_release fails."),
        (
            "/etc/no-after",
            "A command of wsgi_deploy_after fails, after the switch.",
        ),
        ("/etc/ill", "The app answers with an error."),
    ] {
        desk.tell(tell);
        desk.on("web1").write(hook, "", 0o644);
        desk.name("three");
        call(desk, DEPLOY, 6);
        if hook != "/etc/no-build" {
            call(desk, &format!("releases {HOST} --output"), 0);
        }
        if hook == "/etc/ill" {
            desk.name("three again");
            call(desk, &format!("{DEPLOY} --json -q"), 6);
        }
        desk.on("web1").ok(["rm", hook]);
        assert_eq!(desk.answer("web1"), "two");
    }
    desk.tell("It starts alone, but not as what serves.");
    let web = "import sys\nif '--bind' not in sys.argv:\n    raise RuntimeError('one is enough')\n";
    desk.name("three");
    desk.write("project/beside.py", &format!("{web}NAME = 'three'\n"));
    call(desk, DEPLOY, 6);
    assert_eq!(desk.answer("web1"), "two");
    call(desk, &format!("releases {HOST} --output"), 0);
    call(desk, &format!("releases {HOST} --output last --json"), 0);
    desk.name("three");
    compare(desk, "failed");
}

/// While somebody else deploys.
fn locked(desk: &mut Desk) {
    desk.tell("Bob deploys.");
    let mut bob = desk.locked_by_bob("web1");
    call(desk, DEPLOY, 7);
    call(desk, &format!("{DEPLOY} --json --wait=1"), 7);
    call(desk, &format!("rollback {HOST}"), 7);
    desk.on("web1").ok(["touch", "/var/lib/wsgi/shop/output~"]);
    call(desk, &format!("releases {HOST}"), 0);
    bob.stop();
    desk.tell("He was cut off.");
    call(desk, &format!("releases {HOST}"), 0);
    compare(desk, "locked");
}

/// Somebody else was quicker.
fn drifted(desk: &mut Desk) {
    desk.tell("Bob deploys another release meanwhile.");
    let switches = "
        current=$(readlink /var/www/shop/current)
        until pgrep -f 'flock [-]w' >/dev/null; do sleep 0.05; done
        ln -sfn /var/www/shop/releases/of-bob /var/www/shop/current && kill $0
        while [ ! -e /tmp/drifted ]; do sleep 0.05; done
        ln -sfn \"$current\" /var/www/shop/current";
    for line in [
        format!("rollback {HOST} --wait=60"),
        format!("rollback {HOST} --wait=60 --json"),
    ] {
        let bob = desk.locked_by_bob("web1");
        let id = bob.id().to_string();
        let mut switching = desk.on("web1").spawn(["sh", "-c", switches, &id]);
        call(desk, &line, 7);
        desk.on("web1").write("/tmp/drifted", "", 0o644);
        switching.wait(PATIENCE);
        desk.on("web1").ok(["rm", "/tmp/drifted"]);
    }
    assert_eq!(desk.answer("web1"), "two");
    compare(desk, "drifted");
}

/// Somebody else was quicker, and is waited for.
fn waited(desk: &mut Desk) {
    desk.name("four");
    let bob = desk.locked_by_bob("web1");
    let switches = "
        cd /var/www/shop
        current=$(readlink current)
        other=$(ls -d releases/2* | grep -vF \"${current##*/}\" | head -n 1)
        until pgrep -f 'flock [-]w' >/dev/null; do sleep 0.05; done
        ln -sfn \"$PWD/$other\" current && kill $0";
    let id = bob.id().to_string();
    let _switching = desk.on("web1").spawn(["sh", "-c", switches, &id]);
    call(desk, &format!("{DEPLOY} --wait=60"), 0);
    assert_eq!(desk.answer("web1"), "four");
    compare(desk, "waited");
}

/// Somebody ends the program on the host, as a shutdown does.
fn ended(desk: &mut Desk) {
    desk.tell("It is ended on the host after the switch.");
    let ends = "
        cd /var/lib/wsgi/shop
        until grep -q 'done.9$' output~; do sleep 0.05; done
        parent=$(sed -n 's/.*process \\([0-9]*\\).*/\\1/p' deploy.lock)
        pkill -TERM -P \"$parent\" && rm /etc/slow-after";
    for line in [DEPLOY.to_owned(), format!("{DEPLOY} --json -q")] {
        desk.on("web1").write("/etc/slow-after", "", 0o644);
        let mut ending = desk.on("web1").spawn(["sh", "-c", ends]);
        call(desk, &line, 6);
        ending.wait(PATIENCE);
        assert_eq!(desk.answer("web1"), "two");
    }
    compare(desk, "ended");
}

/// The way back.
fn rolled_back(desk: &mut Desk) {
    let answer = desk.call(&format!("releases {HOST} --json"));
    desk.take_transcript();
    let document: serde_json::Value = serde_json::from_str(&answer.out).unwrap();
    let failed = document["releases"].as_array().unwrap().last().unwrap();
    let failed = failed["id"].as_str().unwrap().to_owned();
    let current = document["current"].as_str().unwrap().to_owned();
    call(desk, &format!("releases {HOST}"), 0);
    call(desk, &format!("rollback {HOST} --to {failed}"), 7);
    call(desk, &format!("rollback {HOST} --to {current}"), 7);
    call(desk, &format!("rollback {HOST} --to yesterday"), 7);
    call(desk, &format!("releases {HOST} --output yesterday"), 7);
    let revision = current.rsplit_once('-').unwrap().1;
    call(desk, &format!("releases {HOST} --output {revision}"), 7);
    call(desk, &format!("releases {HOST} --output {current}"), 0);
    call(desk, &format!("rollback {HOST}"), 0);
    assert_eq!(desk.answer("web1"), "one");
    call(desk, &format!("rollback {HOST}"), 7);
    desk.tell("It is ill when it is gone back to.");
    desk.on("web1").write("/etc/ill", "", 0o644);
    call(desk, &format!("rollback {HOST} --to {current}"), 6);
    desk.on("web1").ok(["rm", "/etc/ill"]);
    call(
        desk,
        &format!("rollback {HOST} --to {current} --json -q"),
        0,
    );
    assert_eq!(desk.answer("web1"), "two");
    compare(desk, "rolled-back");
}

/// A running app.
fn attended(desk: &mut Desk) {
    call(desk, &format!("maintenance status {HOST}"), 0);
    call(desk, &format!("maintenance on {HOST}"), 0);
    desk.tell("A release does not need visitors.");
    call(desk, DEPLOY, 0);
    call(desk, &format!("maintenance status {HOST}"), 0);
    call(desk, &format!("maintenance off {HOST}"), 0);
    assert_eq!(desk.answer("web1"), "three");
    // It has a last word.
    let is_alone = "[ $(pgrep -c -P $(cat /var/lib/shop/run/gunicorn.pid)) = 1 ]";
    wait_until("the gunicorn of before is gone", || {
        desk.on("web1").sh(is_alone).code() == Some(0)
    });
    let write = "cd /var/log/shop && echo 'a traceback' >shop.log && cd /var/log/nginx && echo 'GET /' >shop.access.log && : >shop.error.log && : >/var/log/supervisor/shop.log";
    desk.on("web1").sh(write).expect_success();
    call(desk, &format!("logs {HOST} -n 5"), 0);
    call(desk, &format!("run {HOST} -- python -c print(6*7)"), 0);
    call(
        desk,
        &format!("run {HOST} -- sh -c id\u{a0}-un>&2;exit\u{a0}9"),
        9,
    );
    call(desk, &format!("run {HOST} -- no-such-program"), 127);
    call(desk, &format!("run {HOST} --host web9 -- true"), 2);
    compare(desk, "attended");
}
