//! The actions that changed artifacts owe, and the checks that several of them share.

use std::sync::LazyLock;

use wsgi_model::{Action, AppName, AppSpec, Command, Stage};

const SUPERVISOR_CONF: &str = "/etc/supervisor/supervisord.conf";
const PYTHON: &str = "/usr/bin/python3";

/// Asks supervisord itself, in a fraction of the time that supervisorctl needs to start.
const ASK_SUPERVISORD: &str = include_str!("owed/supervisor.py");

fn ask_supervisord(verb: &'static str, app: &AppName) -> Command {
    // -I: nothing from the working directory or the environment is imported. -S: nor from packages
    // for all of Python, which it does not need and which take time.
    Command::new(PYTHON)
        .args(["-I", "-S", "-c", ASK_SUPERVISORD, verb])
        .arg(app.as_str().to_owned())
}

/// Restarts the program of an app, and waits until it serves.
pub(crate) fn restart_app(app: &AppSpec) -> Action {
    Action::new(
        ["restart ", app.name.as_str()].concat(),
        Stage::Restart,
        [ask_supervisord("restart", &app.name), until_served(app)],
    )
}

/// Has an app's herder exchange gunicorn, which takes up all that it reads when it starts, and no
/// request fails. Starts the program when it does not run.
pub(crate) fn exchange_app(app: &AppSpec) -> Action {
    let layout = app.layout();
    let exchange = ask_supervisord("exchange", &app.name)
        .args([app.user().to_string(), app.group().to_string()])
        .args([layout.gunicorn_start(), layout.app_log()].map(|path| path.to_string()));
    Action::new(
        ["exchange gunicorn of ", app.name.as_str()].concat(),
        Stage::Exchange,
        [exchange, until_served(app)],
    )
}

fn until_served(app: &AppSpec) -> Command {
    let layout = app.layout();
    ask_supervisord("await", &app.name)
        .args([layout.socket(), layout.current()].map(|path| path.to_string()))
        .arg(app.gunicorn.start_wait().to_string())
        .args([layout.app_log(), layout.supervisor_log()].map(|path| path.to_string()))
}

/// Lets supervisor read the changed program of an app, and start, replace or drop it accordingly.
pub(crate) fn update_supervisor(app: &AppName) -> Action {
    Action::new(
        format!("update supervisor's program {app}"),
        Stage::Reread,
        [ask_supervisord("update", app)],
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
    Command::new(PYTHON).args(["-I", "-c", LOAD, SUPERVISOR_CONF])
}
