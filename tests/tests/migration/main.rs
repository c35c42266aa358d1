//! A host that the Ansible role has provisioned becomes one of ours: nothing of the role's runs beside
//! what takes its place, and nothing that somebody else has made is taken for the role's.

use std::time::Duration;

use wsgi_apply::{Change, Obstacle, Plan, PlanOptions};
use wsgi_tests::{Applier, Authority, KeyKind, Machine, Process, PythonPackages, touched};
use wsgi_tests::{wait_until, wait_until_within};

const VARS: &str = "
wsgi_project_name: shop
wsgi_wsgi_path: web:app
wsgi_server_names: [shop.test]
wsgi_env_vars: {greeting: hello}
wsgi_gunicorn_num_workers: 1
wsgi_ssl: yes
wsgi_update_apt_cache: no
wsgi_cron_tasks:
  - {name: Tidy up, command: date +%H:%M, logfile: /var/log/shop/tidy.log}
  - {name: Look after logs, user: root, command: date +%H:%M, logfile: /var/log/looked.log}
";

/// What the role's task cron wrote, with Ansible's own line above each.
const CRONTABS: [(&str, &str); 2] = [
    (
        "shop",
        "#Ansible: App cron task Tidy up\n\
         * * * * * /bin/bash -c 'source ~/.bash_profile && date +\\%H:\\%M &>> /var/log/shop/tidy.log'\n\
         #Ansible: App cron task Long gone\n\
         * * * * * /bin/bash -c 'source ~/.bash_profile && touch /tmp/long-gone'\n",
    ),
    (
        "root",
        "MAILTO=\"\"\n\
         #Ansible: nightly backup\n\
         7 3 * * * /usr/local/sbin/backup\n\
         #Ansible: App cron task Look after logs\n\
         * * * * * /bin/bash -c 'date +\\%H:\\%M &>> /var/log/looked.log'\n\
         #Ansible: App cron task Of another app\n\
         9 9 * * * true\n",
    ),
];

const ROOTS_REST: &str = "MAILTO=\"\"\n\
     #Ansible: nightly backup\n\
     7 3 * * * /usr/local/sbin/backup\n\
     #Ansible: App cron task Of another app\n\
     9 9 * * * true\n";

