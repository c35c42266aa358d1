//! What turns an app into artifacts.

use std::fmt::Debug;

use wsgi_model::{AppSpec, Artifact, Bundle, DuplicatePath, Needs};

use crate::Target;
use crate::dialect::Unquotable;
use crate::renderers::BUILTIN;
use crate::secret_texts::SecretTexts;
use crate::template::TemplateFault;

/// Turns one concern of an app into artifacts. Pure: no clock, no environment, no files.
pub trait Renderer: Debug + Sync {
    /// What the concern is called, such as `nginx`.
    fn name(&self) -> &'static str;

    /// The artifacts of `app` on `target`. Their paths do not depend on `target`.
    ///
    /// # Errors
    /// [`RenderError`] when a value cannot be written in the file that it belongs in.
    fn render(&self, app: &AppSpec, target: &Target) -> Result<Vec<Artifact>, RenderError>;
}

/// Why an app could not be rendered.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RenderError {
    /// A value cannot be written in the file that it belongs in.
    #[error("`{field}` cannot be written in {template}")]
    Unquotable {
        /// The template.
        template: &'static str,
        /// The field of its view.
        field: String,
        /// Why not.
        source: Unquotable,
    },
    /// A template and its view do not fit: a bug of the renderer.
    #[error("the template {template} failed")]
    Template {
        /// The template.
        template: &'static str,
        /// What failed.
        source: TemplateFault,
    },
    /// Two renderers made one path.
    #[error("two renderers made one path")]
    Duplicate(#[from] DuplicatePath),
}

/// The bundle of `app` on `target`, made by the [`BUILTIN`] renderers.
///
/// # Errors
/// As [`Renderer::render`].
pub fn render(app: &AppSpec, target: &Target) -> Result<Bundle, RenderError> {
    render_with(BUILTIN, app, target)
}

/// The bundle of `app` on `target`, made by the given renderers.
///
/// # Errors
/// As [`Renderer::render`], and [`RenderError::Duplicate`] when two of them make one path.
pub fn render_with(
    renderers: &[&dyn Renderer],
    app: &AppSpec,
    target: &Target,
) -> Result<Bundle, RenderError> {
    let mut artifacts = Vec::new();
    for renderer in renderers {
        artifacts.extend(renderer.render(app, target)?);
    }
    let secrets = SecretTexts::of(app);
    for artifact in &mut artifacts {
        secrets.hide(artifact);
    }
    Ok(Bundle::new(app.name.clone(), Needs::of(app), artifacts)?)
}
