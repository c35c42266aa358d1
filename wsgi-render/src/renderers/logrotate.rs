//! The rotation of the app's logs.

use wsgi_model::{AbsPath, AppSpec, Artifact, CheckMoment, Command, Contents, Mode, Owner};

use crate::template::{Template, view};
use crate::{Dialect, RenderError, Renderer, Target};

static LOGROTATE: Template = Template::new(
    "logrotate.hbs",
    Dialect::Logrotate,
    include_str!("../../templates/logrotate.hbs"),
);

/// `logrotate -d` exits with 0 also when it ignores a file or a line of it, so its words are read.
/// Nothing is quoted in here: the file is `$1`.
const STAGED_CHECK: &str = r#"
said=$(/usr/sbin/logrotate --debug --state /dev/null "$1" 2>&1) || { printf '%s\n' "$said"; exit 1; }
! printf '%s\n' "$said" | grep '^error: '
"#;

/// With a log that two files name, logrotate skips the whole of the second, whichever it is. The
/// arguments are what it then says of us.
const IN_PLACE_CHECK: &str = r#"
said=$(/usr/sbin/logrotate --debug --state /dev/null /etc/logrotate.conf 2>&1)
! printf '%s\n' "$said" | grep --fixed-strings "$@"
"#;

/// `/etc/logrotate.d/{name}`.
#[derive(Debug)]
pub(super) struct Logrotate;

view! {
    struct View<'a> {
        app: &'a str,
        user: &'a str,
        group: &'a str,
        logs: &'a str,
        task_logs: Vec<&'a str>,
        supervisor_log: String,
        has_nginx_logs: bool,
        nginx_logs: Vec<&'a str>,
    }
}

impl Renderer for Logrotate {
    fn name(&self) -> &'static str {
        "logrotate"
    }

    fn render(&self, app: &AppSpec, _: &Target) -> Result<Vec<Artifact>, RenderError> {
        let layout = app.layout();
        let nginx_logs = nginx_logs(app);
        let view = View {
            app: app.name.as_str(),
            user: app.user().as_str(),
            group: app.group().as_str(),
            logs: app.places.logs.as_str(),
            task_logs: task_logs(app),
            supervisor_log: layout.supervisor_log().to_string(),
            has_nginx_logs: !nginx_logs.is_empty(),
            nginx_logs,
        };
        let file = Artifact::file(
            layout.logrotate(),
            Contents::public(LOGROTATE.render(&view)?),
            Mode::new(0o644),
            Owner::root(),
        );
        let shell = |script| {
            Command::new("/bin/sh")
                .arg("-c")
                .arg(script)
                .arg("logrotate")
        };
        let mut in_place = shell(IN_PLACE_CHECK)
            .arg("-e")
            .arg(format!("error: {}:", app.name));
        let logs = [app.places.logs.with_slash(), view.supervisor_log.clone()];
        for log in logs.iter().map(String::as_str).chain(view.nginx_logs) {
            in_place = in_place
                .arg("-e")
                .arg(format!("duplicate log entry for {log}"));
        }
        Ok(vec![
            file.check(CheckMoment::Staged, shell(STAGED_CHECK).staged_file())
                .check(CheckMoment::InPlace, in_place),
        ])
    }
}

/// The log files of cron tasks in the app's log directory that its `*.log` does not match: a log
/// that is named twice makes logrotate skip the file.
fn task_logs(app: &AppSpec) -> Vec<&str> {
    let logs = app.places.logs.path();
    let globbed = |file: &AbsPath| {
        let hidden = file.file_name().is_some_and(|name| name.starts_with('.'));
        file.parent().as_ref() == Some(logs) && is_log(file) && !hidden
    };
    let mut files: Vec<&str> = app
        .cron_tasks
        .iter()
        .filter_map(|task| task.logfile.as_ref())
        .filter(|file| file.is_within(logs) && *file != logs && !globbed(file))
        .map(AbsPath::as_str)
        .collect();
    files.sort_unstable();
    files.dedup();
    files
}

/// nginx's logs that are not rotated by the file of Debian's package, which has
/// `/var/log/nginx/*.log`.
fn nginx_logs(app: &AppSpec) -> Vec<&str> {
    let by_debian = |file: &AbsPath| {
        file.parent()
            .is_some_and(|dir| dir.as_str() == "/var/log/nginx")
            && is_log(file)
    };
    let is_device = |file: &AbsPath| file.as_str().starts_with("/dev/");
    let mut files: Vec<&str> = app
        .exposed_site()
        .into_iter()
        .flat_map(|site| [&site.access_log, &site.error_log])
        .filter(|file| !by_debian(file) && !is_device(file))
        .map(AbsPath::as_str)
        .collect();
    files.sort_unstable();
    files.dedup();
    files
}

/// Whether `*.log` matches its name.
fn is_log(file: &AbsPath) -> bool {
    file.as_path().extension() == Some("log")
}
