//! The actions that changed artifacts owe, and the checks that several of them share.

use std::sync::LazyLock;

use wsgi_model::{Action, AppName, Command, Stage};

const SUPERVISOR_CONF: &str = "/etc/supervisor/supervisord.conf";
const NGINX: &str = "/usr/sbin/nginx";

/// With its configuration named: supervisorctl else prefers a `supervisord.conf` in the working
/// directory, which can name code to run.
fn supervisorctl() -> Command {
    Command::new("/usr/bin/supervisorctl").args(["-c", SUPERVISOR_CONF])
}

/// Restarts the program of an app.
pub(crate) fn restart_app(app: &AppName) -> Action {
    let command = supervisorctl().arg("restart").arg(app.as_str().to_owned());
    Action::new(
        ["restart ", app.as_str()].concat(),
        Stage::Restart,
        [command],
    )
}

/// Lets supervisor read changed programs of an app, and start, restart or stop it accordingly.
pub(crate) fn update_supervisor(app: &AppName) -> Action {
    let reread = supervisorctl().arg("reread");
    let update = supervisorctl().arg("update").arg(app.as_str().to_owned());
    Action::new(
        format!("update supervisor's program {app}"),
        Stage::Reread,
        [reread, update],
    )
}

/// Lets systemd read changed units.
pub(crate) fn reload_systemd() -> Action {
    static RELOAD: LazyLock<Action> = LazyLock::new(|| {
        let command = Command::new("/usr/bin/systemctl").arg("daemon-reload");
        Action::new("reload systemd", Stage::Reread, [command])
    });
    RELOAD.clone()
}

/// Has systemd count the unit of an app as started, so that it can stop it. Last, since the unit
/// leaves alone a program that was started a moment ago.
pub(crate) fn start_unit(app: &AppName) -> Action {
    let command = Command::new("/usr/bin/systemctl")
        .arg("start")
        .arg(format!("{app}.service"));
    Action::new(format!("start the unit {app}"), Stage::Reload, [command])
}

/// Loads supervisor's whole configuration as its daemon would, users included. One program of an
/// unknown user makes supervisord refuse all of them, and not start again.
pub(crate) fn load_supervisor() -> Command {
    const LOAD: &str = "import sys; from supervisor.options import ServerOptions; \
                        ServerOptions().realize(['-c', sys.argv[1]])";
    // -I: nothing from the working directory or the environment is imported.
    Command::new("/usr/bin/python3").args(["-I", "-c", LOAD, SUPERVISOR_CONF])
}

/// Tests nginx's whole configuration.
pub(crate) fn test_nginx() -> Command {
    Command::new(NGINX).arg("-t").arg("-q")
}

/// Tests nginx's configuration, then has it taken up without dropping a connection.
pub(crate) fn reload_nginx() -> Action {
    static RELOAD: LazyLock<Action> = LazyLock::new(|| {
        Action::new(
            "reload nginx",
            Stage::Reload,
            [test_nginx(), Command::new(NGINX).arg("-s").arg("reload")],
        )
    });
    RELOAD.clone()
}
