//! What happens when a release comes, or is not there yet.

use std::time::{Duration, Instant};

use wsgi_tests::{Container, Process, wait_until};

const VARS: &str =
    "wsgi_project_name: shop\nwsgi_wsgi_path: web:app\nwsgi_gunicorn_num_workers: 2\n";
const CURRENT: &str = "/var/www/shop/current";
const WAITS: &str = "shop: no release yet: waiting for /var/www/shop/current\n";

/// A release that says its name.
fn release(name: &str) -> String {
    format!(
        "import http.cookies  # Hidden by gunicorn's own package when that comes first in sys.path.
from flask import Flask
app = Flask(__name__)

@app.get('/')
def index():
    return '{name}'
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
    wait_until("it starts by itself", || answer(&shop) == "whole");
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
    let pid = || shop.machine().ok(["supervisorctl", "pid", "shop"]).text();
    let before = pid();
    for signal in ["USR1", "HUP", "USR2", "TTIN", "TTOU"] {
        control(&shop, &["signal", signal, "shop"]);
    }
    wait_until("it runs", || shop.program_status().starts_with("RUNNING"));
    assert_eq!(pid(), before);
    // Once at the start, once in answer to HUP.
    wait_until("it says so", || printed(&shop) == WAITS.repeat(2));
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
    assert_eq!(answer(&shop), "now");
}

#[test]
fn asked_for_an_exchange_it_starts_a_release_that_is_there_and_says_when_there_is_none() {
    let (shop, _supervisor) = waiting();
    let exchange = || shop.run(["/etc/wsgi/shop/gunicorn_start", "--exchange"]);
    let asked = exchange();
    assert_eq!(asked.code(), Some(4), "{asked}");
    assert_eq!(asked.errors(), WAITS);

    shop.put_current([("web.py", &*release("now"))]);
    let asked = exchange().expect_success();
    assert!(asked.text().ends_with(" serves\n"), "{asked}");
    assert_eq!(answer(&shop), "now");
}
