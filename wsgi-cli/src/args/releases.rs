//! What the verbs take that work on releases and on running apps.

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};

use super::{TargetArgs, VarsFiles};

pub(super) const DEPLOY: &str = "\
Examples:
  wsgi-cli deploy shop.yml --host web1 --from .
  wsgi-cli deploy shop.yml --host web1 --from dist/shop-1.2.tar.gz
  wsgi-cli deploy shop.yml --host web1 --from git:https://git.example.org/shop#v1.2
  wsgi-cli deploy shop.yml --host web1 --host web2 --host web3 --canary 1 --from .

Of a directory, what its .gitignore files name is left out. A release is put together beside the
running one, checked and asked for its health there, and switched to without a lost request. When
anything fails, the old release serves on, or again.

Of several hosts none switches before all have built the release and it has answered there; then
`wsgi_deploy_release` runs on the first. When one of them fails, all go back.";

pub(super) const ROLLBACK: &str = "\
Examples:
  wsgi-cli rollback shop.yml --host web1
  wsgi-cli rollback shop.yml --host web1 --to 20261122T101500Z-0f3a9c1d2e

Without `--to` it is the last good release before the one that serves. Migrations are not undone.";

pub(super) const RELEASES: &str = "\
Examples:
  wsgi-cli releases shop.yml --host web1
  wsgi-cli releases shop.yml --host web1 --output       what the last deploy has printed, also one that failed
  wsgi-cli releases shop.yml --host web1 --output 20261122T101500Z-0f3a9c1d2e";

pub(super) const MAINTENANCE: &str = "\
Examples:
  wsgi-cli maintenance on shop.yml --host web1
  wsgi-cli maintenance off shop.yml --host web1";

pub(super) const LOGS: &str = "\
Examples:
  wsgi-cli logs shop.yml --host web1
  wsgi-cli logs shop.yml --host web1 -f                 until Ctrl-C, across rotations";

pub(super) const RUN: &str = "\
Examples:
  wsgi-cli run shop.yml --host web1 -- python manage.py check
  wsgi-cli run shop.yml --host web1 -- python manage.py loaddata - < data.json
  wsgi-cli run shop.yml --host web1 -- python manage.py shell

It runs as the app's user, in the release that serves, with the app's environment and virtualenv: in a
terminal when stdin and stdout are one, else with stdin passed on. The exit status is that of the
command.";

pub(super) const SHELL: &str = "\
Example:
  wsgi-cli shell shop.yml --host web1

It is bash, as the app's user, in the release that serves, with the app's environment and virtualenv.";

#[derive(Args, Debug)]
pub(crate) struct Deploy {
    #[command(flatten)]
    pub(crate) vars: VarsFiles,
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    /// What is deployed: a directory, a .tar or .tar.gz, or `git:URL#REVISION`
    #[arg(long, value_name = "SOURCE", value_hint = ValueHint::AnyPath)]
    pub(crate) from: String,
    /// Who fetches a repository: the host, as the app's user and with that one's keys, or this
    /// machine. One that is on this machine is never fetched by another
    #[arg(long, value_name = "WHERE", value_enum, default_value_t)]
    pub(crate) git_fetch: GitFetch,
    #[command(flatten)]
    pub(crate) turn: Turn,
    #[command(flatten)]
    pub(crate) pace: Pace,
    /// Send all files, also those that the host has from the last release
    #[arg(long)]
    pub(crate) full: bool,
    /// One JSON document on stdout
    #[arg(long)]
    pub(crate) json: bool,
}

/// Who fetches a repository.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum GitFetch {
    /// The host, which keeps a copy of it
    #[default]
    Host,
    /// This machine, which sends what has changed
    Here,
}

#[derive(Args, Debug)]
pub(crate) struct Rollback {
    #[command(flatten)]
    pub(crate) vars: VarsFiles,
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    /// The release to go back to, as `releases` names it
    #[arg(long, value_name = "RELEASE")]
    pub(crate) to: Option<String>,
    #[command(flatten)]
    pub(crate) turn: Turn,
    #[command(flatten)]
    pub(crate) pace: Pace,
    /// One JSON document on stdout
    #[arg(long)]
    pub(crate) json: bool,
}

/// Whose turn it is to deploy.
#[derive(Args, Debug)]
pub(crate) struct Turn {
    /// Wait while somebody else deploys the app: so many seconds, or ten minutes
    #[arg(
        long,
        value_name = "SECONDS",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "600"
    )]
    pub(crate) wait: Option<u32>,
}

/// In which order several hosts switch.
#[derive(Args, Debug)]
pub(crate) struct Pace {
    /// The first N hosts switch and are asked for their health, then the others
    #[arg(
        long,
        value_name = "N",
        default_value = "0",
        hide_default_value = true,
        help_heading = "Several hosts"
    )]
    pub(crate) canary: usize,
    /// How many hosts switch at the same time: without it one, or after canaries all others
    #[arg(long, value_name = "N", help_heading = "Several hosts")]
    pub(crate) serial: Option<NonZeroUsize>,
}

/// The release whose deploy was the last.
pub(crate) const LAST: &str = "last";

#[derive(Args, Debug)]
pub(crate) struct Releases {
    #[command(flatten)]
    pub(crate) vars: VarsFiles,
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    /// What the deploy of a release has printed, step by step: of the last one, unless one is named
    #[arg(long, value_name = "RELEASE", num_args = 0..=1, default_missing_value = LAST)]
    pub(crate) output: Option<String>,
    /// One JSON document on stdout
    #[arg(long)]
    pub(crate) json: bool,
}

/// What becomes of the maintenance page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PageSwitch {
    /// Visitors get the maintenance page
    On,
    /// Visitors get the app
    Off,
    /// Say which they get
    Status,
}

#[derive(Args, Debug)]
pub(crate) struct Maintenance {
    /// What visitors get
    #[arg(value_enum)]
    pub(crate) page: PageSwitch,
    #[command(flatten)]
    pub(crate) vars: VarsFiles,
    #[command(flatten)]
    pub(crate) target: TargetArgs,
}

#[derive(Args, Debug)]
pub(crate) struct Logs {
    #[command(flatten)]
    pub(crate) vars: VarsFiles,
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    /// Go on with what is added
    #[arg(short, long)]
    pub(crate) follow: bool,
    /// How many lines of each log
    #[arg(short = 'n', long, value_name = "N", default_value = "20")]
    pub(crate) lines: u32,
}

#[derive(Args, Debug)]
pub(crate) struct Run {
    #[command(flatten)]
    pub(crate) vars: VarsFiles,
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    /// The command and its arguments
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub(crate) command: Vec<OsString>,
}

#[derive(Args, Debug)]
pub(crate) struct OpenShell {
    #[command(flatten)]
    pub(crate) vars: VarsFiles,
    #[command(flatten)]
    pub(crate) target: TargetArgs,
}

/// Where repositories are kept.
pub(crate) fn cache() -> PathBuf {
    let of = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let base = of("XDG_CACHE_HOME").map(PathBuf::from);
    let base = base.or_else(|| of("HOME").map(|home| PathBuf::from(home).join(".cache")));
    base.unwrap_or_else(std::env::temp_dir).join("wsgi-cli")
}
