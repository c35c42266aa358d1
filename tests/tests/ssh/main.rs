//! Connections over SSH to real servers: whom we trust, how we log in, and what a program gets.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

mod client;
mod exec;
mod failures;
mod host_keys;
mod jumps;
mod keys;
mod lost;
mod settings;
mod target;
