use wsgi_tests::{Init, Suite};

use crate::called::{DONE, PART_WAY};
use crate::site::Site;
use crate::{departure, first, login, restarts, second};

const PROJECT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/apps/weather");

const VARS: &str = "
wsgi_project_name: weather
wsgi_wsgi_path: weather:create_app()
wsgi_support_email: help@weather.test
wsgi_server_names: [weather.test]
wsgi_gunicorn_version: 27.0.1
wsgi_gunicorn_num_workers: 2
wsgi_env_vars: {today: sunny}
";

/// From a fresh host to a site and back.
#[track_caller]
fn a_flask_project_comes_and_goes(release: Suite, init: Init) {
    let site = Site::new("weather", release, init);
    site.write(VARS);
    first::what_is_planned_for_a_fresh_host_is_what_is_done(&site);

    let broken = tempfile::tempdir().unwrap();
    std::fs::write(broken.path().join("weather.py"), "def create_app(:\n").unwrap();
    std::fs::copy(
        format!("{PROJECT}/requirements.txt"),
        broken.path().join("requirements.txt"),
    )
    .unwrap();
    let broken = broken.path().to_str().unwrap();
    let failed = site.call("deploy", &["--from", broken], PART_WAY);
    assert!(
        failed.err.contains(
            "web: failed at “import the app”; nothing serves: there was no earlier release\n"
        ) && failed.err.contains("SyntaxError"),
        "{}",
        failed.err
    );

    let deployed = site.call("deploy", &["--from", PROJECT], DONE);
    assert!(deployed.out.ends_with(" serves\n"), "{}", deployed.out);
    site.shows("/", "sunny");
    // Of the release itself: whatever the umask of whom it was unpacked by.
    site.shows("/static/sun.svg", "gold");
    assert!(site.status().contains("running"));
    second::a_second_apply_has_nothing_to_do_and_touches_nothing(&site);
    login::the_app_is_what_a_login_finds(&site, &[("TODAY", "sunny")], "flask");
    // What depends on the init.
    restarts::these_commands_restart_the_app(&site, &["sudo service weather restart"]);
    let env = "/etc/wsgi/weather/env";
    let vars = VARS.replace("sunny", "cloudy");
    second::only_what_must_is_touched(&site, &vars, &[env, "exchange gunicorn of weather"], &[env]);
    site.shows("/", "cloudy");
    departure::what_is_removed_leaves_data_and_nothing_else(&site, &["/var/www/weather/current"]);
    departure::what_is_purged_leaves_nothing(&site);
}

#[test]
fn a_fresh_debian_12_without_systemd_serves_a_flask_project_and_lets_it_go_again() {
    a_flask_project_comes_and_goes(Suite::Bookworm, Init::Tiny);
}

#[test]
fn a_fresh_debian_13_serves_a_flask_project_and_lets_it_go_again() {
    a_flask_project_comes_and_goes(Suite::Trixie, Init::Systemd);
}

#[cfg(feature = "long")]
#[test]
fn a_fresh_ubuntu_22_04_serves_a_flask_project_and_lets_it_go_again() {
    a_flask_project_comes_and_goes(Suite::Jammy, Init::Systemd);
}

#[cfg(feature = "long")]
#[test]
fn a_fresh_ubuntu_24_04_serves_a_flask_project_and_lets_it_go_again() {
    a_flask_project_comes_and_goes(Suite::Noble, Init::Systemd);
}
