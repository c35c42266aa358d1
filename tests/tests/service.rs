//! What supervisor, systemd and `service` make of the files that are theirs.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use serde_json::Value;
use wsgi_tests::{Container, wait_until};

const VARS: &str = "wsgi_project_name: shop\nwsgi_wsgi_path: web:app\nwsgi_gunicorn_timeout: 90\n";

const READ_BACK: &str = include_str!("../src/read_supervisor.py");

fn service(shop: &Container, action: &str) -> Option<i32> {
    shop.machine().run(["service", "shop", action]).code()
}

#[test]
fn supervisors_own_parser_reads_back_what_was_meant() {
    let shop = Container::up(VARS);
    shop.check_everything();
    let read = shop.machine().ok(["python3", "-c", READ_BACK]);
    let read: Value = serde_json::from_slice(&read.stdout).unwrap();
    assert_eq!(read["unknown"], Value::Array(Vec::new()));
    for (name, value) in [
        ("name", "'shop'"),
        ("command", "'/etc/wsgi/shop/gunicorn_start'"),
        ("directory", "'/'"),
        ("autostart", "True"),
        ("startsecs", "5"),
        ("startretries", "10"),
        ("stopsignal", "<Signals.SIGTERM: 15>"),
        // gunicorn's graceful timeout, and ten seconds.
        ("stopwaitsecs", "100"),
        ("stopasgroup", "False"),
        ("killasgroup", "True"),
        ("redirect_stderr", "True"),
        ("stdout_logfile", "'/var/log/supervisor/shop.log'"),
        ("stdout_logfile_maxbytes", "0"),
        ("environment", "{}"),
    ] {
        assert_eq!(read["settings"][name], value, "{name}");
    }
}

#[test]
fn a_program_of_an_unknown_user_does_not_pass_its_check() {
    let shop = Container::up(VARS);
    shop.check_everything();
    shop.machine().ok(["userdel", "--remove", "shop"]);
    let program = shop
        .bundle()
        .artifact("/etc/supervisor/conf.d/shop.conf")
        .unwrap();
    let command = &program.checks[0].command;
    let argv =
        std::iter::once(command.program.as_ref()).chain(command.args.iter().map(
            |word| match word {
                wsgi_model::Word::Literal(text) => text.as_ref(),
                other => panic!("{other:?}"),
            },
        ));
    let refused = shop.machine().run(argv).expect_failure();
    assert!(refused.to_string().contains("shop"), "{refused}");
}

#[test]
fn service_works_without_systemd() {
    let shop = Container::up(VARS);
    assert_ne!(
        service(&shop, "restart"),
        Some(0),
        "supervisor does not run"
    );
    let _supervisor = shop.start_supervisor();
    let pid = || shop.machine().ok(["supervisorctl", "pid", "shop"]).text();
    wait_until("the program runs", || service(&shop, "status") == Some(0));

    let first = pid();
    assert_eq!(service(&shop, "start"), Some(0), "it runs already");
    assert_eq!(service(&shop, "reload"), Some(0));
    assert_eq!(pid(), first);
    for action in ["restart", "force-reload"] {
        let before = pid();
        assert_eq!(service(&shop, action), Some(0));
        assert_ne!(pid(), before, "{action}");
    }
    assert_eq!(service(&shop, "stop"), Some(0));
    assert_eq!(service(&shop, "stop"), Some(0), "it is stopped already");
    // As the Linux Standard Base has it: 3 is "not running".
    assert_eq!(service(&shop, "status"), Some(3));
    assert_eq!(service(&shop, "start"), Some(0));
    assert_eq!(service(&shop, "sing"), Some(2));
}

#[test]
fn systemd_finds_nothing_wrong_with_the_unit() {
    let shop = Container::up(VARS);
    let unit = shop.app().layout().systemd_unit();
    let verified = shop
        .machine()
        .ok(["systemd-analyze", "verify", unit.as_str()]);
    assert_eq!(verified.errors(), "");
    let link = shop.app().layout().systemd_wants();
    assert_eq!(
        shop.machine()
            .ok(["readlink", "-e", link.as_str()])
            .text()
            .trim(),
        unit.as_str()
    );
}

#[test]
fn systemd_restarts_a_program_that_it_believed_stopped_but_not_one_of_a_moment_ago() {
    for (status, restarts) in [
        ("shop                             STARTING", false),
        (
            "shop                             RUNNING   pid 7, uptime 0:00:09",
            false,
        ),
        (
            "shop                             RUNNING   pid 7, uptime 0:00:31",
            true,
        ),
        (
            "shop                             RUNNING   pid 7, uptime 1:00:02",
            true,
        ),
        (
            "shop                             RUNNING   pid 7, uptime 1 day, 0:00:02",
            true,
        ),
        (
            "shop                             STOPPED   Nov 22 12:00 PM",
            true,
        ),
        (
            "shop                             FATAL     Exited too quickly",
            true,
        ),
        (
            "shop                             BACKOFF   Exited too quickly",
            true,
        ),
    ] {
        let shop = Container::up(VARS);
        // Supervisor's words, without the wait until it would say them.
        let control = format!(
            "#!/bin/sh\ncase $3 in\n    status) echo '{status}' ;;\n    *) echo \"$3\" ;;\nesac\n"
        );
        shop.machine()
            .write("/usr/bin/supervisorctl", control, 0o755);
        let said = shop
            .machine()
            .ok(["/etc/init.d/shop", "systemd-start"])
            .text();
        assert_eq!(said.contains("restart"), restarts, "{status}");
    }
}

#[test]
fn scripts_pass_shellcheck() {
    let shop = Container::up(VARS);
    for (shell, path) in [
        ("sh", "/etc/wsgi/shop/env"),
        ("sh", "/etc/wsgi/shop/gunicorn_start"),
        ("sh", "/etc/wsgi/shop/profile"),
        ("sh", "/etc/init.d/shop"),
        ("dash", "/etc/wsgi/shop/gunicorn_start"),
        ("bash", "/var/www/shop/.bash_profile"),
    ] {
        let shell = format!("--shell={shell}");
        shop.machine().ok([
            "shellcheck",
            "--external-sources",
            // Files in a home are their owner's.
            "--exclude=SC1090",
            &shell,
            path,
        ]);
    }
}
