//! The throw-away hosts keep their own promises.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

mod access;
mod lifetime;
mod network;
mod systems;

use std::process::{Command, Output};

use wsgi_tests::{TargetHost, TargetHostBuilder};

/// A host with more packages than every host has: the same for all tests here, so that they share
/// one image.
fn equipped() -> TargetHostBuilder {
    let packages = [
        "csh",
        "curl",
        "fish",
        "nginx-light",
        "python3-venv",
        "supervisor",
    ];
    TargetHost::builder().packages(packages)
}

/// What a command prints that is run over SSH and exits with 0.
#[track_caller]
fn over_ssh(host: &TargetHost, user: &str, command: &str) -> String {
    output_of(host.ssh(user).arg(command))
}

/// What a command of the test computer prints that exits with 0.
#[track_caller]
fn output_of(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {output:?}");
    text(&output)
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}
