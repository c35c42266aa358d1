//! Tasks that never overlap.

use wsgi_model::CronTask;
use wsgi_tests::wait_until;

use crate::app::{App, task_of};

const LOCK: &str = "/var/lib/shop/locks/nightly.lock";
const USERS: [&str; 3] = ["shop", "root", "www-data"];

fn locked(user: &str, command: &str) -> CronTask {
    let mut task = task_of(user, "a", command);
    task.lock = true;
    task.slug = Some("nightly".parse().unwrap());
    task
}

#[test]
fn a_task_that_is_still_running_is_not_started_again() {
    for user in USERS {
        let app = App::with_tasks(vec![locked(
            user,
            "echo started; touch /tmp/started; until [ -e /tmp/go ]; do sleep 0.02; done; exit 75",
        )]);
        let mut first = app.line(0).spawn();
        wait_until("the first run has the lock", || {
            app.machine.exists("/tmp/started")
        });
        let second = app.run(0);
        assert_eq!(
            (second.code(), second.text()),
            (Some(0), String::new()),
            "{second}"
        );
        app.machine.ok(["touch", "/tmp/go"]);
        let status = first.wait(std::time::Duration::from_secs(10));
        assert_eq!(status.code(), Some(75), "{first}");
        assert_eq!(app.run(0).text(), "started\n");
    }
}

#[test]
fn a_skipped_run_is_told_to_the_system_log() {
    let app = App::with_tasks(vec![locked("shop", "true")]);
    let machine = &app.machine;
    let listener = r"
import socket
log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
log.bind('/dev/log')
print('listens', flush=True)
print(log.recv(4096).decode(), flush=True)
";
    let log = machine.spawn(["/usr/bin/python3", "-c", listener]);
    wait_until("somebody listens", || log.stdout().contains("listens"));
    machine.ok(["chmod", "666", "/dev/log"]);
    let _holder = machine.spawn(["flock", LOCK, "sleep", "600"]);
    wait_until("the lock is held", || {
        machine.run(["flock", "--nonblock", LOCK, "true"]).code() == Some(1)
    });
    assert_eq!(app.prints(0), "");
    wait_until("the log has it", || {
        log.stdout()
            .contains("shop: skipped while its last run goes on: a")
    });
}

#[test]
fn what_a_task_leaves_running_does_not_hold_its_lock() {
    for user in USERS {
        let app = App::with_tasks(vec![locked(
            user,
            "sleep 600 >/dev/null 2>&1 & echo started",
        )]);
        assert_eq!(app.prints(0), "started\n", "{user}");
        assert_eq!(app.prints(0), "started\n", "{user}");
    }
}

#[test]
fn nobody_but_its_user_can_make_open_or_replace_a_lock() {
    for (user, owner) in [("shop", "shop"), ("root", "root"), ("www-data", "root")] {
        let app = App::with_tasks(vec![locked(user, "true")]);
        let machine = &app.machine;
        machine.ok(["useradd", "stranger"]);
        let entry = machine.entry(LOCK);
        assert_eq!(entry.mode.as_deref(), Some("0600"), "{user}");
        assert_eq!(entry.owner.as_deref(), Some(owner), "{user}");
        for other in ["shop", "www-data", "stranger"] {
            for attempt in [
                format!("exec 3<{LOCK}"),
                "rm -f -- /var/lib/shop/locks/nightly.lock".to_owned(),
                "ln -s /etc/shadow /var/lib/shop/locks/weekly.lock".to_owned(),
                "mv /var/lib/shop/locks /var/lib/shop/gone".to_owned(),
            ] {
                if other == owner && attempt.starts_with("exec") {
                    continue;
                }
                let output = machine.run_as(other, ["sh", "-c", &attempt]);
                assert!(!output.success(), "{other}: {attempt}");
            }
        }
    }
}

#[test]
fn two_tasks_of_one_user_can_share_a_lock() {
    let app = App::with_tasks(vec![
        locked("shop", "echo one"),
        locked("shop", "touch /tmp/started; sleep 600"),
    ]);
    assert_eq!(app.prints(0), "one\n");
    let _second = app.line(1).spawn();
    wait_until("the lock is held", || app.machine.exists("/tmp/started"));
    assert_eq!(app.prints(0), "");
}