/// A host as the role has left it.
fn files_of_the_role() -> Machine {
    let machine = Machine::up();
    Authority::new(&machine, KeyKind::Ecdsa).certify("shop", &["shop.test"]);
    machine.ok([
        "useradd",
        "--home-dir",
        "/var/www/shop",
        "--shell",
        "/bin/bash",
        "shop",
    ]);
    machine.copy_in(
        concat!(env!("CARGO_MANIFEST_DIR"), "/tests/migration/host"),
        "/",
    );
    let owners = "set -e
        cd /var/log && mkdir shop && touch shop/supervisor.log && chown -R shop:shop shop && chmod 0774 shop
        chown -R shop:shop /var/www/shop /var/lib/shop/venv
        chmod 0755 /var/lib/shop/venv/bin/gunicorn_start
        chmod 0640 /var/lib/shop/venv/bin/postactivate
        chmod 0440 /etc/sudoers.d/shop
        chmod 0664 /mnt/shop/*.html
        rm /etc/nginx/sites-enabled/default
        ln -s /etc/nginx/sites-available/shop /etc/nginx/sites-enabled/shop";
    machine.sh(owners).expect_success();
    for (user, text) in CRONTABS {
        machine
            .command(["crontab", "-u", user, "-"])
            .stdin(text)
            .ok();
    }
    machine
}

/// The same with all of it running.
fn running_host_of_the_role() -> (Machine, Vec<Process>) {
    let machine = files_of_the_role();
    machine.offer_wheels(&PythonPackages::for_apps().expect("packages"));
    let venv =
        "python3 -m venv /var/lib/shop/venv && /var/lib/shop/venv/bin/pip install -q gunicorn";
    machine
        .command(["sh", "-c", venv])
        .user("shop")
        .timeout(Duration::from_secs(200))
        .ok();
    let daemons = vec![
        machine.spawn(["nginx", "-g", "daemon off;"]),
        machine.spawn([
            "supervisord",
            "-n",
            "-c",
            "/etc/supervisor/supervisord.conf",
        ]),
        machine.spawn(["cron", "-f"]),
    ];
    wait_until("the role's app answers", || {
        let asked =
            machine.sh("curl -s --max-time 5 --resolve shop.test:80:127.0.0.1 http://shop.test/");
        asked.success() && asked.text() == "hello"
    });
    (machine, daemons)
}

fn step<'plan>(plan: &'plan Plan, path: &str) -> &'plan wsgi_apply::Step {
    let mut steps = plan.steps.iter();
    let found = steps
        .find(|step| matches!(&step.change, Change::Path(change) if change.path.as_str() == path));
    found.unwrap_or_else(|| panic!("nothing is done at {path}: {:#?}", touched(plan)))
}

#[test]
fn what_the_role_made_is_replaced_after_a_backup_and_runs_once() {
    let (machine, _daemons) = running_host_of_the_role();
    let mut applier = Applier::new(&machine);
    let plan = applier.plan(&[VARS], PlanOptions::default());
    assert_eq!(plan.obstacles, []);
    for path in [
        "/etc/nginx/sites-available/shop",
        "/etc/nginx/snippets/ssl.conf",
        "/etc/supervisor/conf.d/shop.conf",
        "/etc/sudoers.d/shop",
        "/etc/logrotate.d/shop",
        "/var/lib/shop/venv/bin/postactivate",
        "/var/lib/shop/venv/bin/gunicorn_start",
        "/var/log/shop/supervisor.log",
        "/var/www/shop/.bash_profile",
        "/mnt/shop/500.html",
        "/mnt/shop/maintenance.html",
    ] {
        let step = step(&plan, path);
        assert!(
            matches!(&step.change, Change::Path(change) if change.backup),
            "{step:?}"
        );
        assert_eq!(step.because, Some("the Ansible role made it"), "{path}");
    }
    let shown = format!("{:?}{:?}", plan, plan.document());
    assert!(!shown.contains("a role secret"), "{shown}");
    let stays = plan
        .remarks
        .iter()
        .any(|remark| remark.contains("`Of another app`"));
    assert!(stays, "{:?}", plan.remarks);

    let (_, report) = applier.apply(&[VARS]);
    for path in ["/etc/sudoers.d/shop", "/var/spool/cron/crontabs/root"] {
        assert!(
            report.backups.iter().any(|kept| kept.ends_with(path)),
            "{report:?}"
        );
    }
    let open = "find /var/lib/wsgi -type f -perm /077 -path '*backup*'";
    assert_eq!(machine.ok(["sh", "-c", open]).text(), "");

    let page = machine.get("https://shop.test/");
    assert_eq!((page.status, page.text()), (200, "hello".into()));
    assert!(!machine.exists("/etc/nginx/snippets/ssl.conf"));
    let rights = machine.ok(["sudo", "-l", "-U", "shop"]).text();
    assert!(!rights.contains("NOPASSWD: ALL"), "{rights}");
    assert!(rights.contains("supervisorctl restart shop"), "{rights}");
    let profile = machine.text("/var/www/shop/.bash_profile");
    assert!(
        profile.contains("alias ll=") && !profile.contains("activate\n"),
        "{profile}"
    );
    let session = machine.run_as("shop", ["bash", "-lc", "printenv GREETING"]);
    assert_eq!(session.expect_success().text(), "hello\n");

    let left = machine
        .run(["crontab", "-u", "shop", "-l"])
        .expect_failure();
    assert!(left.errors().contains("no crontab"), "{left}");
    assert_eq!(machine.ok(["crontab", "-l"]).text(), ROOTS_REST);
    // It begins with the tasks, and ends when all that begins at that time has long begun.
    machine.write(
        "/etc/cron.d/later",
        "* * * * * root sleep 3; [ -s /var/log/looked.log ] && touch /run/later\n",
        0o644,
    );
    wait_until_within(Duration::from_secs(130), "cron has run the tasks", || {
        machine.exists("/run/later")
    });
    for log in ["/var/log/shop/tidy.log", "/var/log/looked.log"] {
        let text = machine.text(log);
        let mut minutes: Vec<&str> = text.lines().collect();
        minutes.dedup();
        assert_eq!(minutes, text.lines().collect::<Vec<_>>(), "{log}");
    }
}

#[test]
fn a_file_that_somebody_has_made_by_hand_is_not_taken_for_the_roles() {
    let machine = files_of_the_role();
    let by_hand = r"set -e
        sed -i 's/_wsgi_server/_app_server/' /etc/nginx/sites-available/shop
        sed -i '/stdout_errfile/d' /etc/supervisor/conf.d/shop.conf
        echo 'shop ALL=(postgres) ALL' >>/etc/sudoers.d/shop
        sed -i '/prerotate/,/endscript/d' /etc/logrotate.d/shop
        sed -i 's/^# (do not use.*/# not as a daemon/' /var/lib/shop/venv/bin/gunicorn_start
        sed -i '/PIP_USE_MIRRORS/d' /var/lib/shop/venv/bin/postactivate
        sed -i 's/The Team/Ada/' /mnt/shop/500.html
        echo 'a line' >>/var/log/shop/supervisor.log";
    machine.sh(by_hand).expect_success();
    let mut applier = Applier::new(&machine);
    let plan = applier.plan(&[VARS], PlanOptions::default());
    let mut foreign: Vec<&str> = plan
        .obstacles
        .iter()
        .filter_map(|obstacle| match obstacle {
            Obstacle::Foreign { path, .. } => Some(path.as_str()),
            _ => None,
        })
        .collect();
    foreign.sort_unstable();
    assert_eq!(
        foreign,
        [
            "/etc/logrotate.d/shop",
            "/etc/nginx/sites-available/shop",
            "/etc/sudoers.d/shop",
            "/etc/supervisor/conf.d/shop.conf",
            "/mnt/shop/500.html",
            "/var/lib/shop/venv/bin/gunicorn_start",
            "/var/lib/shop/venv/bin/postactivate",
            "/var/log/shop/supervisor.log",
        ]
    );
}

