//! What the app's user may do as root, and what not, with the real sudo.

use wsgi_tests::{Container, Machine, Output, Process, wait_until};

const VARS: &str = "wsgi_project_name: shop\nwsgi_wsgi_path: web:app\n";

fn two_apps(vars: &str) -> (Container, Process) {
    let machine = Machine::up();
    Container::on(
        &machine,
        "wsgi_project_name: bank\nwsgi_wsgi_path: web:app\n",
    );
    let shop = Container::on(&machine, vars);
    let supervisor = shop.start_supervisor();
    wait_until("the program runs", || {
        shop.program_status().starts_with("RUNNING")
    });
    (shop, supervisor)
}

fn sudo(shop: &Container, command: &str) -> Output {
    shop.run(["sh", "-c", &format!("sudo -n {command}")])
}

fn pid(shop: &Container) -> String {
    shop.machine().ok(["supervisorctl", "pid", "shop"]).text()
}

#[test]
fn both_commands_of_the_readme_restart_the_app() {
    let (shop, _supervisor) = two_apps(VARS);
    for command in [
        "supervisorctl restart shop",
        "service shop restart",
        "/usr/sbin/service shop restart",
    ] {
        let before = pid(&shop);
        sudo(&shop, command).expect_success();
        assert_ne!(pid(&shop), before, "{command}");
    }
}

#[test]
fn the_app_controls_its_own_program() {
    let (shop, _supervisor) = two_apps(VARS);
    for (command, state) in [
        ("supervisorctl stop shop", "STOPPED"),
        ("supervisorctl start shop", "RUNNING"),
        ("service shop stop", "STOPPED"),
        ("service shop start", "RUNNING"),
        ("service shop reload", "RUNNING"),
        ("supervisorctl signal HUP shop", "RUNNING"),
    ] {
        sudo(&shop, command).expect_success();
        assert!(shop.program_status().starts_with(state), "{command}");
    }
    let status = sudo(&shop, "supervisorctl status shop").expect_success();
    assert!(status.text().contains("RUNNING"), "{status}");
    let log = sudo(&shop, "supervisorctl tail shop").expect_success();
    assert!(log.text().contains("no release yet"), "{log}");
    let user = shop.app().user().as_str();
    let follow = shop
        .machine()
        .command(["sudo", "-n", "supervisorctl", "tail", "-f", "shop"])
        .user(user)
        .spawn();
    wait_until("the log is followed", || {
        follow.stdout().contains("no release yet")
    });
}

#[test]
fn everything_else_is_refused() {
    let (shop, _supervisor) = two_apps(VARS);
    for command in [
        "-s",
        "-i",
        "id",
        "sh -c id",
        "supervisorctl",
        "supervisorctl restart all",
        "supervisorctl restart bank",
        "supervisorctl restart shop bank",
        "supervisorctl restart 'shop bank'",
        "supervisorctl restart shop:",
        "supervisorctl -c /tmp/evil.conf restart shop",
        "supervisorctl -i restart shop",
        "supervisorctl tail -f bank",
        "supervisorctl tail -f shop bank",
        "supervisorctl signal KILL shop",
        "supervisorctl shutdown",
        "supervisorctl reload",
        "supervisorctl update",
        "supervisorctl status",
        "supervisorctl fg shop",
        "service bank restart",
        "service shop systemd-start",
        "service --status-all",
        "systemctl restart shop",
        "/etc/init.d/shop restart",
        "-u bank supervisorctl restart shop",
        "-E supervisorctl restart shop",
        "PYTHONPATH=/tmp supervisorctl restart shop",
        "-D /tmp supervisorctl restart shop",
        "-R /var/www/shop supervisorctl restart shop",
        "visudo",
        "sudoedit /etc/sudoers",
    ] {
        let before = pid(&shop);
        let refused = sudo(&shop, command).expect_failure();
        assert!(!refused.text().contains("uid="), "{command}: {refused}");
        assert_eq!(pid(&shop), before, "{command}");
    }
}

#[test]
fn a_configuration_that_the_app_planted_is_not_read_by_root() {
    let (shop, _supervisor) = two_apps(VARS);
    // A plugin is any Python callable: this one runs what it is given on its standard input.
    let planted = "[supervisord]
[supervisorctl]
serverurl = unix:///var/run/supervisor.sock
[ctlplugin:any]
supervisor.ctl_factory = code:interact
";
    let code = "import os; print('uid=%d' % os.getuid())\n";
    for file in ["supervisord.conf", "etc/supervisord.conf"] {
        shop.machine()
            .write(&format!("/var/www/shop/{file}"), planted, 0o644);
    }
    shop.machine().ok(["mkdir", "/var/www/shop/bin"]);
    shop.machine().ok([
        "ln",
        "-s",
        "/usr/bin/supervisorctl",
        "/var/www/shop/bin/supervisorctl",
    ]);
    let run_with_code = |argv: &[&str]| {
        let command = shop.machine().command(argv).user("shop");
        command.directory("/var/www/shop").stdin(code).run()
    };
    // The trap is a real one: this is what a plain rule of sudo would run as root.
    let trap = run_with_code(&["supervisorctl", "status", "shop"]);
    assert!(trap.text().contains("uid="), "{trap}");

    for program in [
        "supervisorctl",
        "/var/www/shop/bin/supervisorctl",
        "bin/supervisorctl",
    ] {
        let run = run_with_code(&["sudo", "-n", program, "status", "shop"]);
        assert!(!run.text().contains("uid="), "{run}");
        assert!(run.expect_success().text().contains("RUNNING"));
    }
    let run = run_with_code(&["sudo", "-n", "service", "shop", "restart"]).expect_success();
    assert!(!run.text().contains("uid="), "{run}");
}

#[test]
fn all_rights_are_given_only_on_demand() {
    let full = Container::up(&format!("{VARS}wsgi_sudo: full\n"));
    let id = sudo(&full, "id -u").expect_success();
    assert_eq!(id.text(), "0\n");
    full.check_everything();

    let none = Container::up(&format!("{VARS}wsgi_sudo: no\n"));
    assert!(!none.machine().exists("/etc/sudoers.d/shop"));
    sudo(&none, "supervisorctl status shop").expect_failure();
}

#[test]
fn the_rule_is_for_the_user_and_the_program() {
    let shop = Container::up(&format!("{VARS}wsgi_gunicorn_user: seller\n"));
    shop.check_everything();
    let _supervisor = shop.start_supervisor();
    sudo(&shop, "supervisorctl restart shop").expect_success();
}

#[test]
fn a_drop_in_that_sudo_would_ignore_does_not_pass_its_check() {
    let shop = Container::up(VARS);
    shop.check_everything();
    for mode in ["0666", "0600"] {
        shop.machine().ok(["chmod", mode, "/etc/sudoers.d/shop"]);
        shop.machine()
            .run(["visudo", "-csOPf", "/etc/sudoers.d/shop"])
            .expect_failure();
    }
}
