//! How it ends, by order and by accident.

use std::time::Duration;

use wsgi_tests::wait_until;

use crate::{Shop, VARS};

#[test]
fn a_stop_during_an_exchange_leaves_nothing() {
    let shop = Shop::running(VARS);
    shop.begin_exchange("endless");
    let argv = [crate::START, "--exchange"];
    let mut asks = shop.machine().command(argv).user("shop").spawn();
    wait_until("it waits for an answer", || {
        shop.machine()
            .sh("ss -xH state established | grep -q herder.sock")
            .success()
    });
    shop.control(&["stop", "shop"]);
    assert_eq!(shop.processes(), "");
    let files = shop.machine().ok(["ls", "/var/lib/shop/run"]).text();
    assert_eq!(files, "starts\n");
    assert_eq!(asks.wait(Duration::from_secs(10)).code(), Some(7), "{asks}");
    assert_eq!(asks.stderr(), "shop: was stopped meanwhile\n");

    let asked = shop.exchange();
    assert_eq!(asked.code(), Some(7), "{asked}");
    assert_eq!(
        asked.errors(),
        "shop: does not run: No such file or directory\n"
    );
}

#[test]
fn a_gunicorn_that_crashes_is_started_anew_by_supervisor() {
    let shop = Shop::running(VARS);
    let herder = shop.herder();
    shop.machine().ok(["kill", "-KILL", &shop.masters()[0]]);
    wait_until("another answers", || {
        shop.herder() != herder && shop.answer() == "one"
    });
    assert!(shop.printed().contains("was ended by signal 9"));
}

#[test]
fn a_release_that_starts_takes_over_from_a_gunicorn_that_crashes_meanwhile() {
    let shop = Shop::running(VARS);
    let (herder, old) = (shop.herder(), shop.masters());
    shop.begin_exchange("three");
    shop.machine().ok(["kill", "-KILL", &old[0]]);
    wait_until("it is noticed", || {
        shop.printed()
            .contains(&format!("gunicorn {} was ended", old[0]))
    });
    shop.machine().ok(["touch", "/tmp/go"]);
    // It has the virtualenv of the first.
    wait_until("the new one answers", || shop.answer().contains("three"));
    assert_eq!(shop.herder(), herder);
}

#[test]
fn without_its_herder_gunicorn_ends_and_supervisor_starts_both() {
    let shop = Shop::running(VARS);
    let (herder, master) = (shop.herder(), shop.masters());
    shop.machine().ok(["kill", "-KILL", &herder]);
    wait_until("another answers", || {
        shop.herder() != herder && shop.answer() == "one"
    });
    wait_until("the old gunicorn is gone", || {
        !shop.machine().exists(&format!("/proc/{}", master[0]))
    });
}

#[test]
fn what_a_killed_supervisor_left_is_ended_before_another_one_starts() {
    let mut shop = Shop::running(VARS);
    let herder = shop.herder();
    shop.machine()
        .ok(["sh", "-c", "kill -KILL $(supervisorctl pid)"]);
    let _ = shop.supervisor.wait(Duration::from_secs(10));
    assert_eq!(shop.answer(), "one", "it serves on without supervisor");
    shop.machine().ok(["rm", "-f", "/run/supervisor.sock"]);
    shop.supervisor = shop.container.start_supervisor();
    wait_until("another answers", || {
        shop.printed().contains("left by another supervisor") && shop.answer() == "one"
    });
    assert!(!shop.machine().exists(&format!("/proc/{herder}")));
    assert_eq!(shop.masters().len(), 1);
}

#[test]
fn one_that_supervisor_runs_is_not_disturbed_by_another_start() {
    let shop = Shop::running(VARS);
    let (herder, masters) = (shop.herder(), shop.masters());
    let refused = shop.container.run([crate::START]).expect_failure();
    let why = format!("shop: runs already, as process {herder}\n");
    assert_eq!(refused.errors(), why);
    let refused = shop.machine().run([crate::START]).expect_failure();
    assert_eq!(refused.errors(), "shop: run this as the user shop\n");
    assert_eq!((shop.herder(), shop.masters()), (herder, masters));
    assert_eq!(shop.answer(), "one");
}

#[test]
fn a_gunicorn_that_starts_while_logs_are_rotated_writes_to_the_new_ones() {
    let shop = Shop::running(VARS);
    shop.begin_exchange("three");
    shop.container
        .run(["mv", "/var/log/shop/shop.log", "/var/log/shop/shop.log.1"])
        .expect_success();
    shop.control(&["signal", "USR1", "shop"]);
    wait_until("the old one opens another", || {
        shop.machine().exists("/var/log/shop/shop.log")
    });
    shop.machine().ok(["touch", "/tmp/go"]);
    wait_until("the new one alone is left", || {
        shop.masters().len() == 1 && shop.answer().contains("three")
    });
    wait_until("nobody has the rotated log open", || {
        let open = shop
            .machine()
            .sh("find /proc/[0-9]*/fd -lname '*/shop.log.1' 2>&-");
        open.text().is_empty()
    });
}
