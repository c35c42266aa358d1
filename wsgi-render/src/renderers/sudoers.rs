//! What the app's user may do as root.

use wsgi_model::{AppSpec, Artifact, CheckMoment, Command, Contents, Mode, Owner, Sudo};

use crate::template::{Template, view};
use crate::{Dialect, RenderError, Renderer, Target};

static DROP_IN: Template = Template::new(
    "sudoers.hbs",
    Dialect::Plain,
    include_str!("../../templates/sudoers.hbs"),
);

/// `/etc/sudoers.d/{name}`.
#[derive(Debug)]
pub(super) struct Sudoers;

view! {
    struct View<'a> {
        name: &'a str,
        user: &'a str,
        full: bool,
    }
}

impl Renderer for Sudoers {
    fn name(&self) -> &'static str {
        "sudoers"
    }

    fn render(&self, app: &AppSpec, _: &Target) -> Result<Vec<Artifact>, RenderError> {
        let full = match app.access.sudo {
            Sudo::Nothing => return Ok(Vec::new()),
            Sudo::OwnProgram => false,
            Sudo::Full => true,
        };
        let text = DROP_IN.render(&View {
            name: app.name.as_str(),
            user: app.user().as_str(),
            full,
        })?;
        let drop_in = Artifact::file(
            app.layout().sudoers(),
            Contents::public(text),
            Mode::new(0o440),
            Owner::root(),
        );
        // Strict, with owner and mode: it says "parsed OK" of an unknown alias, and of a file that
        // sudo then ignores.
        let visudo = Command::new("/usr/sbin/visudo").arg("-csOPf").staged_file();
        Ok(vec![drop_in.check(CheckMoment::Staged, visudo)])
    }
}
