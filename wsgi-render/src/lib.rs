//! Pure renderers from a WSGI app container's model to the files of nginx, gunicorn, supervisor, cron and sudo.

mod dialect;
mod mailto;
mod owed;
mod renderer;
mod renderers;
mod target;
mod template;

pub use dialect::{Dialect, Unquotable};
pub use renderer::{RenderError, Renderer, render, render_with};
pub use renderers::BUILTIN;
pub use target::{Init, Target, Version};
pub use template::TemplateFault;
