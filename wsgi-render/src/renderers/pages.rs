//! The pages for failures and for maintenance.

use serde::Serialize;
use wsgi_model::{AppSpec, Artifact, Contents, Mode, Owner};

use crate::mailto::Mailto;
use crate::template::Template;
use crate::{Dialect, RenderError, Renderer, Target};

static PAGE: Template = Template::new(
    "pages/page.hbs",
    Dialect::Html,
    include_str!("../../templates/pages/page.hbs"),
);

/// `{storage}{name}/500.html` and `{storage}{name}/maintenance.html`.
#[derive(Debug)]
pub(super) struct Pages;

/// What a page tells.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Occasion {
    Failure,
    Maintenance,
}

#[derive(Serialize)]
struct View<'a> {
    maintenance: bool,
    /// Whether somebody reads what is written to the address.
    has_contact: bool,
    address: &'a str,
    mailto: Mailto,
}

fn page(app: &AppSpec, occasion: Occasion) -> Result<Contents, RenderError> {
    let view = View {
        maintenance: occasion == Occasion::Maintenance,
        has_contact: !app.support_email.is_placeholder(),
        address: app.support_email.as_str(),
        mailto: Mailto::new(&app.support_email),
    };
    Ok(Contents::public(PAGE.render(&view)?))
}

impl Renderer for Pages {
    fn name(&self) -> &'static str {
        "pages"
    }

    fn render(&self, app: &AppSpec, _: &Target) -> Result<Vec<Artifact>, RenderError> {
        if app.exposed_site().is_none() {
            return Ok(Vec::new());
        }
        let layout = app.layout();
        let file = |path, contents| Artifact::file(path, contents, Mode::new(0o644), Owner::root());
        Ok(vec![
            file(layout.error_page(), page(app, Occasion::Failure)?),
            file(layout.maintenance_page(), page(app, Occasion::Maintenance)?),
        ])
    }
}
