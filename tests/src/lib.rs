//! Test support: scratch machines on which real programs run rendered trees, and the Python
//! packages that those programs need.
//!
//! Everything here panics with the whole story when the test computer cannot do what a test asks
//! for: a test that skips in silence proves nothing.

mod answer;
mod applier;
mod authority;
mod container;
mod fixture;
mod http_answer;
mod machine;
mod machine_builder;
mod machine_command;
mod machine_error;
mod machine_files;
mod machine_shell;
mod manifest;
mod output;
mod process;
mod program;
mod python_packages;
mod schema_judge;
mod ssh_agent;
mod ssh_key;
mod ssh_server;
mod target_host;
mod visitors;
mod wait;
mod web_host;

pub use answer::Answer;
pub use applier::{Applier, app, desired, touched};
pub use authority::{Authority, KeyKind};
pub use container::Container;
pub use fixture::{Fixture, fixtures};
pub use http_answer::HttpAnswer;
pub use machine::Machine;
pub use machine_builder::MachineBuilder;
pub use machine_command::MachineCommand;
pub use machine_error::MachineError;
pub use machine_shell::MachineShell;
pub use manifest::{Entry, Kind, Manifest};
pub use output::Output;
pub use process::Process;
pub use python_packages::PythonPackages;
pub use schema_judge::judge_by_schema;
pub use ssh_agent::SshAgent;
pub use ssh_key::SshKey;
pub use ssh_server::SshServer;
pub use target_host::{Init, Sudo, Suite, TargetHost, TargetHostBuilder};
pub use visitors::Visitors;
pub use wait::{wait_until, wait_until_within};
pub use web_host::WebHost;
