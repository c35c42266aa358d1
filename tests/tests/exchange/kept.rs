//! Exchanges that fail: the old release serves on.

use wsgi_tests::wait_until;

use crate::{Shop, VARS};

/// Fails to exchange for a release with this `web.py`, and says why.
#[track_caller]
fn kept(shop: &Shop, name: &str, web: &str) -> String {
    let before = shop.masters();
    shop.put(name, web);
    shop.switch(name);
    let refused = shop.exchange();
    assert_eq!(refused.code(), Some(1), "{refused}");
    assert_eq!(shop.answer(), "one", "{name}");
    wait_until("the old gunicorn alone is left", || {
        shop.masters() == before
    });
    let said = refused.errors();
    assert!(shop.printed().contains(&said), "{said}");
    let old = format!("shop: gunicorn {} serves on, ", before[0]);
    said.strip_prefix(&old).unwrap().trim_end().to_owned()
}

#[test]
fn a_release_that_does_not_start_leaves_the_old_one_serving_and_says_why() {
    let shop = Shop::running(VARS);
    // Gunicorn ends with 3, or with 1 when a second worker fails while it stops.
    for (name, web, why) in [
        ("unfinished", "def app(:\n", "it ended with status "),
        (
            "incomplete",
            "import no_such_thing\n",
            "it ended with status ",
        ),
        (
            "exiting",
            "import sys\nsys.exit(5)\n",
            "its workers end while they start",
        ),
        (
            "crashing",
            "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n",
            "its workers end while they start",
        ),
    ] {
        let said = kept(&shop, name, web);
        let because = format!("the new one does not: {why}");
        assert!(said.starts_with(&because), "{name}: {said}");
        assert!(said.ends_with("; see /var/log/shop/shop.log"), "{said}");
    }
    let reload = shop.machine().run(["service", "shop", "reload"]);
    assert_eq!(reload.code(), Some(1), "{reload}");
    assert!(reload.errors().contains("serves on"), "{reload}");
    let log = shop.machine().text("/var/log/shop/shop.log");
    assert!(log.contains("SyntaxError"), "{log}");
    assert!(log.contains("No module named 'no_such_thing'"), "{log}");

    shop.machine().ok(["rm", "/var/lib/shop/venv"]);
    let refused = shop.exchange();
    assert_eq!(refused.code(), Some(1), "{refused}");
    assert!(
        shop.printed()
            .contains("no virtualenv in /var/lib/shop/venv")
    );

    // And none of this keeps a good one from coming.
    shop.machine()
        .ok(["ln", "-s", "venvs/two", "/var/lib/shop/venv"]);
    shop.switch("two");
    shop.exchange().expect_success();
    assert_eq!(shop.answer(), "two");
}

#[test]
fn a_release_that_hangs_is_given_up_and_killed() {
    let shop = Shop::running(VARS);
    shop.impatient();
    let web = "import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
time.sleep(1000)
";
    assert_eq!(
        kept(&shop, "hanging", web),
        "the new one does not: its workers are not ready after 2 seconds; see /var/log/shop/shop.log"
    );
    wait_until("nothing of it is left", || {
        !shop.processes().contains("releases/hanging")
    });
}

#[test]
fn an_old_gunicorn_that_does_not_stop_is_killed_with_all_that_it_started() {
    let shop = Shop::running(VARS);
    shop.impatient();
    let old = shop.masters();
    shop.machine().ok(["kill", "-STOP", &old[0]]);
    shop.switch("two");
    shop.exchange().expect_success();
    wait_until("the new gunicorn alone is left", || {
        shop.masters().len() == 1 && shop.masters() != old
    });
    assert!(!shop.processes().contains("releases/one"));
    // A stopped master's workers still take requests.
    assert_eq!(shop.answer(), "two");
}

#[test]
fn a_dangling_link_is_not_exchanged_for() {
    let shop = Shop::running(VARS);
    shop.switch("nowhere");
    let refused = shop.exchange();
    assert_eq!(refused.code(), Some(1), "{refused}");
    assert_eq!(shop.answer(), "one");
    assert!(refused.errors().contains("no release in"), "{refused}");
}

#[test]
fn asked_during_an_exchange_it_exchanges_again_for_what_is_there_then() {
    let shop = Shop::running(VARS);
    let argv = [crate::START, "--exchange"];
    let ask = || shop.machine().command(argv).user("shop").spawn();
    shop.begin_exchange("three");
    let mut first = ask();
    shop.switch("two");
    let mut second = ask();
    shop.control(&["signal", "HUP", "shop"]);
    assert!(first.is_running() && second.is_running());
    assert_eq!(shop.answer(), "one");
    shop.machine().ok(["touch", "/tmp/go"]);
    for client in [&mut first, &mut second] {
        wait_until("both are answered", || !client.is_running());
        assert!(client.stdout().contains(" serves, "), "{client}");
    }
    wait_until("what was there last serves", || {
        shop.masters().len() == 1 && shop.answer() == "two"
    });
}
