//! One module per concern.

use crate::Renderer;

mod environment;
mod nginx;
mod pages;
mod tls;

/// Every renderer of this crate, one line each.
pub const BUILTIN: &[&dyn Renderer] = &[
    &environment::Environment,
    &nginx::Nginx,
    &pages::Pages,
    &tls::TlsSettings,
];
