//! Cron tasks: a line for each in the app's `cron.d` file, and the script that the line starts.

use wsgi_model::{
    AbsPath, AppSpec, Artifact, CheckMoment, Command, Contents, CronTask, Mode, Owner, Sensitivity,
};

use crate::template::{Template, view};
use crate::{Dialect, RenderError, Renderer, Target};

static CRONTAB: Template = Template::new(
    "crontab.hbs",
    Dialect::Crontab,
    include_str!("../../templates/crontab.hbs"),
);
static WRAPPER: Template = Template::new(
    "cron_wrapper.hbs",
    Dialect::Shell,
    include_str!("../../templates/cron_wrapper.hbs"),
);

/// Where Debian has its programs, for root as for others.
const SYSTEM_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// `/etc/cron.d/{name}`, `/etc/wsgi/{name}/cron/` and the lock files; nothing without tasks.
///
/// A changed crontab owes no action: cron looks at the times of its files once a minute. Putting an
/// old one back must give it a new time.
#[derive(Debug)]
pub(super) struct Cron;

/// Who runs a task, as far as its wrapper cares.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Runner<'a> {
    /// The app's user, as whom cron starts the wrapper.
    App,
    /// Root.
    Root,
    /// A user that may not read the app's environment: root starts the wrapper, which becomes it.
    Other(&'a str),
}

/// How output gets to its log.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Log<'a> {
    /// There is none: cron mails what is printed.
    Mailed,
    /// The user that starts the wrapper opens it.
    Direct,
    /// Another user opens it, and is fed through a pipe.
    PipedTo(&'a str),
}

impl<'a> Runner<'a> {
    fn of(app: &AppSpec, task: &'a CronTask) -> Self {
        match task.user.as_ref().map(wsgi_model::TaskUser::as_str) {
            None => Self::App,
            Some(user) if user == app.user().as_str() => Self::App,
            Some("root") => Self::Root,
            Some(other) => Self::Other(other),
        }
    }

    fn name(self, app: &'a AppSpec) -> &'a str {
        match self {
            Self::App => app.user().as_str(),
            Self::Root => "root",
            Self::Other(user) => user,
        }
    }

    /// As whom cron starts the wrapper.
    fn starter(self, app: &'a AppSpec) -> &'a str {
        match self {
            Self::App => app.user().as_str(),
            Self::Root | Self::Other(_) => "root",
        }
    }

    fn log(self, app: &'a AppSpec, file: Option<&AbsPath>) -> Log<'a> {
        let Some(file) = file else {
            return Log::Mailed;
        };
        match self {
            Self::App => Log::Direct,
            _ if app.layout().is_apps_to_write(file) => Log::PipedTo(app.user().as_str()),
            Self::Root => Log::Direct,
            Self::Other(user) => Log::PipedTo(user),
        }
    }
}

view! {
    struct CrontabView<'a> {
        app: &'a str,
        tasks: Vec<Line<'a>>,
    }

    struct Line<'a> {
        name: &'a str,
        schedule: String,
        user: &'a str,
        wrapper: &'a str,
    }

    struct WrapperView<'a> {
        app: &'a str,
        name: &'a str,
        command: &'a str,
        shown_command: &'a str,
        is_secret: bool,
        user: &'a str,
        drops: bool,
        is_apps: bool,
        home: &'a str,
        system_path: &'static str,
        virtualenv_bin: AbsPath,
        env_file: AbsPath,
        environment: Vec<Variable<'a>>,
        locks: bool,
        lock_file: String,
        skipped: String,
        log_none: bool,
        log_direct: bool,
        log_piped: bool,
        log_user: &'a str,
        log_file: &'a str,
    }

    struct Variable<'a> {
        name: &'a str,
        value: &'a str,
    }
}

impl Renderer for Cron {
    fn name(&self) -> &'static str {
        "cron"
    }

    fn render(&self, app: &AppSpec, _: &Target) -> Result<Vec<Artifact>, RenderError> {
        if app.cron_tasks.is_empty() {
            return Ok(Vec::new());
        }
        let layout = app.layout();
        let wrappers = layout.cron_wrappers();
        let mut artifacts = vec![
            crontab(app, &wrappers)?,
            Artifact::directory(layout.cron_dir(), Mode::new(0o750), app.read_only_owner()),
        ];
        for (task, path) in app.cron_tasks.iter().zip(wrappers) {
            artifacts.push(wrapper(app, task, path)?);
        }
        artifacts.extend(locks(app));
        Ok(artifacts)
    }
}

