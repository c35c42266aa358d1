//! What the app's user finds and may do over SSH.

use std::collections::BTreeMap;

use crate::site::Site;

/// `ssh NAME@host printenv` shows the app's environment, byte for byte, and its Python is at hand.
#[track_caller]
pub(crate) fn the_app_is_what_a_login_finds(
    site: &Site,
    expected: &[(&str, &str)],
    framework: &str,
) {
    let said = site.ssh_ok("printenv");
    let found: BTreeMap<&str, &str> = said.lines().filter_map(|l| l.split_once('=')).collect();
    for (name, value) in expected {
        assert_eq!(found.get(name), Some(value), "{name}");
    }
    let name = site.app;
    let look =
        format!("pwd; command -v python; cd current && python -c 'import gunicorn, {framework}'");
    let expected = format!("/var/www/{name}\n/var/lib/{name}/venv/bin/python\n");
    assert_eq!(site.ssh_ok(&look), expected);
}

/// The user's right ends where others' begin.
#[track_caller]
pub(crate) fn everything_else_as_root_is_refused(site: &Site) {
    let before = site.pid();
    for command in [
        "id",
        "-i",
        "cat /etc/shadow",
        "supervisorctl",
        "supervisorctl shutdown",
        "supervisorctl restart all",
        "supervisorctl -c /tmp/other.conf restart bakery",
        "service nginx restart",
        "systemctl restart bakery",
        "systemctl restart supervisor",
        "/etc/init.d/bakery restart",
        "-u www-data id",
    ] {
        let (is_done, said) = site.ssh(&format!("sudo -n {command}"));
        assert!(!is_done && !said.contains("uid="), "{command}: {said}");
    }
    assert_eq!(site.pid(), before);
    // The rest of the host is not the app's, either.
    for command in [
        "cat /etc/shadow",
        "touch /etc/wsgi/bakery/env",
        "touch /mnt/bakery/500.html",
        "ls /var/lib/wsgi",
    ] {
        let (is_done, said) = site.ssh(command);
        assert!(!is_done, "{command}: {said}");
    }
}
