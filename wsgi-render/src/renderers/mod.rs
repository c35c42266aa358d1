//! One module per concern.

use crate::Renderer;

mod directories;
mod environment;
mod gunicorn;
mod profile;
mod service;
mod sudoers;
mod supervisor;

/// Every renderer of this crate, one line each.
pub const BUILTIN: &[&dyn Renderer] = &[
    &directories::Directories,
    &environment::Environment,
    &gunicorn::GunicornProcess,
    &profile::Profile,
    &service::Service,
    &sudoers::Sudoers,
    &supervisor::Supervisor,
];
