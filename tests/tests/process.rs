//! Supervisor runs gunicorn, and gunicorn the app, as rendered.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;
use wsgi_tests::{Container, Output, Process, wait_until};

const VARS: &str =
    "wsgi_project_name: shop\nwsgi_wsgi_path: web:app\nwsgi_gunicorn_num_workers: 2\n";
const WEB: (&str, &str) = ("web.py", include_str!("../apps/web.py"));
const SOCKET: &str = "/var/lib/shop/run/gunicorn.sock";

fn running(vars: &str) -> (Container, Process) {
    let shop = Container::up(vars).with_virtualenv();
    shop.put_current([WEB]);
    let supervisor = shop.start_supervisor();
    wait_until("the app answers", || ask(&shop, "/").text() == "open");
    (shop, supervisor)
}

/// Asks the app as nginx does: through its socket, as www-data.
fn ask(shop: &Container, path: &str) -> Output {
    ask_with(shop, path, &[])
}

fn ask_with(shop: &Container, path: &str, options: &[&str]) -> Output {
    let url = format!("http://shop.example{path}");
    let mut argv = vec!["curl", "--silent", "--unix-socket", SOCKET, &url];
    argv.extend(options);
    shop.machine().run_as("www-data", argv)
}

fn process(shop: &Container) -> Value {
    serde_json::from_slice(&ask(shop, "/process").expect_success().stdout).unwrap()
}

