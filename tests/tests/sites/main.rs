//! Real projects on real hosts, as a person has them: the command line over SSH, nginx by HTTP, the
//! app's user by SSH.
//!
//! One host goes through a whole story, since what is looked at takes less than getting there. Each
//! chapter is a function named for what it promises.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

mod called;
mod cron;
mod departure;
mod django;
mod first;
mod flask;
mod login;
mod logs;
mod restarts;
mod second;
mod site;
mod snapshot;
