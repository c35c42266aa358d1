//! Cron tasks, run by the real cron daemon and as it would run them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

mod app;
mod checks;
mod daemon;
mod locks;
mod logs;
mod secrets;
mod values;
