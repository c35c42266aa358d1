//! Deploys by the command line to one host and to several: real nginx, supervisor and gunicorn on
//! scratch machines.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

mod desk;
mod git;
mod golden;
mod left;
mod over_ssh;
mod steady;
mod together;