fn environment(shop: &Container) -> BTreeMap<String, String> {
    ask(shop, "/environment")
        .expect_success()
        .text()
        .split('\0')
        .filter_map(|entry| entry.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

#[test]
fn nginx_reaches_the_app_and_nobody_else_does() {
    let (shop, _supervisor) = running(VARS);
    shop.machine().ok(["useradd", "stranger"]);
    shop.machine()
        .run_as(
            "stranger",
            ["curl", "--silent", "--unix-socket", SOCKET, "http://x/"],
        )
        .expect_failure();
}

#[test]
fn the_app_is_its_user_with_the_environment_byte_for_byte() {
    let awkward = "it's 100% \\\"$HOME\" `id`\n\r\tпароль ";
    let (shop, _supervisor) = running(&format!(
        "{VARS}wsgi_env_vars: {{secret: {}, empty: ''}}\n",
        serde_json::to_string(awkward).unwrap()
    ));
    let read = environment(&shop);
    for var in shop.app().environment() {
        let got = read.get(var.name.as_str()).map(String::as_str);
        assert_eq!(got, Some(var.value.expose()), "{}", var.name);
    }
    for (name, value) in [
        ("HOME", "/var/www/shop"),
        ("USER", "shop"),
        ("LOGNAME", "shop"),
        ("VIRTUAL_ENV", "/var/lib/shop/venv"),
        ("PWD", "/var/www/shop/current"),
    ] {
        assert_eq!(read.get(name).map(String::as_str), Some(value), "{name}");
    }
    assert!(
        read["PATH"].starts_with("/var/lib/shop/venv/bin:"),
        "{read:?}"
    );

    let process = process(&shop);
    let uid = shop.machine().ok(["id", "-u", "shop"]).text();
    assert_eq!(process["uid"].to_string(), uid.trim());
    // Its own group and no other: least of all nginx's.
    assert_eq!(process["groups"].as_array().unwrap().len(), 1);
    // nginx serves what the app stores.
    assert_eq!(process["umask"], 0o022);
    // What takes signals is the herder, which started gunicorn's master.
    let pid = shop.machine().ok(["supervisorctl", "pid", "shop"]).text();
    let file = shop.machine().text("/var/lib/shop/run/gunicorn.pid");
    assert_eq!(file, pid);
    let master = process["master"].to_string();
    let parent = shop.machine().ok(["ps", "-o", "ppid=", "-p", &master]);
    assert_eq!(parent.text().trim(), pid.trim());
}

#[test]
fn gunicorn_takes_every_setting() {
    let shop = Container::up(
        "wsgi_project_name: shop
wsgi_wsgi_path: web:app
wsgi_gunicorn_num_workers: 3
wsgi_gunicorn_timeout: 45
wsgi_gunicorn_max_requests: 1000
wsgi_request_line_limit: 8192
",
    )
    .with_virtualenv();
    shop.put_current([WEB]);
    let printed = shop
        .run([
            "/var/lib/shop/venv/bin/python",
            "/var/lib/shop/venv/bin/gunicorn",
            "--config=/etc/wsgi/shop/gunicorn.conf.py",
            "--chdir=/var/www/shop/current",
            "--print-config",
            "web:app",
        ])
        .expect_success()
        .text();
    let config: BTreeMap<_, _> = printed
        .lines()
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (name.trim(), value.trim()))
        .collect();
    for (name, value) in [
        ("bind", "['unix:/dev/null/socket']"),
        ("control_socket_disable", "True"),
        ("errorlog", "/var/log/shop/shop.log"),
        ("forwarder_headers", "[]"),
        ("graceful_timeout", "45"),
        ("limit_request_line", "8190"),
        ("loglevel", "info"),
        ("max_requests", "1000"),
        ("max_requests_jitter", "100"),
        ("pidfile", "None"),
        ("proc_name", "shop"),
        ("secure_scheme_headers", "{'X-FORWARDED-PROTO': 'https'}"),
        ("timeout", "45"),
        ("workers", "3"),
    ] {
        assert_eq!(config.get(name), Some(&value), "{name}");
    }
    // Every name is gunicorn's: it ignores a misspelt one without a word.
    let conf = shop.machine().text("/etc/wsgi/shop/gunicorn.conf.py");
    for line in conf
        .lines()
        .filter(|line| !line.starts_with(['#', '_', ' ']))
    {
        if let Some((name, _)) = line.split_once(" = ") {
            assert!(
                config.contains_key(name),
                "gunicorn has no setting `{name}`"
            );
        }
    }
}

#[test]
fn as_many_workers_run_as_wanted() {
    let (shop, _supervisor) = running(&VARS.replace("workers: 2", "workers: 4"));
    let master = process(&shop)["master"].to_string();
    wait_until("four workers run", || {
        let workers = shop.machine().run(["pgrep", "--parent", &master]).text();
        workers.lines().count() == 4
    });
}

#[test]
fn what_nginx_says_of_the_scheme_counts_and_what_a_client_says_does_not() {
    let (shop, _supervisor) = running(VARS);
    let scheme = |headers: &[&str]| -> Value {
        let options: Vec<_> = headers.iter().flat_map(|h| ["--header", h]).collect();
        let answer = ask_with(&shop, "/process", &options).expect_success();
        serde_json::from_slice(&answer.stdout).unwrap()
    };
    assert_eq!(scheme(&["X-Forwarded-Proto: https"])["scheme"], "https");
    assert_eq!(scheme(&["X-Forwarded-Proto: http"])["scheme"], "http");
    // nginx sets the first of these and passes on what a client sent in the others.
    let forged = scheme(&[
        "X-Forwarded-Proto: http",
        "X-Forwarded-Ssl: on",
        "X-Forwarded-Protocol: ssl",
        "Script_Name: /admin",
    ]);
    assert_eq!(forged["scheme"], "http");
    assert_eq!(forged["script"], "");
}

#[test]
fn tracebacks_are_in_the_apps_log_and_what_it_prints_in_supervisors() {
    let (shop, _supervisor) = running(VARS);
    ask(&shop, "/fail").expect_success();
    let log = shop.machine().text("/var/log/shop/shop.log");
    assert!(log.contains("RuntimeError: the till is empty"), "{log}");
    assert!(log.contains("Traceback"), "{log}");

    ask(&shop, "/print").expect_success();
    // The app's user reads it under the name that the README has.
    let printed = || shop.run(["cat", "/var/log/shop/supervisor.log"]).text();
    wait_until("what was printed arrives", || {
        printed().contains("sold a pear") && printed().contains("and an apple")
    });
    let log = shop.machine().entry("/var/log/supervisor/shop.log");
    let [owner, group, mode] = [log.owner, log.group, log.mode].map(Option::unwrap_or_default);
    assert_eq!([owner, group, mode], ["root", "shop", "0640"]);
}

#[test]
fn a_restart_waits_for_a_request_in_flight_and_leaves_no_orphan() {
    let (shop, _supervisor) = running(VARS);
    let old = process(&shop)["master"].to_string();
    let url = "http://shop.example/slow";
    let mut client = shop
        .machine()
        .spawn(["curl", "--silent", "--unix-socket", SOCKET, url]);
    wait_until("the request is in flight", || {
        shop.machine().exists("/var/lib/shop/run/slow")
    });
    shop.machine().ok(["supervisorctl", "restart", "shop"]);
    assert!(client.wait(Duration::from_secs(10)).success(), "{client}");
    assert_eq!(client.stdout(), "done\n");
    wait_until("the app answers again", || ask(&shop, "/").text() == "open");
    assert_ne!(process(&shop)["master"].to_string(), old);
    shop.machine().ok(["supervisorctl", "stop", "shop"]);
    let left = shop
        .machine()
        .run(["pgrep", "--list-full", "--euid", "shop"]);
    assert_eq!(left.text(), "");
}

#[test]
fn a_pid_file_of_before_a_crash_does_not_keep_the_app_down() {
    let shop = Container::up(VARS).with_virtualenv();
    shop.put_current([WEB]);
    // Some process has every small number after the host started anew; here it is process 1.
    shop.machine()
        .write("/var/lib/shop/run/gunicorn.pid", "1\n", 0o644);
    let _supervisor = shop.start_supervisor();
    wait_until("the app answers", || ask(&shop, "/").text() == "open");
}

#[test]
fn what_keeps_the_app_from_starting_is_said() {
    let shop = Container::up(VARS);
    shop.put_current([WEB]);
    let why = || {
        shop.run(["sh", "-c", "/etc/wsgi/shop/gunicorn_start"])
            .expect_failure()
            .errors()
    };
    assert_eq!(why(), "shop: no virtualenv in /var/lib/shop/venv\n");

    let shop = shop.with_virtualenv();
    shop.machine().ok(["rm", "/var/lib/shop/venv/bin/gunicorn"]);
    let why = || {
        shop.run(["sh", "-c", "/etc/wsgi/shop/gunicorn_start"])
            .expect_failure()
            .errors()
    };
    assert!(
        why().contains("python -m pip install gunicorn"),
        "{}",
        why()
    );

    let shop = shop.with_virtualenv();
    shop.machine()
        .ok(["chown", "root:root", "/var/www/shop/current"]);
    shop.machine()
        .ok(["chmod", "0700", "/var/www/shop/current"]);
    let why = || {
        shop.run(["sh", "-c", "/etc/wsgi/shop/gunicorn_start"])
            .expect_failure()
            .errors()
    };
    assert!(
        why().contains("cannot enter /var/www/shop/current"),
        "{}",
        why()
    );

    shop.machine().ok(["rm", "/etc/wsgi/shop/env"]);
    assert!(why().contains("/etc/wsgi/shop/env"), "{}", why());
}

#[test]
fn places_with_spaces_serve_as_well() {
    let (shop, _supervisor) = running(
        "wsgi_project_name: shop
wsgi_wsgi_path: web:factory('good morning')
wsgi_path: /srv/my app/
wsgi_virtualenv: /srv/my virtualenv/
wsgi_log_dir: /srv/my logs
",
    );
    assert_eq!(ask(&shop, "/greeting").text(), "good morning");
    assert_eq!(environment(&shop)["HOME"], "/srv/my app");
    let log = shop.machine().text("/srv/my logs/shop.log");
    assert!(log.contains("Booting worker"), "{log}");
}

#[test]
fn the_user_need_not_be_called_like_the_app() {
    let (shop, _supervisor) = running(&format!(
        "{VARS}wsgi_gunicorn_user: seller\nwsgi_gunicorn_group: sellers\n"
    ));
    assert_eq!(environment(&shop)["USER"], "seller");
    let uid = shop.machine().ok(["id", "-u", "seller"]).text();
    assert_eq!(process(&shop)["uid"].to_string(), uid.trim());
}
