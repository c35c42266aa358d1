//! The environment that the app, its SSH sessions and its cron tasks share.

use wsgi_model::{AppSpec, Artifact, Contents, Mode};

use crate::owed;
use crate::template::{Template, view};
use crate::{Dialect, RenderError, Renderer, Target};

static ENV: Template = Template::new(
    "environment.hbs",
    Dialect::Shell,
    include_str!("../../templates/environment.hbs"),
);

/// `/etc/wsgi/{name}/env`.
#[derive(Debug)]
pub(super) struct Environment;

view! {
    struct View<'a> {
        name: &'a str,
        variables: Vec<Variable<'a>>,
    }

    struct Variable<'a> {
        name: &'a str,
        value: &'a str,
    }
}

impl Renderer for Environment {
    fn name(&self) -> &'static str {
        "environment"
    }

    fn render(&self, app: &AppSpec, _: &Target) -> Result<Vec<Artifact>, RenderError> {
        let environment = app.environment();
        let view = View {
            name: app.name.as_str(),
            variables: environment
                .iter()
                .map(|var| Variable {
                    name: var.name.as_str(),
                    value: var.value.expose(),
                })
                .collect(),
        };
        let file = Artifact::file(
            app.layout().env_file(),
            Contents::secret(ENV.render(&view)?),
            Mode::new(0o640),
            app.read_only_owner(),
        );
        Ok(vec![file.notify(owed::exchange_app(app))])
    }
}