#[test]
fn what_the_app_does_not_want_any_more_goes_with_the_role() {
    let machine = files_of_the_role();
    let vars = VARS.replace("wsgi_ssl: yes", "wsgi_expose: no\nwsgi_sudo: no");
    let plan = Applier::new(&machine).plan(&[&vars], PlanOptions::default());
    assert_eq!(plan.obstacles, []);
    for path in [
        "/etc/sudoers.d/shop",
        "/etc/nginx/sites-enabled/shop",
        "/etc/nginx/sites-available/shop",
        "/etc/nginx/snippets/ssl.conf",
    ] {
        let step = step(&plan, path);
        let goes = matches!(&step.change, Change::Path(change) if change.after == wsgi_apply::After::Absent);
        assert!(goes, "{step:?}");
    }
    assert!(touched(&plan).contains(&"reload nginx".to_owned()));
}

#[test]
fn settings_of_tls_stay_for_the_sites_that_still_include_them() {
    let machine = files_of_the_role();
    let other = "server { listen 81; server_name other.test;\n    include snippets/ssl.conf;\n}\n";
    machine.write("/etc/nginx/sites-enabled/other", other, 0o644);
    let plan = Applier::new(&machine).plan(&[VARS], PlanOptions::default());
    assert_eq!(plan.obstacles, []);
    assert!(!touched(&plan).contains(&"/etc/nginx/snippets/ssl.conf".to_owned()));
    let said = plan
        .remarks
        .iter()
        .any(|remark| remark.contains("snippets/ssl.conf"));
    assert!(said, "{:?}", plan.remarks);
}
