//! The command line as scripts and people rely on it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

mod called;
mod faults;
mod hosts;
mod in_terminal;
mod inputs;
mod interrupted;
mod prompt;
mod rendering;
mod secrets;
mod streams;
