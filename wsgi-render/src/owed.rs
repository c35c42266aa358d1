//! The actions that changed artifacts owe, and the checks that several of them share.

use wsgi_model::{Action, AppName, Command, Stage};

const SUPERVISORCTL: &str = "/usr/bin/supervisorctl";
const NGINX: &str = "/usr/sbin/nginx";

/// Restarts the program of an app.
pub(crate) fn restart_app(app: &AppName) -> Action {
    let command = Command::new(SUPERVISORCTL)
        .arg("restart")
        .arg(app.to_string());
    Action::new(format!("restart {app}"), Stage::Restart, vec![command])
}

/// Lets supervisor read changed programs of an app, and start, restart or stop it accordingly.
pub(crate) fn update_supervisor(app: &AppName) -> Action {
    let reread = Command::new(SUPERVISORCTL).arg("reread");
    let update = Command::new(SUPERVISORCTL)
        .arg("update")
        .arg(app.to_string());
    Action::new(
        format!("update supervisor's program {app}"),
        Stage::Reread,
        vec![reread, update],
    )
}

/// Lets systemd read changed units.
pub(crate) fn reload_systemd() -> Action {
    Action::new(
        "reload systemd",
        Stage::Reread,
        vec![Command::new("/usr/bin/systemctl").arg("daemon-reload")],
    )
}

/// Tests nginx's whole configuration.
pub(crate) fn test_nginx() -> Command {
    Command::new(NGINX).arg("-t").arg("-q")
}

/// Tests nginx's configuration, then has it taken up without dropping a connection.
pub(crate) fn reload_nginx() -> Action {
    Action::new(
        "reload nginx",
        Stage::Reload,
        vec![test_nginx(), Command::new(NGINX).arg("-s").arg("reload")],
    )
}
