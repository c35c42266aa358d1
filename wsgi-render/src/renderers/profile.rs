//! What an SSH session gets: the virtualenv and the environment.

use wsgi_model::{AbsPath, AppSpec, Artifact, Contents, Mode, Node};

use crate::template::{Template, view};
use crate::{Dialect, RenderError, Renderer, Target};

static PROFILE: Template = Template::new(
    "profile/profile.hbs",
    Dialect::Shell,
    include_str!("../../templates/profile/profile.hbs"),
);

static BASHRC: Template = Template::new(
    "profile/bashrc.hbs",
    Dialect::Shell,
    include_str!("../../templates/profile/bashrc.hbs"),
);

static BASH_PROFILE: Template = Template::new(
    "profile/bash_profile.hbs",
    Dialect::Shell,
    include_str!("../../templates/profile/bash_profile.hbs"),
);

/// `/etc/wsgi/{name}/profile`, and the blocks in the user's `.bashrc` and `.bash_profile` that read
/// it. Cron does not depend on them: they are there only when the user may log in.
#[derive(Debug)]
pub(super) struct Profile;

view! {
    struct ProfileView<'a> {
        name: &'a str,
        virtualenv: &'a str,
        env_file: &'a str,
    }

    struct BlockView<'a> {
        name: &'a str,
        profile: &'a str,
    }
}

impl Renderer for Profile {
    fn name(&self) -> &'static str {
        "profile"
    }

    fn render(&self, app: &AppSpec, _: &Target) -> Result<Vec<Artifact>, RenderError> {
        if !app.access.ssh {
            return Ok(Vec::new());
        }
        let layout = app.layout();
        let profile = PROFILE.render(&ProfileView {
            name: app.name.as_str(),
            virtualenv: app.places.virtualenv.as_str(),
            env_file: layout.env_file().as_str(),
        })?;
        let profile = Artifact::file(
            layout.profile(),
            Contents::public(profile),
            Mode::new(0o640),
            app.read_only_owner(),
        );
        Ok(vec![
            profile,
            block(app, layout.bashrc(), &BASHRC)?,
            block(app, layout.bash_profile(), &BASH_PROFILE)?,
        ])
    }
}

fn block(app: &AppSpec, path: AbsPath, template: &Template) -> Result<Artifact, RenderError> {
    let text = template.render(&BlockView {
        name: app.name.as_str(),
        profile: app.layout().profile().as_str(),
    })?;
    let node = Node::Block {
        contents: Contents::public(text),
        mode: Mode::new(0o644),
        owner: app.owner(),
    };
    Ok(Artifact::new(path, node))
}
