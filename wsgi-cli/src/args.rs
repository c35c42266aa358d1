//! What the command line takes.

mod hosts;
mod releases;
mod target;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use clap_complete::Shell;
use wsgi_render::Version;

pub(crate) use hosts::{Apply, Performing, Plan, Remove, Status};
pub(crate) use releases::{
    Deploy, GitFetch, LAST, Logs, Maintenance, OpenShell, Pace, PageSwitch, Releases, Rollback,
    Run, cache,
};
pub(crate) use target::TargetArgs;

/// Run WSGI app containers (nginx, TLS, gunicorn, supervisor, cron, sudo) on Debian and Ubuntu hosts,
/// from one vars file per app.
#[derive(Debug, Parser)]
#[command(
    name = "wsgi-cli",
    version,
    max_term_width = 100,
    after_help = "Start with `wsgi-cli init app.yml`, fill it in, and `wsgi-cli check app.yml`.\n\
                  `wsgi-cli VERB --help` has examples of each verb.",
    after_long_help = EXIT_STATUS,
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) verb: Verb,
    /// Colour of errors and warnings
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        default_value_t,
        value_enum,
        help_heading = "Common options"
    )]
    pub(crate) color: Colour,
    /// Say nothing but errors
    #[arg(
        short,
        long,
        global = true,
        conflicts_with = "verbose",
        help_heading = "Common options"
    )]
    pub(crate) quiet: bool,
    /// Say what is done
    #[arg(short, long, global = true, help_heading = "Common options")]
    pub(crate) verbose: bool,
}

const EXIT_STATUS: &str = "\
Start with `wsgi-cli init app.yml`, fill it in, and `wsgi-cli check app.yml`.
`wsgi-cli VERB --help` has examples of each verb.

Exit status:
  0  done, or nothing to do
  1  a bug of wsgi-cli
  2  wrong usage
  3  a vars file was refused; nothing was written
  4  `plan --exit-code`: there are changes; `status`: an app does not run, or its host differs
  5  a host cannot be reached or logged in to, is not known, or gives no right to become root
  6  stopped part-way; the report says what was done and what was put back
  7  refused because of what is there already; nothing changed
  129, 130, 143  ended by SIGHUP, SIGINT or SIGTERM; what was begun is put back, or finished where
     it could not be left half-way; a second signal ends at once, and the next run tidies up

Results go to stdout, everything else to stderr.";

/// When errors are coloured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Colour {
    /// In a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Load and validate vars files, and say all that is wrong with them
    #[command(after_help = CHECK)]
    Check(Check),
    /// Write every file of the apps below a directory
    #[command(after_help = RENDER)]
    Render(Render),
    /// Say what an apply would change on hosts, and change nothing
    #[command(after_help = hosts::PLAN)]
    Plan(Plan),
    /// Bring hosts to what the vars files say
    #[command(after_help = hosts::APPLY)]
    Apply(Apply),
    /// Say how the apps are doing on hosts
    #[command(after_help = hosts::STATUS)]
    Status(Status),
    /// Take away from hosts what was made there for the apps
    #[command(after_help = hosts::REMOVE)]
    Remove(Remove),
    /// Put a new release in the place of the running one
    #[command(after_help = releases::DEPLOY)]
    Deploy(Deploy),
    /// Put an earlier release in the place of the running one
    #[command(after_help = releases::ROLLBACK)]
    Rollback(Rollback),
    /// List the releases of an app
    #[command(after_help = releases::RELEASES)]
    Releases(Releases),
    /// Show visitors the maintenance page, or the app
    #[command(after_help = releases::MAINTENANCE)]
    Maintenance(Maintenance),
    /// Print the logs of an app
    #[command(after_help = releases::LOGS)]
    Logs(Logs),
    /// Run a command in the release that serves
    #[command(after_help = releases::RUN)]
    Run(Run),
    /// Open a shell in the release that serves
    #[command(after_help = releases::SHELL)]
    Shell(OpenShell),
    /// Show every variable with its value and where it came from
    #[command(after_help = SHOW)]
    Show(Show),
    /// Print the apps' environment as `NAME=value`
    #[command(after_help = ENV)]
    Env(Env),
    /// Print the JSON Schema of a vars file, for editors
    #[command(after_help = SCHEMA)]
    Schema,
    /// Write a commented vars file to start from
    #[command(after_help = INIT)]
    Init(Init),
    /// Print shell completions
    #[command(after_help = COMPLETIONS)]
    Completions(Completions),
    /// Print the manual page
    #[command(after_help = MAN)]
    Man(Man),
}

impl Verb {
    /// Whether the result is to be a JSON document.
    pub(crate) const fn is_json(&self) -> bool {
        match self {
            Self::Check(args) => args.json,
            Self::Render(args) => args.json,
            Self::Plan(args) => args.json,
            Self::Apply(args) => args.json,
            Self::Status(args) => args.json,
            Self::Remove(args) => args.json,
            Self::Deploy(args) => args.json,
            Self::Rollback(args) => args.json,
            Self::Releases(args) => args.json,
            Self::Show(args) => args.json,
            Self::Env(args) => args.json,
            Self::Schema
            | Self::Init(_)
            | Self::Completions(_)
            | Self::Man(_)
            | Self::Maintenance(_)
            | Self::Logs(_)
            | Self::Run(_)
            | Self::Shell(_) => false,
        }
    }
}

