//! The commands of the role's README, and what visitors get when the app is stopped.

use crate::site::Site;

#[track_caller]
pub(crate) fn these_commands_restart_the_app(site: &Site, commands: &[&str]) {
    for command in commands {
        let before = site.pid();
        site.ssh_ok(command);
        let after = site.pid();
        assert!(
            after != before && after != "0",
            "{command}: {before}, {after}"
        );
        site.comes_to_show("/");
    }
}

/// nginx hands out static files itself, and says that it is sorry for the rest.
#[track_caller]
pub(crate) fn static_files_are_there_without_the_app(site: &Site, path: &str) {
    let name = site.app;
    site.ssh_ok(&format!("sudo supervisorctl stop {name}"));
    let file = site.get(path);
    assert_eq!(file.status, 200, "{}", file.text());
    let sorry = site.get("/");
    assert!(
        sorry.status == 502 && sorry.text().contains(&format!("help@{name}.test")),
        "{} {}",
        sorry.status,
        sorry.text()
    );
    site.ssh_ok(&format!("sudo supervisorctl start {name}"));
    site.comes_to_show("/");
}
