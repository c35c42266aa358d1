//! `~/.ssh/config`, as far as it decides where we connect to and whom we trust.

mod algorithms;
mod error;
mod include;
mod line;
mod login_settings;
mod selection;
mod settings;
mod tokens;
mod value;

pub(super) use algorithms::chosen;
pub use error::ConfigError;
pub(super) use login_settings::Method;
pub(super) use settings::{Family, Settings, UnknownHost};

#[cfg(test)]
mod tests;
