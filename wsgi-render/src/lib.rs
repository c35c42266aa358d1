//! Pure renderers: from a [`wsgi_model::AppSpec`] to the files of its container.
//!
//! Every file that nginx, gunicorn, supervisor, cron, sudo, logrotate and the app's shell read is
//! rendered into a [`wsgi_model::Bundle`]: with its path, mode, owner, the check to make before it
//! replaces an older one, and what a change of it owes to which daemon. Nothing is read or written.
//!
//! ```
//! use wsgi_model::{AppName, AppParts, AppSpec, WsgiTarget};
//! use wsgi_render::{Target, render};
//!
//! let app = AppSpec::new(AppParts::new(AppName::parse("shop")?, WsgiTarget::parse("shop.wsgi")?))?;
//! let bundle = render(&app, &Target::default())?;
//! let env = bundle.artifact("/etc/wsgi/shop/env").expect("each app has an environment");
//! assert_eq!(env.sensitivity(), wsgi_model::Sensitivity::Secret);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Rendering knows its [`Target`]: the versions of nginx and OpenSSL decide the syntax of some
//! files, never their paths. To render one concern only, or one more of your own, pass your
//! [`Renderer`]s to [`render_with`]; [`BUILTIN`] holds those of this crate.
//!
//! Values are quoted by the [`Dialect`] of the file that they land in, and a value that a dialect
//! cannot carry is refused.

mod dialect;
mod mailto;
mod owed;
mod renderer;
mod renderers;
mod secret_texts;
mod target;
mod template;

pub use dialect::{Dialect, Unquotable};
pub use renderer::{RenderError, Renderer, render, render_with};
pub use renderers::BUILTIN;
pub use target::{Init, Target, Version};
pub use template::TemplateFault;

/// The examples of the README run, too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
