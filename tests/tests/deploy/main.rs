//! Releases on a scratch machine: supervisor, gunicorn and nginx run, and nobody is turned away.

mod adoption;
mod files;
mod kills;
mod load;
mod order;
#[cfg(feature = "long")]
mod parts;
mod refused;
mod rollback;
mod shop;
