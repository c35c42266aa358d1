//! What a rotation leaves.

use wsgi_tests::{Container, wait_until};

const SHOP: &str = "
wsgi_project_name: shop
wsgi_wsgi_path: shop.wsgi
wsgi_log_dir: /srv/logs of shop
wsgi_nginx_access_log_file: /srv/web/access
wsgi_nginx_error_log_file: /srv/web/access
wsgi_cron_tasks:
  - {name: in the glob, command: 'true', logfile: /srv/logs of shop/cron.log}
  - {name: beside it, command: 'true', logfile: /srv/logs of shop/cron.out}
  - {name: below it, command: 'true', logfile: /srv/logs of shop/cron/nightly.log}
  - {name: the same, command: 'true', logfile: /srv/logs of shop/cron/nightly.log}
  - {name: hidden, command: 'true', logfile: /srv/logs of shop/.cron.log}
  - {name: elsewhere, command: 'true', logfile: /srv/elsewhere.log}
";

const LOGS: [&str; 5] = [
    "/srv/logs of shop/shop.log",
    "/srv/logs of shop/cron.log",
    "/srv/logs of shop/cron.out",
    "/srv/logs of shop/cron/nightly.log",
    "/srv/logs of shop/.cron.log",
];

fn shop() -> Container {
    let container = Container::up(SHOP);
    let machine = container.machine();
    container
        .run(["mkdir", "/srv/logs of shop/cron"])
        .expect_success();
    machine.ok(["mkdir", "/srv/web"]);
    container
}

/// Adds a line to each log, as the user that writes it.
fn write_logs(container: &Container, line: &str) {
    let append = r#"printf '%s\n' "$1" >>"$2""#;
    for log in LOGS {
        container
            .run(["sh", "-c", append, "append", line, log])
            .expect_success();
    }
    for log in [
        "/var/log/supervisor/shop.log",
        "/srv/web/access",
        "/srv/elsewhere.log",
    ] {
        container
            .machine()
            .ok(["sh", "-c", append, "append", line, log]);
    }
}

#[test]
fn a_rotation_can_be_forced_again_and_again_while_everything_is_down() {
    let container = shop();
    let machine = container.machine();
    for round in 1..=16 {
        write_logs(&container, &format!("line {round}"));
        let said = machine.ok(["logrotate", "--force", "/etc/logrotate.d/shop"]);
        assert_eq!((said.text(), said.errors()), (String::new(), String::new()));
    }
    for log in LOGS
        .into_iter()
        .chain(["/var/log/supervisor/shop.log", "/srv/web/access"])
    {
        assert_eq!(machine.text(log), "");
        assert_eq!(
            machine.text(&format!("{log}.1")),
            "line 16\n",
            "not compressed yet"
        );
        let oldest = machine.ok(["zcat", &format!("{log}.14.gz")]).text();
        assert_eq!(oldest, "line 3\n", "{log}");
        assert!(!machine.exists(&format!("{log}.15.gz")));
    }
    assert_eq!(machine.text("/srv/elsewhere.log").lines().count(), 16);
    assert_eq!(
        machine.text("/srv/logs of shop/supervisor.log"),
        "",
        "the documented name leads to the log that is written"
    );
}

#[test]
fn an_empty_log_and_an_absent_one_are_left_alone() {
    let container = shop();
    let machine = container.machine();
    write_logs(&container, "line");
    machine.ok(["rm", LOGS[1]]);
    machine.ok(["truncate", "--size=0", LOGS[0]]);
    let said = machine.ok(["logrotate", "--force", "/etc/logrotate.d/shop"]);
    assert_eq!(said.errors(), "");
    assert!(!machine.exists(&format!("{}.1", LOGS[0])));
    assert!(!machine.exists(&format!("{}.1", LOGS[1])));
    assert!(machine.exists(&format!("{}.1", LOGS[2])));
}

#[test]
fn a_new_log_belongs_to_who_writes_it_and_is_read_by_nobody_else() {
    let container = shop();
    let machine = container.machine();
    write_logs(&container, "line");
    machine.ok(["logrotate", "--force", "/etc/logrotate.d/shop"]);
    let owned = |path: &str| {
        let entry = machine.entry(path);
        let words = [entry.mode, entry.owner, entry.group].map(Option::unwrap_or_default);
        words.join(" ")
    };
    for log in LOGS {
        assert_eq!(owned(log), "0640 shop shop", "{log}");
    }
    assert_eq!(owned("/var/log/supervisor/shop.log"), "0640 root shop");
    assert_eq!(owned("/srv/web/access"), "0640 www-data adm");
    container
        .run(["cat", "/srv/logs of shop/supervisor.log"])
        .expect_success();
}

#[test]
fn the_hosts_own_defaults_change_nothing() {
    let container = shop();
    let machine = container.machine();
    let defaults = "su root adm\ndateext\nnocreate\nnocompress\ninclude /etc/logrotate.d/shop\n";
    machine.write("/etc/logrotate-dated.conf", defaults, 0o644);
    for _ in 0..2 {
        write_logs(&container, "line");
        let said = machine.ok(["logrotate", "--force", "/etc/logrotate-dated.conf"]);
        assert_eq!(said.errors(), "");
    }
    assert!(machine.exists("/srv/logs of shop/shop.log.2.gz"));
    assert!(machine.exists("/srv/logs of shop/shop.log"));
}

#[test]
fn a_rotation_called_from_the_apps_directory_reaches_the_app() {
    const APP: &str =
        "def application(environ, start_response):\n start_response('200 OK', [])\n return []\n";
    let container =
        Container::up("{wsgi_project_name: shop, wsgi_wsgi_path: hello}").with_virtualenv();
    container.put_current([("hello.py", APP)]);
    let machine = container.machine();
    // supervisorctl takes its settings from where it is called, if there are any.
    let hostile = "[supervisorctl]\nserverurl=unix:///tmp/nobody\n";
    container.put("/var/www/shop", [("supervisord.conf", hostile)]);
    let _supervisor = container.start_supervisor();
    let opened = || {
        let script = r#"for p in $(pgrep -u shop python); do readlink "/proc/$p/fd/"*; done | grep -F /var/log/shop/ | sort -u"#;
        machine.sh(script).text()
    };
    wait_until("gunicorn has its log open", || {
        opened() == "/var/log/shop/shop.log\n"
    });
    machine
        .command(["logrotate", "--force", "/etc/logrotate.d/shop"])
        .directory("/var/www/shop")
        .ok();
    assert!(machine.exists("/var/log/shop/shop.log.1"));
    wait_until("gunicorn has the new log open", || {
        opened() == "/var/log/shop/shop.log\n"
    });
}
