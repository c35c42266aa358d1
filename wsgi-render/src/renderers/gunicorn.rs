//! The server process: the script that supervisor starts, and gunicorn's settings.

use wsgi_model::{AbsPath, AppSpec, Artifact, Contents, Mode};

use crate::owed;
use crate::template::{Template, view};
use crate::{Dialect, RenderError, Renderer, Target};

static START: Template = Template::new(
    "gunicorn/start.hbs",
    Dialect::Shell,
    include_str!("../../templates/gunicorn/start.hbs"),
);

static HERDER: Template = Template::new(
    "gunicorn/herder.hbs",
    Dialect::Python,
    include_str!("../../templates/gunicorn/herder.hbs"),
);

static EXCHANGE: Template = Template::new(
    "gunicorn/exchange.hbs",
    Dialect::Python,
    include_str!("../../templates/gunicorn/exchange.hbs"),
);

static CONF: Template = Template::new(
    "gunicorn/conf.hbs",
    Dialect::Python,
    include_str!("../../templates/gunicorn/conf.hbs"),
);

/// `/etc/wsgi/{name}/gunicorn_start`, `herder.py`, `exchange.py` and `gunicorn.conf.py`.
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
        herder: &'a str,
        exchange: &'a str,
        wsgi: &'a str,
        in_release: Vec<FollowedView<'a>>,
        in_virtualenv: Vec<FollowedView<'a>>,
    }

    /// A variable whose value leads through one of the links that a deploy changes.
    struct FollowedView<'a> {
        name: &'a str,
        rest: &'a str,
    }

    struct HerderView<'a> {
        name: &'a str,
        current: &'a str,
        start: &'a str,
        socket: &'a str,
        control: &'a str,
        pid_file: &'a str,
        log_file: &'a str,
        boot_timeout: u32,
        stop_timeout: u32,
    }

    struct ExchangeView<'a> {
        name: &'a str,
        control: &'a str,
    }

    struct ConfView<'a> {
        name: &'a str,
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
        let layout = app.layout();
        let file = |path, text, mode| {
            Artifact::file(
                path,
                Contents::public(text),
                Mode::new(mode),
                app.read_only_owner(),
            )
        };
        // The herder is the program that supervisor runs. It starts gunicorn by the script, anew each
        // time; and who asks it for that is of the moment.
        let herder = file(layout.herder(), herder(app)?, 0o640);
        let start = file(layout.gunicorn_start(), start(app)?, 0o750);
        let conf = file(layout.gunicorn_conf(), conf(app)?, 0o640);
        Ok(vec![
            start.notify(owed::exchange_app(app)),
            herder.notify(owed::restart_app(app)),
            file(layout.exchange(), exchange(app)?, 0o640),
            conf.notify(owed::exchange_app(app)),
        ])
    }
}

fn start(app: &AppSpec) -> Result<String, RenderError> {
    let layout = app.layout();
    let current = layout.current();
    let variables = app.generated_environment();
    let mut in_release = Vec::new();
    let mut in_virtualenv = Vec::new();
    for variable in &variables {
        let name = variable.name.as_str();
        let below = |link: &AbsPath| {
            let rest = variable.value.expose().strip_prefix(link.as_str());
            rest.filter(|rest| rest.starts_with('/'))
                .map(|rest| FollowedView { name, rest })
        };
        // Either can lie in the other.
        if let Some(view) = below(app.places.virtualenv.path()) {
            in_virtualenv.push(view);
        } else if let Some(view) = below(&current) {
            in_release.push(view);
        }
    }
    START.render(&StartView {
        name: app.name.as_str(),
        user: app.user().as_str(),
        home: app.places.home.as_str(),
        current: current.as_str(),
        virtualenv: app.places.virtualenv.as_str(),
        env_file: layout.env_file().as_str(),
        conf_file: layout.gunicorn_conf().as_str(),
        herder: layout.herder().as_str(),
        exchange: layout.exchange().as_str(),
        wsgi: app.wsgi.as_str(),
        in_release,
        in_virtualenv,
    })
}

fn herder(app: &AppSpec) -> Result<String, RenderError> {
    let layout = app.layout();
    let stop_timeout = app.gunicorn.graceful_timeout().get() + 5;
    HERDER.render(&HerderView {
        name: app.name.as_str(),
        current: layout.current().as_str(),
        start: layout.gunicorn_start().as_str(),
        socket: layout.socket().as_str(),
        control: layout.herder_socket().as_str(),
        pid_file: layout.pid_file().as_str(),
        log_file: layout.app_log().as_str(),
        boot_timeout: app.gunicorn.boot_timeout().get(),
        // After gunicorn's own, and before supervisor's.
        stop_timeout,
    })
}

fn exchange(app: &AppSpec) -> Result<String, RenderError> {
    EXCHANGE.render(&ExchangeView {
        name: app.name.as_str(),
        control: app.layout().herder_socket().as_str(),
    })
}

fn conf(app: &AppSpec) -> Result<String, RenderError> {
    let layout = app.layout();
    let gunicorn = &app.gunicorn;
    let max_requests = gunicorn.max_requests.get();
    CONF.render(&ConfView {
        name: app.name.as_str(),
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
