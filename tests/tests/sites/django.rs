use wsgi_tests::{Init, Suite};

use crate::called::DONE;
use crate::site::Site;
use crate::{cron, departure, first, login, logs, restarts, second};

const PROJECT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/apps/bakery");

const VARS: &str = "
wsgi_project_name: bakery
wsgi_wsgi_path: bakery.wsgi
wsgi_support_email: help@bakery.test
wsgi_server_names: [bakery.test]
wsgi_gunicorn_version: 27.0.1
wsgi_gunicorn_num_workers: 3
wsgi_env_vars:
  django_settings_module: bakery.settings
  secret_key: 'it''s $5 & 100% \"secret\" \\'
  greeting: Good morning
wsgi_cron_tasks:
  - {name: Count, command: python current/manage.py count, logfile: /var/log/bakery/count.log}
wsgi_deploy_build: [python manage.py collectstatic --noinput]
wsgi_deploy_release: [python manage.py migrate --noinput]
wsgi_shared_paths: [var]
wsgi_health_path: /health
";

const ENVIRONMENT: &[(&str, &str)] = &[
    ("SECRET_KEY", r#"it's $5 & 100% "secret" \"#),
    ("GREETING", "Good morning"),
    ("DJANGO_SETTINGS_MODULE", "bakery.settings"),
    ("BAKERY_APP_NAME", "bakery"),
    ("BAKERY_APP_PATH", "/var/www/bakery/"),
    ("BAKERY_LOG_DIR", "/var/log/bakery/"),
    ("BAKERY_MEDIA_DIR", "/mnt/bakery/media/"),
    ("BAKERY_STATIC_DIR", "/var/www/bakery/current/static/"),
    ("BAKERY_VENV", "/var/lib/bakery/venv/"),
];

/// The address of the style sheet, whose name has a hash that collectstatic has made.
#[track_caller]
fn style_sheet(site: &Site) -> String {
    let page = site.get("/").text();
    let (_, rest) = page.split_once("href=\"").unwrap();
    let (path, _) = rest.split_once('"').unwrap();
    assert!(path.starts_with("/static/till/style."), "{path}");
    path.to_owned()
}

#[test]
fn a_fresh_debian_12_with_systemd_serves_a_django_project_and_lets_it_go_again() {
    let site = Site::new("bakery", Suite::Bookworm, Init::Systemd);
    site.write(VARS);
    first::what_is_planned_for_a_fresh_host_is_what_is_done(&site);

    let deployed = site.call("deploy", &["--from", PROJECT], DONE);
    assert!(deployed.out.ends_with(" serves\n"), "{}", deployed.out);
    site.shows("/", "Good morning");
    let style = style_sheet(&site);
    site.shows(&style, "teal");
    assert!(site.status().contains("running"));
    second::a_second_apply_has_nothing_to_do_and_touches_nothing(&site);

    login::the_app_is_what_a_login_finds(&site, ENVIRONMENT, "django");
    login::everything_else_as_root_is_refused(&site);
    restarts::these_commands_restart_the_app(
        &site,
        &[
            "sudo supervisorctl restart bakery",
            "sudo service bakery restart",
        ],
    );
    restarts::static_files_are_there_without_the_app(&site, &style);
    cron::the_task_is_run_by_cron_itself(&site, "/var/log/bakery/count.log", "0 sold so far");
    logs::no_line_is_lost_by_a_rotation(&site);

    let vars = VARS.replace("morning", "evening");
    let env = "/etc/wsgi/bakery/env";
    second::only_what_must_is_touched(&site, &vars, &[env, "exchange gunicorn of bakery"], &[env]);
    site.shows("/", "Good evening");
    let before = site.pid();
    let vars = vars.replace("[bakery.test]", "[bakery.test, www.bakery.test]");
    let nginx = "/etc/nginx/sites-available/bakery";
    second::only_what_must_is_touched(&site, &vars, &[nginx, "reload nginx"], &[nginx]);
    assert_eq!(site.pid(), before, "the app serves on");
    site.shows("/", "Good evening");

    site.ssh_ok("echo uploaded >/mnt/bakery/media/pear.jpg");
    let data = [
        "/mnt/bakery/media/pear.jpg",
        "/var/www/bakery/shared/var/bakery.sqlite3",
        "/var/www/bakery/current",
    ];
    departure::what_is_removed_leaves_data_and_nothing_else(&site, &data);
    departure::what_is_purged_leaves_nothing(&site);
}
