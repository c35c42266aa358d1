//! One module per concern.

use crate::Renderer;

mod cron;
mod directories;
mod environment;
mod gunicorn;
mod logrotate;
mod nginx;
mod pages;
mod profile;
mod service;
mod sudoers;
mod supervisor;
mod tls;

/// Every renderer of this crate, one line each.
pub const BUILTIN: &[&dyn Renderer] = &[
    &cron::Cron,
    &directories::Directories,
    &environment::Environment,
    &gunicorn::GunicornProcess,
    &logrotate::Logrotate,
    &nginx::Nginx,
    &pages::Pages,
    &profile::Profile,
    &service::Service,
    &sudoers::Sudoers,
    &supervisor::Supervisor,
    &tls::TlsSettings,
];
