//! What changed files owe to supervisor, with real supervisor and gunicorn.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use std::time::{Duration, Instant};

use wsgi_tests::{Container, Output, Process, wait_until};

const VARS: &str =
    "wsgi_project_name: shop\nwsgi_wsgi_path: web:app\nwsgi_gunicorn_num_workers: 2\n";
const WEB: (&str, &str) = ("web.py", include_str!("../apps/web.py"));
const SOCKET: &str = "/var/lib/shop/run/gunicorn.sock";
const PROGRAM: &str = "/etc/supervisor/conf.d/shop.conf";
const UPDATE: &str = "update supervisor's program shop";
const RESTART: &str = "restart shop";

/// A supervisor that has not heard of the app yet, whose program is put in place then.
fn unknown_to_supervisor(shop: &Container) -> Process {
    shop.machine().ok(["mv", PROGRAM, "/run/shop.conf"]);
    let supervisor = shop.start_supervisor();
    shop.machine().ok(["mv", "/run/shop.conf", PROGRAM]);
    supervisor
}

fn ask(shop: &Container, path: &str) -> Output {
    let url = format!("http://shop.example{path}");
    let curl = ["curl", "--silent", "--unix-socket", SOCKET, &url];
    shop.machine().run_as("www-data", curl)
}

fn master(shop: &Container) -> String {
    let pid = shop.machine().ok(["supervisorctl", "pid", "shop"]).text();
    pid.trim().to_owned()
}

#[test]
fn a_program_is_taken_up_replaced_and_dropped_and_no_other_is_touched() {
    let shop = Container::up(VARS).with_virtualenv();
    shop.put_current([WEB]);
    let machine = shop.machine();
    let _bank = Container::on(
        machine,
        "wsgi_project_name: bank\nwsgi_wsgi_path: web:app\n",
    );
    let _supervisor = unknown_to_supervisor(&shop);
    let bank = || machine.ok(["supervisorctl", "pid", "bank"]).text();
    let of_bank = bank();

    shop.pay(UPDATE).expect_success();
    wait_until("it runs", || ask(&shop, "/").text() == "open");
    let first = master(&shop);
    // Nothing to do.
    shop.pay(UPDATE).expect_success();
    assert_eq!(master(&shop), first);

    let program = machine.text(PROGRAM);
    machine.write(
        PROGRAM,
        program.replace("startsecs=5", "startsecs=4"),
        0o644,
    );
    machine.write(
        "/etc/supervisor/conf.d/bank.conf",
        "[program:bank]\ncommand=sleep 1d\n",
        0o644,
    );
    shop.pay(UPDATE).expect_success();
    wait_until("the new one runs", || ask(&shop, "/").text() == "open");
    assert_ne!(master(&shop), first);

    machine.ok(["rm", PROGRAM]);
    shop.pay(UPDATE).expect_success();
    let status = machine.run(["supervisorctl", "status", "shop"]);
    assert!(status.text().contains("no such process"), "{status}");
    let left = machine.run(["pgrep", "--list-full", "--euid", "shop"]);
    assert_eq!(left.text(), "");
    assert_eq!(bank(), of_bank);
}

#[test]
fn a_restart_loses_no_request_and_the_app_serves_when_it_is_over() {
    let shop = Container::up(VARS).with_virtualenv();
    shop.put_current([WEB]);
    let _supervisor = shop.start_supervisor();
    wait_until("the app answers", || ask(&shop, "/").text() == "open");
    let first = master(&shop);
    let url = "http://shop.example/slow";
    let curl = ["curl", "--silent", "--unix-socket", SOCKET, url];
    let mut client = shop.machine().spawn(curl);
    wait_until("the request is in flight", || {
        shop.machine().exists("/var/lib/shop/run/slow")
    });
    shop.pay(RESTART).expect_success();
    assert_eq!(ask(&shop, "/").text(), "open");
    assert_ne!(master(&shop), first);
    assert!(client.wait(Duration::from_secs(10)).success(), "{client}");
    assert_eq!(client.stdout(), "done\n");
    // Whether the app serves is found out without asking it.
    let log = shop.machine().text("/var/log/shop/shop.log");
    assert!(!log.contains("WARNING") && !log.contains("ERROR"), "{log}");
}

#[test]
fn what_the_update_has_started_is_awaited_and_not_restarted() {
    let shop = Container::up(VARS).with_virtualenv();
    shop.put_current([WEB]);
    let _supervisor = unknown_to_supervisor(&shop);
    shop.pay(UPDATE).expect_success();
    shop.pay(RESTART).expect_success();
    assert_eq!(ask(&shop, "/").text(), "open");
    let log = shop.machine().text("/var/log/shop/shop.log");
    assert_eq!(log.matches("Starting gunicorn").count(), 1, "{log}");

    shop.begin_another_run();
    let first = master(&shop);
    shop.pay(UPDATE).expect_success();
    shop.pay(RESTART).expect_success();
    assert_ne!(master(&shop), first);
}

