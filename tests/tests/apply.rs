//! Observe, plan and perform on scratch machines: from nothing to a container, and not twice.

use wsgi_apply::{Extent, Outcome, Plan, PlanOptions, Probe};
use wsgi_render::Target;
use wsgi_tests::{Applier, Machine, PythonPackages, desired, touched};

const VARS: &str = "
wsgi_project_name: shop
wsgi_wsgi_path: shop:app
wsgi_server_names: [shop.test]
wsgi_support_email: help@shop.test
wsgi_env_vars: {secret: 'it''s $5'}
wsgi_ssh_key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f ada@test
wsgi_cron_tasks:
  - {name: Tidy up, command: 'true', frequency: {minute: '5'}}
";

fn machine() -> Machine {
    let machine = Machine::up();
    machine.offer_wheels(&PythonPackages::for_apps().expect("packages"));
    machine
}

#[test]
fn a_fresh_machine_becomes_a_container_and_a_second_apply_has_nothing_to_do() {
    let machine = machine();
    let mut host = Applier::new(&machine);
    let (plan, report) = host.apply(&[VARS]);
    assert_eq!(report.done.len(), plan.steps.len());

    let changed = VARS.replace("$5", "$6");
    let (plan, _) = host.apply(&[&changed]);
    assert_eq!(
        touched(&plan),
        ["/etc/wsgi/shop/env", "exchange gunicorn of shop"]
    );

    let without = changed.replace("wsgi_cron_tasks:", "wsgi_sudo: no\nwsgi_cron_tasks: []\nx:");
    let (plan, _) = host.apply(&[&without]);
    assert_eq!(
        touched(&plan),
        [
            "/etc/cron.d/shop",
            "/etc/sudoers.d/shop",
            "/etc/wsgi/shop/cron/tidy-up",
            "/etc/wsgi/shop/cron",
        ]
    );
    assert!(!machine.exists("/etc/wsgi/shop/cron"));
}

#[test]
fn what_was_applied_can_be_removed_and_its_data_stays_until_it_is_purged() {
    let machine = machine();
    let mut host = Applier::new(&machine);
    host.apply(&[VARS]);
    machine.write("/mnt/shop/media/a.jpg", "a", 0o644);
    let wanted = desired(&[VARS], &Target::default());
    let mut remove = |extent| {
        let facts = host.facts_for(&Probe::of_removal(&wanted));
        let plan = Plan::removal(&wanted, &facts, PlanOptions::default(), extent);
        assert_eq!(plan.obstacles, []);
        if !plan.is_empty() {
            let (report, said) = host.perform(&plan);
            assert_eq!(report.outcome, Outcome::Done, "{said}");
        }
        plan.is_empty()
    };

    // Of files that others write in, too, their part stays.
    let home = "/var/www/shop";
    machine
        .sh("cd /var/www/shop; echo 'alias la=\"ls -a\"' >>.bash_profile")
        .expect_success();
    assert!(!remove(Extent::Ours));
    for gone in [
        "/etc/wsgi/shop",
        "/etc/nginx/sites-enabled/shop",
        "/etc/cron.d/shop",
        "/var/www/shop/.bashrc",
        "/var/www/shop/.ssh/authorized_keys",
    ] {
        assert!(!machine.exists(gone), "{gone}");
    }
    assert!(machine.exists("/mnt/shop/media/a.jpg"));
    let profile = machine.text(&format!("{home}/.bash_profile"));
    assert_eq!(profile, "alias la=\"ls -a\"\n");
    machine.ok(["id", "shop"]);
    let status = machine.run(["supervisorctl", "status", "shop"]);
    assert!(status.text().contains("no such process"), "{status}");
    assert!(remove(Extent::Ours));

    // Somebody is still at work there, and logs were rotated.
    let rotated = [
        "/var/log/supervisor/shop.log.1.gz",
        "/var/log/nginx/shop.access.log.1",
        "/var/log/nginx/shop.access.log.14.gz",
        "/var/log/nginx/shop.error.log-20251122",
    ];
    let of_others = [
        "/var/log/nginx/access.log",
        "/var/log/nginx/shop2.access.log",
        "/var/log/nginx/shop2.access.log.1",
        "/var/log/nginx/shop_.error.log",
        "/var/log/nginx/shop.access.log.old",
    ];
    for log in rotated.iter().chain(&of_others) {
        machine.write(log, "", 0o640);
    }
    assert!(machine.exists("/var/log/nginx/shop.access.log"));
    let argv = ["sh", "-c", "trap '' TERM; sleep 1000"];
    let mut at_work = machine.command(argv).user("shop").spawn();
    assert!(!remove(Extent::Everything));
    for gone in [
        "/mnt/shop",
        "/var/lib/shop",
        "/var/www/shop",
        "/var/lib/wsgi/shop",
        "/var/log/nginx/shop.access.log",
        "/var/log/nginx/shop.error.log",
    ]
    .iter()
    .chain(&rotated)
    {
        assert!(!machine.exists(gone), "{gone}");
    }
    for log in of_others {
        assert!(machine.exists(log), "{log}");
    }
    assert!(!machine.run(["id", "shop"]).success());
    assert!(!at_work.is_running());
    machine.ok(["nginx", "-t"]);
    assert!(remove(Extent::Everything));
}
