//! What happens when a release comes, changes, or is not there yet.

use std::time::{Duration, Instant};

use wsgi_tests::{Container, Process, wait_until};

const VARS: &str =
    "wsgi_project_name: shop\nwsgi_wsgi_path: web:app\nwsgi_gunicorn_num_workers: 2\n";
const CURRENT: &str = "/var/www/shop/current";
const WAITS: &str = "shop: no release yet: waiting for /var/www/shop/current\n";

/// A release that says its name, and whether it finds a module that only the first one has.
fn release(name: &str) -> String {
    format!(
        "import http.cookies, importlib.util
from flask import Flask
app = Flask(__name__)

@app.get('/')
def index():
    return '{name} ' + str(importlib.util.find_spec('only_in_one') is not None)
"
    )
}

fn waiting() -> (Container, Process) {
    let shop = Container::up(VARS).with_virtualenv();
    let supervisor = shop.start_supervisor();
    wait_until("the program says that it waits", || printed(&shop) == WAITS);
    (shop, supervisor)
}

fn printed(shop: &Container) -> String {
    shop.run(["cat", "/var/log/shop/supervisor.log"]).text()
}

fn answer(shop: &Container) -> String {
    let socket = "/var/lib/shop/run/gunicorn.sock";
    let argv = [
        "curl",
        "--silent",
        "--unix-socket",
        socket,
        "http://shop.example/",
    ];
    shop.machine().run_as("www-data", argv).text()
}

fn control(shop: &Container, action: &[&str]) {
    let mut argv = vec!["supervisorctl"];
    argv.extend(action);
    shop.machine().ok(argv);
}

/// Two releases, with `current` a link to the first of them.
fn two_releases(shop: &Container) {
    let directory = |name| format!("/var/www/shop/releases/{name}");
    shop.put(
        &directory("one"),
        [("web.py", &*release("one")), ("only_in_one.py", "")],
    );
    shop.put(&directory("two"), [("web.py", &*release("two"))]);
    switch(shop, "one");
}

fn switch(shop: &Container, name: &str) {
    let target = format!("releases/{name}");
    shop.run(["ln", "-s", &target, "/var/www/shop/new"])
        .expect_success();
    shop.run(["mv", "-T", "/var/www/shop/new", CURRENT])
        .expect_success();
}

#[test]
fn without_a_release_the_program_runs_and_waits_until_one_is_whole() {
    let (shop, _supervisor) = waiting();
    wait_until("it is no failure", || {
        shop.program_status().starts_with("RUNNING")
    });

    // A copy that takes longer than a release must be at rest.
    shop.put_current([]);
    shop.run([
        "sh",
        "-c",
        "for part in 1 2 3 4 5 6 7; do echo $part >current/part; sleep 1; done",
    ])
    .expect_success();
    shop.put_current([("web.py", &*release("whole"))]);
    wait_until("it starts by itself", || answer(&shop) == "whole False");
    let log = shop.machine().text("/var/log/shop/shop.log");
    assert!(
        !log.contains("Exception"),
        "it started with half a release: {log}"
    );
}

#[test]
fn a_link_to_nowhere_is_no_release() {
    let shop = Container::up(VARS).with_virtualenv();
    shop.run(["ln", "-s", "releases/gone", CURRENT])
        .expect_success();
    let _supervisor = shop.start_supervisor();
    wait_until("the program says that it waits", || printed(&shop) == WAITS);
}

#[test]
fn while_it_waits_signals_of_log_rotation_and_reload_do_no_harm_and_stop_is_at_once() {
    let (shop, _supervisor) = waiting();
    for signal in ["USR1", "HUP", "USR2"] {
        control(&shop, &["signal", signal, "shop"]);
    }
    wait_until("it runs", || shop.program_status().starts_with("RUNNING"));
    assert_eq!(printed(&shop), WAITS, "it was never started anew");
    let start = Instant::now();
    control(&shop, &["stop", "shop"]);
    assert!(start.elapsed() < Duration::from_secs(5));
    assert!(shop.program_status().starts_with("STOPPED"));
}

#[test]
fn a_restart_does_not_wait_for_a_release_that_is_there() {
    let (shop, _supervisor) = waiting();
    // Files of this very moment: the program by itself would wait for more to come.
    shop.put_current([("web.py", &*release("now"))]);
    control(&shop, &["restart", "shop"]);
    assert_eq!(answer(&shop), "now False");
}

#[test]
fn a_reload_follows_the_link_and_leaves_nothing_of_the_old_release() {
    let shop = Container::up(VARS).with_virtualenv();
    two_releases(&shop);
    let _supervisor = shop.start_supervisor();
    wait_until("the first release answers", || answer(&shop) == "one True");
    let master = shop.machine().ok(["supervisorctl", "pid", "shop"]).text();

    switch(&shop, "two");
    control(&shop, &["signal", "HUP", "shop"]);
    wait_until("the second release answers", || {
        answer(&shop).starts_with("two")
    });
    // `python -m gunicorn` would still find the module, in the first release's directory.
    assert_eq!(answer(&shop), "two False");
    let after = shop.machine().ok(["supervisorctl", "pid", "shop"]).text();
    assert_eq!(after, master, "a reload keeps the master");

    // And the directory of the first release is in nobody's way.
    shop.run(["rm", "-r", "releases/one"]).expect_success();
    switch(&shop, "two");
    control(&shop, &["signal", "HUP", "shop"]);
    wait_until("workers of the next generation answer", || {
        answer(&shop) == "two False"
    });
}

#[test]
fn a_new_master_runs_the_new_release_with_pythons_own_modules() {
    let shop = Container::up(VARS).with_virtualenv();
    two_releases(&shop);
    let _supervisor = shop.start_supervisor();
    wait_until("the first release answers", || answer(&shop) == "one True");

    switch(&shop, "two");
    shop.run(["rm", "-r", "releases/one"]).expect_success();
    control(&shop, &["signal", "USR2", "shop"]);
    // `python -m gunicorn` would put gunicorn's own directory first, whose `http` is not Python's.
    wait_until("a new master is there", || {
        shop.machine().exists("/var/lib/shop/run/gunicorn.pid.2")
    });
    let new = shop.machine().text("/var/lib/shop/run/gunicorn.pid.2");
    wait_until("it has workers", || {
        let workers = shop.machine().run(["pgrep", "--parent", new.trim()]).text();
        workers.lines().count() == 2
    });
    wait_until("they answer", || answer(&shop) == "two False");
}

#[test]
fn more_workers_need_a_reload_only() {
    let shop = Container::up(VARS).with_virtualenv();
    two_releases(&shop);
    let _supervisor = shop.start_supervisor();
    wait_until("the app answers", || answer(&shop) == "one True");
    let master = shop.machine().ok(["supervisorctl", "pid", "shop"]).text();
    let more = VARS.replace("workers: 2", "workers: 3");
    let shop = Container::on(shop.machine(), &more);
    control(&shop, &["signal", "HUP", "shop"]);
    wait_until("three workers run", || {
        let workers = shop
            .machine()
            .run(["pgrep", "--parent", master.trim()])
            .text();
        workers.lines().count() == 3
    });
}
