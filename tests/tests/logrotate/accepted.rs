//! What logrotate says of the file, and what the checks make of it.

use wsgi_model::{Check, CheckMoment};
use wsgi_render::Dialect;
use wsgi_tests::{Container, Machine};

const APPS: [&str; 4] = [
    "{wsgi_project_name: shop, wsgi_wsgi_path: shop.wsgi}",
    "{wsgi_project_name: shop, wsgi_wsgi_path: shop.wsgi, wsgi_expose: no, wsgi_gunicorn_user: web, \
      wsgi_gunicorn_group: team, wsgi_log_dir: /srv/Логи магазина/}",
    "{wsgi_project_name: shop, wsgi_wsgi_path: shop.wsgi, wsgi_nginx_access_log_file: /dev/null, \
      wsgi_nginx_error_log_file: /srv/web logs/err=1@~+.log}",
    "{wsgi_project_name: shop, wsgi_wsgi_path: shop.wsgi, wsgi_cron_tasks: [{name: a, command: 'true', \
      logfile: /var/log/shop/sub dir/x y}]}",
];

fn checks(container: &Container) -> Vec<&Check> {
    let file = container.bundle().artifact("/etc/logrotate.d/shop");
    file.unwrap().checks.iter().collect()
}

#[test]
fn logrotate_has_nothing_to_say_about_any_apps_file() {
    for vars in APPS {
        let container = Container::up(vars);
        let machine = container.machine();
        let said = machine
            .ok(["logrotate", "--debug", "/etc/logrotate.d/shop"])
            .errors();
        // It says itself that a trial run is one.
        let complaints: Vec<_> = said
            .lines()
            .filter(|line| line.contains("error") || line.contains("warning"))
            .filter(|line| {
                !line.contains("in debug mode does nothing") && !line.contains("considering")
            })
            .collect();
        assert!(complaints.is_empty(), "{vars}\n{said}");
        for check in checks(&container) {
            let output = container.check(check, "/etc/logrotate.d/shop");
            assert!(output.success(), "{vars}\n{output}");
        }
    }
}

#[test]
fn any_path_that_can_be_quoted_is_the_path_that_is_rotated() {
    let machine = Machine::up();
    for name in [
        "plain", "a b", "it's", "a\"b", r"a\b", "[ab]", "*", "?", "é", "~#=,;", r"\", "$HOME",
    ] {
        let path = format!("/srv/quoted/{name}");
        machine.write(&path, "line", 0o644);
        // Whatever the name matches as a pattern must not be rotated for it.
        machine.write("/srv/quoted/a", "line", 0o644);
        let quoted = Dialect::Logrotate.quote(&path).unwrap();
        machine.write(
            "/etc/quoted",
            format!("{quoted} {{\n rotate 1\n nodateext\n}}\n"),
            0o644,
        );
        machine.ok(["logrotate", "--force", "/etc/quoted"]);
        assert!(machine.exists(&format!("{path}.1")), "{name}: {quoted}");
        assert!(!machine.exists("/srv/quoted/a.1"), "{name}: {quoted}");
    }
    for bad in ["a{b", "a}b", "a\nb", "a\0"] {
        assert!(Dialect::Logrotate.quote(bad).is_err(), "{bad:?}");
    }
}

#[test]
fn the_check_refuses_what_logrotate_would_ignore() {
    let container = Container::up(APPS[0]);
    let machine = container.machine();
    let good = machine.text("/etc/logrotate.d/shop");
    let staged = "/run/staged";
    let check = checks(&container)[0];
    assert_eq!(check.moment, CheckMoment::Staged);
    for (from, to) in [
        ("daily", "dayly"),
        ("su shop shop", "su nobody_here shop"),
        ("create 0640 root shop", "create 0640 root nogroup_here"),
        ("endscript", ""),
        ("\n", "\r\n"),
        ("# Generated", "\u{feff}# Generated"),
    ] {
        machine.write(staged, good.replacen(from, to, usize::MAX), 0o600);
        let output = container.check(check, staged);
        assert!(!output.success(), "{from} became {to}\n{output}");
    }
    machine.write(staged, good.clone(), 0o666);
    assert!(
        !container.check(check, staged).success(),
        "writable by others"
    );
    machine.write(staged, good, 0o600);
    assert!(container.check(check, staged).success());
}

#[test]
fn the_check_refuses_a_log_that_another_file_rotates() {
    let container = Container::up(APPS[0]);
    let machine = container.machine();
    machine.write("/var/log/shop/shop.log", "line\n", 0o644);
    let check = checks(&container)[1];
    assert_eq!(check.moment, CheckMoment::InPlace);
    // Of two files that name a log, the one that is read first wins.
    for name in ["aaa", "zzz"] {
        let other = format!("/etc/logrotate.d/{name}");
        machine.write(&other, "/var/log/shop/*.log {\n su shop shop\n}\n", 0o644);
        let output = container.check(check, "");
        assert!(!output.success(), "{name}: {output}");
        assert!(output.text().contains("/var/log/shop/shop.log"), "{output}");
        machine.ok(["rm", &other]);
    }
    // A fault of somebody else's is not ours to report.
    machine.write(
        "/etc/logrotate.d/other",
        "/var/log/other {\n bogus\n}\n",
        0o644,
    );
    assert!(container.check(check, "").success());
}
