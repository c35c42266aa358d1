//! Root rotates what the app can replace.

use wsgi_tests::{Container, Machine};

const SHOP: &str = "
wsgi_project_name: shop
wsgi_wsgi_path: shop.wsgi
wsgi_cron_tasks:
  - {name: nightly, command: 'true', logfile: /var/log/shop/cron/nightly}
";

fn rotate(machine: &Machine) {
    // Some links are errors, which is well; what counts is what is left.
    machine.run(["logrotate", "--force", "/etc/logrotate.d/shop"]);
}

#[test]
fn links_in_the_apps_log_directory_lead_root_nowhere() {
    let container = Container::up(SHOP);
    let machine = container.machine();
    machine.write("/srv/of-root/nightly", "of root\n", 0o644);
    machine.write("/srv/of-root/shop.log", "of root\n", 0o644);
    let before = machine
        .ok(["ls", "-lR", "--full-time", "/srv/of-root"])
        .text();
    for attack in [
        "ln -s /srv/of-root/shop.log /var/log/shop/shop.log",
        "ln -s /srv/of-root /var/log/shop/cron",
        "mkdir /var/log/shop/cron; ln -s /srv/of-root/nightly /var/log/shop/cron/nightly",
        "echo x >/var/log/shop/shop.log; ln -s /srv/of-root/shop.log /var/log/shop/shop.log.1",
        "echo x >/var/log/shop/shop.log; ln -s /srv/of-root/new /var/log/shop/shop.log.2.gz",
    ] {
        container.run(["sh", "-c", attack]).expect_success();
        rotate(machine);
        rotate(machine);
        let after = machine
            .ok(["ls", "-lR", "--full-time", "/srv/of-root"])
            .text();
        assert_eq!(after, before, "{attack}");
        assert_eq!(
            machine.text("/srv/of-root/shop.log"),
            "of root\n",
            "{attack}"
        );
        machine
            .sh("rm -rf /var/log/shop/cron /var/log/shop/shop.log*")
            .expect_success();
    }
}

#[test]
fn a_process_id_that_the_app_writes_is_signalled_by_nobody() {
    let container = Container::up(SHOP);
    let machine = container.machine();
    let mut victim = machine.spawn(["sleep", "600"]);
    let _supervisor = container.start_supervisor();
    let id = victim.id().to_string();
    let script = "echo $1 >/var/lib/shop/run/gunicorn.pid; echo line >/var/log/shop/shop.log";
    container
        .run(["sh", "-c", script, "attack", &id])
        .expect_success();
    rotate(machine);
    assert!(machine.exists("/var/log/shop/shop.log.1"));
    assert!(victim.is_running());
}