const CHECK: &str = "\
Examples:
  wsgi-cli check shop.yml
  wsgi-cli check apps/*.yml            several apps, and what they take from each other
  wsgi-cli check --json shop.yml | jq '.files[].problems[].message'
  wsgi-cli check shop.yml --vault-password-file ~/.vault-password
  wsgi-cli check apps/*.yml --shared common.yml -e stage=live";

const RENDER: &str = "\
Examples:
  wsgi-cli render shop.yml --out build
  wsgi-cli render apps/*.yml --out build --nginx 1.26.3 --openssl 3.5

DIR/etc/nginx/… and so on are made, and DIR/manifest.json, which names each path with its mode and
owner, and what else the apps need. DIR may be new, empty, or written by an earlier `render`: files
that are not rendered any more go, files of anybody else's stay, and a file of ours that was edited
by hand ends the run before anything is changed.";

const SHOW: &str = "\
Examples:
  wsgi-cli show shop.yml
  wsgi-cli show --json shop.yml | jq '.apps[0].variables.wsgi_path.value'

Secrets are masked.";

const ENV: &str = "\
Examples:
  wsgi-cli env shop.yml
  wsgi-cli env --show-secrets shop.yml > .env
  (set -a; eval \"$(wsgi-cli env --show-secrets shop.yml)\"; python manage.py runserver)

Values are quoted for the shell where they need it.";

const SCHEMA: &str = "\
Example:
  wsgi-cli schema > wsgi.schema.json

and in the first line of a vars file, for editors with a YAML language server:
  # yaml-language-server: $schema=wsgi.schema.json";

const INIT: &str = "\
Examples:
  wsgi-cli init shop.yml
  wsgi-cli init | less";

const COMPLETIONS: &str = "\
Examples:
  wsgi-cli completions bash > ~/.local/share/bash-completion/completions/wsgi-cli
  wsgi-cli completions fish > ~/.config/fish/completions/wsgi-cli.fish
  wsgi-cli completions zsh > /usr/local/share/zsh/site-functions/_wsgi-cli";

const MAN: &str = "\
Examples:
  wsgi-cli man | man -l -
  wsgi-cli man /usr/local/share/man/man1      one page for each verb";

/// Vars files.
#[derive(Args, Debug)]
pub(crate) struct VarsFiles {
    /// Vars files, one app each; `-` is stdin
    #[arg(required = true, value_name = "VARS", value_hint = ValueHint::FilePath)]
    pub(crate) paths: Vec<OsString>,
    /// Variables above those of the files: NAME=VALUE, a mapping in YAML or JSON, or @FILE
    #[arg(short = 'e', long, value_name = "VARS", help_heading = "Variables")]
    pub(crate) extra_vars: Vec<String>,
    /// A file of variables for every app, below each app's own
    #[arg(long, value_name = "FILE", help_heading = "Variables")]
    pub(crate) shared: Vec<OsString>,
    /// The password of a vault id: a file, a program that prints it, or `prompt`; after those of
    /// `ANSIBLE_VAULT_IDENTITY_LIST`
    #[arg(long, value_name = "LABEL@SOURCE", help_heading = "Ansible Vault")]
    pub(crate) vault_id: Vec<String>,
    /// A file with a vault password, or a program that prints one; `ANSIBLE_VAULT_PASSWORD_FILE`
    /// where none is given
    #[arg(
        long,
        alias = "vault-pass-file",
        value_name = "FILE",
        help_heading = "Ansible Vault"
    )]
    pub(crate) vault_password_file: Vec<PathBuf>,
    /// Ask for a vault password
    #[arg(
        short = 'J',
        long,
        alias = "ask-vault-password",
        help_heading = "Ansible Vault"
    )]
    pub(crate) ask_vault_pass: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Check {
    #[command(flatten)]
    pub(crate) vars: VarsFiles,
    /// One JSON document on stdout, with all problems
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Render {
    #[command(flatten)]
    pub(crate) vars: VarsFiles,
    /// The directory that stands for `/`
    #[arg(short, long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) out: PathBuf,
    /// The nginx that the files are for, as `nginx -v` prints it
    #[arg(long, value_name = "VERSION", value_parser = version, default_value = "1.22.1")]
    pub(crate) nginx: Version,
    /// The OpenSSL that nginx runs with, as `nginx -V` prints it
    #[arg(long, value_name = "VERSION", value_parser = version, default_value = "3.0.0")]
    pub(crate) openssl: Version,
    /// What starts services on the host: the files are the same, what they owe it is not
    #[arg(long, value_name = "SYSTEM", default_value_t, value_enum)]
    pub(crate) init: InitSystem,
    /// One JSON document on stdout, with what was done and all problems
    #[arg(long)]
    pub(crate) json: bool,
}

/// What starts services on the host.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum InitSystem {
    /// systemd, which is told of changed units
    #[default]
    Systemd,
    /// Scripts in `/etc/init.d`: the unit is there for later, and nobody is told of it
    Sysv,
}

#[derive(Args, Debug)]
pub(crate) struct Show {
    #[command(flatten)]
    pub(crate) vars: VarsFiles,
    /// One JSON document on stdout
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Env {
    #[command(flatten)]
    pub(crate) vars: VarsFiles,
    /// Print values as they are
    #[arg(long)]
    pub(crate) show_secrets: bool,
    /// One JSON document on stdout
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Init {
    /// A file that does not exist yet; stdout without one, or with `-`
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) file: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct Completions {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: Shell,
}

#[derive(Args, Debug)]
pub(crate) struct Man {
    /// Where to put a page for wsgi-cli and each verb; the first goes to stdout without one
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) directory: Option<PathBuf>,
}

fn version(text: &str) -> Result<Version, NoVersion> {
    Version::parse(text).ok_or(NoVersion)
}

/// A text that is not a version.
#[derive(Debug, thiserror::Error)]
#[error("expected numbers and dots, such as 1.26.3")]
struct NoVersion;
