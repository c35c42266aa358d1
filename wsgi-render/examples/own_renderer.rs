//! Adds a renderer of one's own beside the built-in ones: a file that tells a monitoring agent of
//! the app's socket.
//!
//! `cargo run -p wsgi-render --example own_renderer`

use std::error::Error;

use wsgi_model::{
    AbsPath, AppName, AppParts, AppSpec, Artifact, Contents, Mode, Owner, WsgiTarget,
};
use wsgi_render::{BUILTIN, RenderError, Renderer, Target, render_with};

#[derive(Debug)]
struct Monitoring {
    directory: AbsPath,
}

impl Renderer for Monitoring {
    fn name(&self) -> &'static str {
        "monitoring"
    }

    fn render(&self, app: &AppSpec, _: &Target) -> Result<Vec<Artifact>, RenderError> {
        let text = format!("app = {}\nsocket = {}\n", app.name, app.layout().socket());
        let path = self.directory.join(&format!("{}.conf", app.name));
        let file = Artifact::file(
            path,
            Contents::public(text),
            Mode::new(0o644),
            Owner::root(),
        );
        Ok(vec![file])
    }
}

#[expect(clippy::print_stdout, reason = "an example prints")]
fn main() -> Result<(), Box<dyn Error>> {
    let app = AppSpec::new(AppParts::new(
        AppName::parse("shop")?,
        WsgiTarget::parse("shop.wsgi")?,
    ))?;
    let monitoring = Monitoring {
        directory: AbsPath::parse("/etc/monitoring")?,
    };
    let mut renderers = BUILTIN.to_vec();
    renderers.push(&monitoring);
    for artifact in render_with(&renderers, &app, &Target::default())?.artifacts() {
        println!("{}", artifact.path);
    }
    Ok(())
}
