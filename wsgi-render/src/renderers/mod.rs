//! One module per concern.

use crate::Renderer;

mod cron;
mod environment;
mod logrotate;
mod nginx;
mod pages;
mod tls;

/// Every renderer of this crate, one line each.
pub const BUILTIN: &[&dyn Renderer] = &[
    &cron::Cron,
    &environment::Environment,
    &logrotate::Logrotate,
    &nginx::Nginx,
    &pages::Pages,
    &tls::TlsSettings,
];
