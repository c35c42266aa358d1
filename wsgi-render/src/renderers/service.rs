//! The init script and the unit, so that `service NAME restart` works with systemd and without.

use wsgi_model::{AppSpec, Artifact, Contents, Mode, Owner};

use crate::owed;
use crate::template::{Template, view};
use crate::{Dialect, Init, RenderError, Renderer, Target};

static SCRIPT: Template = Template::new(
    "service/init.hbs",
    Dialect::Plain,
    include_str!("../../templates/service/init.hbs"),
);

static UNIT: Template = Template::new(
    "service/unit.hbs",
    Dialect::Plain,
    include_str!("../../templates/service/unit.hbs"),
);

/// `/etc/init.d/{name}`, `/etc/systemd/system/{name}.service` and the link that enables it.
#[derive(Debug)]
pub(super) struct Service;

view! {
    struct ScriptView<'a> {
        name: &'a str,
        user: &'a str,
        group: &'a str,
        start: &'a str,
    }

    struct UnitView<'a> {
        name: &'a str,
        init_script: &'a str,
        start_timeout: u32,
        stop_timeout: u32,
    }
}

impl Renderer for Service {
    fn name(&self) -> &'static str {
        "service"
    }

    fn render(&self, app: &AppSpec, target: &Target) -> Result<Vec<Artifact>, RenderError> {
        let layout = app.layout();
        let name = app.name.as_str();
        let script = SCRIPT.render(&ScriptView {
            name,
            user: app.user().as_str(),
            group: app.group().as_str(),
            start: layout.gunicorn_start().as_str(),
        })?;
        let script = Artifact::file(
            layout.init_script(),
            Contents::public(script),
            Mode::new(0o755),
            Owner::root(),
        );
        // Starting may begin with a stop, and lasts until supervisord listens and the program has
        // run for its `startsecs`. Reloading may begin with the end of another reload.
        let stop = app.gunicorn.stop_wait().get() + 10;
        let unit = UNIT.render(&UnitView {
            name,
            init_script: layout.init_script().as_str(),
            start_timeout: (stop + 60).max(2 * app.gunicorn.boot_timeout().get() + 10),
            stop_timeout: stop,
        })?;
        let unit = Artifact::file(
            layout.systemd_unit(),
            Contents::public(unit),
            Mode::new(0o644),
            Owner::root(),
        );
        let enabled = Artifact::symlink(
            layout.systemd_wants(),
            layout.systemd_unit().as_str(),
            Owner::root(),
        );
        let of_systemd = [unit, enabled].map(|artifact| match target.init {
            Init::Systemd => artifact
                .notify(owed::reload_systemd())
                .notify(owed::start_unit(&app.name)),
            Init::SysV => artifact,
        });
        Ok(std::iter::once(script).chain(of_systemd).collect())
    }
}
