//! The server process: the script that supervisor starts, and gunicorn's settings.

use wsgi_model::{AppSpec, Artifact, Contents, Mode};

use crate::owed;
use crate::template::{Template, view};
use crate::{Dialect, RenderError, Renderer, Target};

static START: Template = Template::new(
    "gunicorn/start.hbs",
    Dialect::Shell,
    include_str!("../../templates/gunicorn/start.hbs"),
);

static CONF: Template = Template::new(
    "gunicorn/conf.hbs",
    Dialect::Python,
    include_str!("../../templates/gunicorn/conf.hbs"),
);

/// `/etc/wsgi/{name}/gunicorn_start` and `gunicorn.conf.py`.
#[derive(Debug)]
pub(super) struct GunicornProcess;

view! {
    struct StartView<'a> {
        name: &'a str,
        user: &'a str,
        home: &'a str,
        current: &'a str,
        virtualenv: &'a str,
        env_file: &'a str,
        conf_file: &'a str,
        pid_file: &'a str,
        wsgi: &'a str,
    }

    struct ConfView<'a> {
        name: &'a str,
        bind: &'a str,
        pid_file: &'a str,
        log_file: &'a str,
        workers: u16,
        timeout: u32,
        graceful_timeout: u32,
        max_requests: u32,
        recycles: bool,
        max_requests_jitter: u32,
        limit_request_line: u32,
    }
}

impl Renderer for GunicornProcess {
    fn name(&self) -> &'static str {
        "gunicorn"
    }

    fn render(&self, app: &AppSpec, _: &Target) -> Result<Vec<Artifact>, RenderError> {
        let owner = app.read_only_owner();
        let layout = app.layout();
        let start = Artifact::file(
            layout.gunicorn_start(),
            Contents::public(start(app)?),
            Mode::new(0o750),
            owner.clone(),
        );
        let conf = Artifact::file(
            layout.gunicorn_conf(),
            Contents::public(conf(app)?),
            Mode::new(0o640),
            owner,
        );
        Ok([start, conf]
            .map(|file| file.notify(owed::restart_app(app)))
            .into())
    }
}

fn start(app: &AppSpec) -> Result<String, RenderError> {
    let layout = app.layout();
    START.render(&StartView {
        name: app.name.as_str(),
        user: app.user().as_str(),
        home: app.places.home.as_str(),
        current: layout.current().as_str(),
        virtualenv: app.places.virtualenv.as_str(),
        env_file: layout.env_file().as_str(),
        conf_file: layout.gunicorn_conf().as_str(),
        pid_file: layout.pid_file().as_str(),
        wsgi: app.wsgi.as_str(),
    })
}

fn conf(app: &AppSpec) -> Result<String, RenderError> {
    let layout = app.layout();
    let gunicorn = &app.gunicorn;
    let max_requests = gunicorn.max_requests.get();
    CONF.render(&ConfView {
        name: app.name.as_str(),
        bind: &format!("unix:{}", layout.socket()),
        pid_file: layout.pid_file().as_str(),
        log_file: layout.app_log().as_str(),
        workers: gunicorn.workers.get(),
        timeout: gunicorn.timeout.get(),
        graceful_timeout: gunicorn.graceful_timeout().get(),
        max_requests,
        recycles: max_requests > 0,
        max_requests_jitter: max_requests / 10,
        limit_request_line: gunicorn.request_line_limit.effective(),
    })
}
