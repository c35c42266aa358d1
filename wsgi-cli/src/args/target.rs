//! Which hosts a command works on, and how they are reached.

use std::path::PathBuf;

use clap::{Args, ValueHint};
use wsgi_apply::ssh::Destination;

/// Where the apps are, and how one gets there.
#[derive(Args, Debug)]
pub(crate) struct TargetArgs {
    #[command(flatten)]
    pub(crate) kind: TargetKind,
    /// A private key to log in with, before those of `~/.ssh/config` and the agent; repeatable
    #[arg(short = 'i', long = "identity", value_name = "KEY", value_hint = ValueHint::FilePath,
          conflicts_with_all = ["local", "root"], help_heading = "Connection")]
    pub(crate) identities: Vec<PathBuf>,
    /// Ask for the password to log in with, and try no keys
    #[arg(long, conflicts_with_all = ["local", "root"], help_heading = "Connection")]
    pub(crate) ask_pass: bool,
    /// Become root by sudo: what is done anyway where the user is not root
    #[arg(long, conflicts_with = "root", help_heading = "Connection")]
    pub(crate) sudo: bool,
    /// Ask for the password that sudo wants
    #[arg(
        short = 'K',
        long,
        conflicts_with = "root",
        help_heading = "Connection"
    )]
    pub(crate) ask_sudo_pass: bool,
}

/// One kind of target.
#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
pub(crate) struct TargetKind {
    /// A host over SSH, as `ssh` knows it; repeatable
    #[arg(long = "host", value_name = "[USER@]HOST[:PORT]", value_hint = ValueHint::Hostname,
          help_heading = "Target")]
    pub(crate) hosts: Vec<Destination>,
    /// This machine
    #[arg(long, help_heading = "Target")]
    pub(crate) local: bool,
    /// A directory that stands for `/`: files, directories and links only
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, help_heading = "Target")]
    pub(crate) root: Option<PathBuf>,
}
