//! Unlucky and hostile hosts: whatever happens while a plan is performed, no file is half written,
//! the host serves what it served, and the next run ends what was begun.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

mod at_once;
mod daemons;
mod disk;
mod fault_points;
mod links;
mod odd_hosts;
mod packages;
mod programs;
mod secrets;
mod subject;
mod transport;
