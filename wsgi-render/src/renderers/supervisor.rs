//! The program that supervisor runs.

use wsgi_model::{AppSpec, Artifact, CheckMoment, Contents, Mode, Owner};

use crate::owed;
use crate::template::{Template, view};
use crate::{Dialect, RenderError, Renderer, Target};

static PROGRAM: Template = Template::new(
    "supervisor.hbs",
    Dialect::Plain,
    include_str!("../../templates/supervisor.hbs"),
);

/// `/etc/supervisor/conf.d/{name}.conf`, and the log that it names.
///
/// No value of the user's stands in it: supervisor's `environment` has no escapes, so that a
/// password could end the value and set another variable, or have the daemon refuse the programs
/// of all apps.
#[derive(Debug)]
pub(super) struct Supervisor;

view! {
    struct View<'a> {
        name: &'a str,
        user: &'a str,
        start: &'a str,
        log_file: &'a str,
        stop_wait: u32,
    }
}

impl Renderer for Supervisor {
    fn name(&self) -> &'static str {
        "supervisor"
    }

    fn render(&self, app: &AppSpec, _: &Target) -> Result<Vec<Artifact>, RenderError> {
        let layout = app.layout();
        let text = PROGRAM.render(&View {
            name: app.name.as_str(),
            user: app.user().as_str(),
            start: layout.gunicorn_start().as_str(),
            log_file: layout.supervisor_log().as_str(),
            stop_wait: app.gunicorn.stop_wait().get(),
        })?;
        let program = Artifact::file(
            layout.supervisor_program(),
            Contents::public(text),
            Mode::new(0o644),
            Owner::root(),
        );
        // supervisord would make it for everybody to read.
        let log = Artifact::kept_file(
            layout.supervisor_log(),
            Mode::new(0o640),
            app.read_only_owner(),
        );
        Ok(vec![
            log,
            program
                .check(CheckMoment::InPlace, owed::load_supervisor())
                .notify(owed::update_supervisor(&app.name))
                .notify(owed::restart_app(app)),
        ])
    }
}