#[test]
fn a_program_that_somebody_has_stopped_is_started() {
    let shop = Container::up(VARS).with_virtualenv();
    shop.put_current([WEB]);
    let _supervisor = shop.start_supervisor();
    shop.machine().ok(["supervisorctl", "stop", "shop"]);
    shop.pay(RESTART).expect_success();
    assert_eq!(ask(&shop, "/").text(), "open");
}

#[test]
fn nobody_waits_for_an_app_without_a_release() {
    let shop = Container::up(VARS);
    let _supervisor = shop.start_supervisor();
    let paid = shop.pay(RESTART).expect_success();
    assert_eq!(paid.text(), "no release yet\n");
}

#[test]
fn an_app_that_does_not_start_is_told_with_the_end_of_its_log() {
    let shop = Container::up(VARS).with_virtualenv();
    let broken = "raise RuntimeError('the till\\33[2J is empty')\n";
    shop.put_current([("web.py", broken)]);
    let _supervisor = unknown_to_supervisor(&shop);
    shop.pay(UPDATE).expect_success();
    let begun = Instant::now();
    let said = shop.pay(RESTART).expect_failure().errors();
    // Not all that supervisor tries, and far from the minute that a start may take.
    assert!(
        begun.elapsed() < Duration::from_secs(30),
        "{:?}",
        begun.elapsed()
    );
    assert!(
        said.starts_with("shop is BACKOFF: Exited too quickly"),
        "{said}"
    );
    assert!(
        said.contains("/var/log/shop/shop.log ends with:\n"),
        "{said}"
    );
    assert!(
        said.contains("RuntimeError: the till [2J is empty"),
        "{said}"
    );

    // It is root that reads the log, in a directory of the app's.
    shop.machine()
        .write("/root/secret", "the combination\n", 0o600);
    let log = "/var/log/shop/shop.log";
    shop.machine().ok(["supervisorctl", "stop", "shop"]);
    shop.machine().ok(["ln", "-sf", "/root/secret", log]);
    shop.machine().ok(["touch", "/root/secret"]);
    shop.begin_another_run();
    let said = shop.pay(RESTART).expect_failure().errors();
    assert!(!said.contains("combination"), "{said}");
}

#[test]
fn an_app_that_never_serves_is_given_up() {
    let shop = Container::up(VARS).with_virtualenv();
    shop.put_current([("web.py", "import time\ntime.sleep(3600)\n")]);
    let _supervisor = shop.start_supervisor();
    let mut waiting = shop.commands(RESTART).pop().unwrap();
    *waiting.iter_mut().find(|word| **word == "60").unwrap() = "2";
    let said = shop.machine().run(waiting).expect_failure().errors();
    assert!(said.starts_with("shop is "), "{said}");
    assert!(
        said.contains(" and serves nobody after 2 seconds\n"),
        "{said}"
    );
}

#[test]
fn what_keeps_supervisor_from_doing_it_is_said_in_one_line() {
    let shop = Container::up(VARS);
    let said = |action: &str| shop.pay(action).expect_failure().errors();
    let down = "supervisord is not running at /var/run/supervisor.sock: start it with `service supervisor start`\n";
    assert_eq!(said(UPDATE), down);
    assert_eq!(said(RESTART), down);

    let _supervisor = unknown_to_supervisor(&shop);
    let unknown = "supervisord has no program shop: run `supervisorctl update shop`\n";
    assert_eq!(said(RESTART), unknown);

    let program = shop.machine().text(PROGRAM);
    let program = program.replace("user=shop", "user=nobody_at_all");
    shop.machine().write(PROGRAM, program, 0o644);
    let refused = said(UPDATE);
    let begins = "supervisord cannot update shop: CANT_REREAD: ";
    assert!(
        refused.starts_with(begins) && refused.contains("nobody_at_all"),
        "{refused}"
    );
    assert_eq!(refused.lines().count(), 1, "{refused}");
}

#[test]
fn supervisord_is_found_where_its_configuration_says_and_with_its_password() {
    let shop = Container::up(VARS);
    let conf = "[unix_http_server]
file=%(here)s/control.sock ; not the usual place
username=operator
password=pear tree
[supervisord]
nodaemon=true
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl=unix:///etc/supervisor/control.sock
username=operator
password=pear tree
[include]
files = /etc/supervisor/conf.d/*.conf
";
    shop.machine()
        .write("/etc/supervisor/supervisord.conf", conf, 0o600);
    let _supervisor = shop.start_supervisor();
    shop.pay(RESTART).expect_success();
}

#[test]
fn asking_supervisord_is_quicker_than_supervisorctl_starts() {
    let shop = Container::up(VARS);
    let _supervisor = shop.start_supervisor();
    let best = |pay: &dyn Fn()| {
        let time = || {
            let begun = Instant::now();
            pay();
            begun.elapsed()
        };
        (0..5).map(|_| time()).min().unwrap()
    };
    let ours = best(&|| drop(shop.pay(UPDATE).expect_success()));
    let theirs = best(&|| drop(shop.machine().ok(["supervisorctl", "update", "shop"])));
    assert!(2 * ours < theirs, "{ours:?} against {theirs:?}");
}
