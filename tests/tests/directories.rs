//! Directories and links: whose they are, and who gets where.

use wsgi_model::Node;
use wsgi_render::{Init, Target};
use wsgi_tests::{Container, Entry, Kind, Machine, wait_until};

const VARS: &str = "wsgi_project_name: shop\nwsgi_wsgi_path: web:app\nwsgi_expose: no\n";

fn row(entry: &Entry) -> String {
    let [mode, owner, group, target] = [&entry.mode, &entry.owner, &entry.group, &entry.target]
        .map(|word| word.as_deref().unwrap_or("-"));
    format!("{} {mode} {owner}:{group} {target}", entry.path)
}

#[test]
fn what_root_reads_is_roots_and_what_the_app_writes_is_the_apps() {
    let shop = Container::up(VARS);
    let wanted = [
        "/etc/wsgi 0755 root:root -",
        "/etc/wsgi/shop 0750 root:shop -",
        "/etc/wsgi/shop/gunicorn.conf.py 0640 root:shop -",
        "/etc/wsgi/shop/gunicorn_start 0750 root:shop -",
        "/var/lib/shop 0755 root:root -",
        "/var/lib/shop/run 2710 shop:www-data -",
        "/var/lib/shop/locks 0755 root:root -",
        "/var/www/shop 0711 shop:shop -",
        "/var/www/shop/releases 0755 shop:shop -",
        "/var/www/shop/releases/current - shop:shop ../current",
        "/var/log/shop 0750 shop:shop -",
        "/var/log/shop/supervisor.log - shop:shop /var/log/supervisor/shop.log",
        "/mnt/shop 0755 root:root -",
        "/mnt/shop/media 0755 shop:shop -",
        "/var/lib/shop/venv/bin/postactivate - shop:shop /etc/wsgi/shop/env",
        "/var/lib/shop/venv/bin/gunicorn_start - shop:shop /etc/wsgi/shop/gunicorn_start",
    ];
    let found = wanted.map(|row_wanted| {
        let path = row_wanted.split(' ').next().unwrap_or_default();
        row(&shop.machine().entry(path))
    });
    assert_eq!(found.each_ref().map(String::as_str), wanted);
    assert_eq!(
        shop.machine().entry("/var/www/shop/current").kind,
        Kind::Absent
    );
}

#[test]
fn nothing_that_is_not_wanted_is_made() {
    let shop = Container::up(&format!("{VARS}wsgi_media_dir: no\nwsgi_static_dir: ''\n"));
    assert!(!shop.machine().exists("/mnt/shop/media"));
    assert!(!shop.machine().exists("/var/www/shop/current"));
}

#[test]
fn releases_elsewhere_lead_to_the_release_in_the_home() {
    let shop = Container::up(&format!("{VARS}wsgi_release_dir: /srv/releases of shop\n"));
    assert_eq!(
        row(&shop.machine().entry("/srv/releases of shop/current")),
        "/srv/releases of shop/current - shop:shop /var/www/shop/current"
    );
}

#[test]
fn static_files_outside_of_releases_have_a_directory_that_the_app_fills() {
    let shop = Container::up(&format!("{VARS}wsgi_static_dir: /srv/static/shop\n"));
    assert_eq!(
        row(&shop.machine().entry("/srv/static/shop")),
        "/srv/static/shop 0755 shop:shop -"
    );
}

#[test]
fn all_files_of_root_are_below_directories_that_the_app_cannot_change() {
    let shop = Container::up(VARS);
    for artifact in shop.bundle().artifacts() {
        let roots_own = match &artifact.node {
            Node::File { owner, .. }
            | Node::KeptFile { owner, .. }
            | Node::Directory { owner, .. } => owner.user == "root",
            _ => continue,
        };
        let mut above = artifact.path.parent();
        while let Some(directory) = above.filter(|_| roots_own) {
            let script = r#"[ ! -w "$1" ]"#;
            let argv = ["sh", "-c", script, "writable", directory.as_str()];
            shop.machine().run_as("shop", argv).expect_success();
            above = directory.parent();
        }
    }
}

#[test]
fn paying_what_is_owed_starts_the_program() {
    let machine = Machine::up();
    let _supervisor = machine.spawn([
        "supervisord",
        "-n",
        "-c",
        "/etc/supervisor/supervisord.conf",
    ]);
    wait_until("supervisor answers", || {
        machine.run(["supervisorctl", "pid"]).success()
    });
    let mut without_systemd = Target::default();
    without_systemd.init = Init::SysV;
    let shop = Container::on_target(&machine, VARS, [], &without_systemd);
    shop.pay_what_is_owed();
    wait_until("it has run for a while", || {
        shop.program_status().starts_with("RUNNING")
    });
}