fn crontab(app: &AppSpec, wrappers: &[AbsPath]) -> Result<Artifact, RenderError> {
    let tasks: Vec<Line<'_>> = app
        .cron_tasks
        .iter()
        .zip(wrappers)
        .map(|(task, wrapper)| Line {
            name: task.name.as_str(),
            schedule: task.schedule.to_string(),
            user: Runner::of(app, task).starter(app),
            wrapper: wrapper.as_str(),
        })
        .collect();
    // One unknown user makes cron ignore the whole file until it changes again. `crontab -n` would
    // tell less than what the model checked: it takes the user for a part of the command.
    let mut users: Vec<&str> = app
        .cron_tasks
        .iter()
        .map(|task| Runner::of(app, task).name(app))
        .collect();
    users.sort_unstable();
    users.dedup();
    let users_exist = Command::new("/usr/bin/getent")
        .arg("passwd")
        .args(users.into_iter().map(str::to_owned));
    let view = CrontabView {
        app: app.name.as_str(),
        tasks,
    };
    let file = Artifact::file(
        app.layout().cron_file(),
        Contents::public(CRONTAB.render(&view)?),
        Mode::new(0o644),
        Owner::root(),
    );
    Ok(file.check(CheckMoment::Staged, users_exist))
}

fn wrapper(app: &AppSpec, task: &CronTask, path: AbsPath) -> Result<Artifact, RenderError> {
    let layout = app.layout();
    let runner = Runner::of(app, task);
    let log = runner.log(app, task.logfile.as_ref());
    let lock_file = task.lock_slug().map(|slug| layout.lock_file(slug));
    let environment: Vec<Variable<'_>> = task
        .environment
        .iter()
        .map(|var| Variable {
            name: var.name.as_str(),
            value: var.value.expose(),
        })
        .collect();
    let is_secret = task.command.sensitivity() == Sensitivity::Secret;
    let private = is_secret || !environment.is_empty();
    let view = WrapperView {
        app: app.name.as_str(),
        name: task.name.as_str(),
        command: task.command.as_str(),
        shown_command: task.command.shown(),
        is_secret,
        user: runner.name(app),
        drops: matches!(runner, Runner::Other(_)),
        is_apps: runner == Runner::App,
        home: match runner {
            Runner::App => app.places.home.as_str(),
            _ => "/root",
        },
        system_path: SYSTEM_PATH,
        virtualenv_bin: app.places.virtualenv.join("bin"),
        env_file: layout.env_file(),
        environment,
        locks: lock_file.is_some(),
        lock_file: lock_file.map_or_else(String::new, |path| path.to_string()),
        skipped: format!("skipped while its last run goes on: {}", task.name),
        log_none: log == Log::Mailed,
        log_direct: log == Log::Direct,
        log_piped: matches!(log, Log::PipedTo(_)),
        log_user: match log {
            Log::PipedTo(user) => user,
            _ => "",
        },
        log_file: task.logfile.as_ref().map_or("", AbsPath::as_str),
    };
    let text = WRAPPER.render(&view)?;
    let contents = if private {
        Contents::secret(text)
    } else {
        Contents::public(text)
    };
    let (mode, owner) = match runner {
        Runner::App => (0o750, app.read_only_owner()),
        // What root runs, with which variables, is not the app's to see.
        Runner::Root | Runner::Other(_) => (0o700, Owner::root()),
    };
    let syntax = Command::new("/bin/bash").arg("-n").staged_file();
    Ok(Artifact::file(path, contents, Mode::new(mode), owner).check(CheckMoment::Staged, syntax))
}

/// The lock files, each of the user that takes it, in a directory of root's: no other user can make,
/// open or hold one.
fn locks(app: &AppSpec) -> Vec<Artifact> {
    let layout = app.layout();
    let mut artifacts: Vec<Artifact> = Vec::new();
    for task in &app.cron_tasks {
        let Some(path) = task.lock_slug().map(|slug| layout.lock_file(slug)) else {
            continue;
        };
        // Tasks of one user may share a lock; of two users, the model refuses it.
        if artifacts.iter().any(|other| other.path == path) {
            continue;
        }
        let owner = match Runner::of(app, task) {
            Runner::App => app.owner(),
            Runner::Root | Runner::Other(_) => Owner::root(),
        };
        // A task that runs holds a lock on the very file.
        artifacts.push(Artifact::kept_file(path, Mode::new(0o600), owner));
    }
    artifacts
}
