//! Run WSGI app containers on Debian and Ubuntu hosts, from one vars file per app.
//!
//! The binary `wsgi-cli` is [`run`]. What scripts may rely on:
//!
//! - the exit statuses in [`exit`]; results on stdout, everything else on stderr;
//! - the documents of `--json`. Those about vars files have `files`: for every vars file `file`, `app`,
//!   `accepted` and its `problems` with `severity`, `code`, `variable`, `line`, `column`, `message` and
//!   `help`. A run that ended early has `errors` instead, each with `message`, `causes` and `help`;
//! - what they say of hosts, in `hosts`, of which each has `host` and, but for deploys, `errors`:
//!   - `plan`, `apply`, `remove`: `plan`, a [`PlanDocument`](wsgi_apply::PlanDocument), and `report`:
//!     `outcome` (`done`, `drifted`, `locked`, `refused`, `failed` or `ended`), `locked_by`, `done`,
//!     `failures` with `step`, `name` and `said`, `put_back`, `owed`, `backups`. Null is what there is
//!     none of;
//!   - `status`: `apps`, each with `app`, `running`, `program` (`state`, `pid`, `uptime`), `supervised`,
//!     `release`, `applied` and `drift`, and `obstacles`;
//!   - `deploy`, `rollback`: `release`, `outcome` (`serves`, `failed`, `refused` or `ended`), `message`
//!     and `output`;
//! - `releases`, which asks one host: `host`, `current`, `deploying` (who does right now, or null), `releases`
//!   ([`Release`](wsgi_apply::deploy::Release)), the oldest first, and `log`
//!   ([`LogEntry`](wsgi_apply::deploy::LogEntry)); with `--output`: `host`, `release`, `outcome` (`good` or
//!   `failed`) and `steps` ([`KeptStep`](wsgi_apply::deploy::KeptStep));
//! - `manifest.json` of a rendered tree, sorted by path. Each of its `artifacts` has `path`, `kind`
//!   (`file`, `directory`, `symlink` or `absent`), `mode`, `owner`, `group`, `target`, `sensitive`,
//!   `sha256`, `notify`, `checks`, and `app`, which is null where apps share it. `block` says that
//!   a file is only the top lines of a file that somebody else may add to, and `kept` that it is to
//!   be made where there is none and left as it is where there is one. `needs` lists what each app
//!   needs besides: packages, user and group, keys by their fingerprints, the virtualenv;
//! - the documents of `plan`, `apply` and `remove`. Each of `hosts` has `host`; `plan`, which is
//!   [`wsgi_apply::PlanDocument`] with `steps`, `obstacles`, `remarks` and `counts`; `report` with
//!   the `outcome` (`done`, `drifted`, `locked`, `refused`, `failed` or `ended`), the numbers of the
//!   steps that were `done`, `failures`, `put_back`, `owed` and `backups`; and `errors`. `status`
//!   has `apps` instead, each with `running`, `program`, `release`, `applied` and `drift`. Nothing
//!   secret is in them.

mod args;
mod commands;
mod error;
mod examination;
pub mod exit;
mod fleet;
mod host_failure;
mod inputs;
mod interruption;
mod machine;
mod operator;
mod output;
mod parallel;
mod passwords;
mod person_terminal;
mod plan_file;
mod preparation;
mod refused_line;
mod release_host;
mod rollout;
mod terminal;
mod tree;
mod vars_file;

use std::error::Error;
use std::ffi::OsString;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use clap::Parser as _;
use serde::Serialize;

use args::Arguments;
use output::{Console, FailureJson, Paint, Verbosity, failure};

pub use machine::{Machines, NoMachines};
pub use output::Stream;

/// Runs a command line, and gives the exit status (see [`exit`]). The first of `args` is the
/// program's name.
///
/// ```
/// use std::process::ExitCode;
///
/// let (mut out, mut err) = (Vec::new(), Vec::new());
/// let status = wsgi_cli::run(["wsgi-cli", "check", "no-such-file.yml"], &mut out, &mut err);
/// assert_eq!(status, ExitCode::from(wsgi_cli::exit::REFUSED));
/// assert!(err.starts_with(b"error: cannot read no-such-file.yml\n"));
/// ```
pub fn run<A>(args: A, out: &mut dyn Stream, err: &mut dyn Stream) -> ExitCode
where
    A: IntoIterator,
    A::Item: Into<OsString> + Clone,
{
    run_on(&NoMachines, args, out, err)
}

/// Runs a command line as [`run`] does, where `--host` can also name machines of one's own.
pub fn run_on<A>(
    machines: &dyn Machines,
    args: A,
    out: &mut dyn Stream,
    err: &mut dyn Stream,
) -> ExitCode
where
    A: IntoIterator,
    A::Item: Into<OsString> + Clone,
{
    let terminal = (out.is_terminal(), err.is_terminal());
    match Arguments::try_parse_from(args) {
        Ok(arguments) => {
            let verbosity = match (arguments.quiet, arguments.verbose) {
                (true, _) => Verbosity::Quiet,
                (_, true) => Verbosity::Verbose,
                _ => Verbosity::Normal,
            };
            let paint = Paint::new(arguments.color, terminal.1);
            let result_paint = Paint::new(arguments.color, terminal.0);
            let mut console = Console::new(out, err, paint, result_paint, verbosity);
            let json = arguments.verb.is_json();
            let perform = || commands::perform(arguments.verb, &mut console, machines);
            // The message of a panic has been printed by then, without a status that says whose
            // fault it is.
            if let Ok(done) = catch_unwind(AssertUnwindSafe(perform)) {
                return finish(&mut console, done, json);
            }
            console.complain("this is a bug of wsgi-cli; please report it with the lines above\n");
            ExitCode::from(exit::BUG)
        }
        Err(usage) => {
            let asked = !usage.use_stderr();
            let watched = if asked { terminal.0 } else { terminal.1 };
            let paint = Paint::new(args::Colour::Auto, watched);
            let text = usage.render();
            let text = if paint.is_on() {
                text.ansi().to_string()
            } else {
                text.to_string()
            };
            let mut console = Console::new(out, err, paint, paint, Verbosity::Normal);
            if asked {
                let printed = console.print(format_args!("{text}"));
                return finish(
                    &mut console,
                    printed.map(|()| exit::DONE).map_err(Into::into),
                    false,
                );
            }
            console.complain(&text);
            ExitCode::from(exit::USAGE)
        }
    }
}

/// Says why a command ended early, if it did, and gives the exit status.
fn finish(
    console: &mut Console<'_>,
    done: Result<u8, error::CommandError>,
    json: bool,
) -> ExitCode {
    let done = done.and_then(|status| Ok(console.flush().map(|()| status)?));
    ExitCode::from(done.unwrap_or_else(|error| {
        let conflicts = error.conflicts().iter();
        let conflicts =
            conflicts.map(|conflict| (conflict as &dyn Error, Some(conflict.help().to_owned())));
        let all: Vec<_> = conflicts
            .chain([(&error as &dyn Error, error.help())])
            .collect();
        if json {
            let errors = all
                .iter()
                .map(|(error, help)| FailureJson::new(*error, help.as_deref()));
            let document = Ended {
                errors: errors.collect(),
            };
            // When stdout is what failed, stderr says so.
            if console
                .print_json(&document)
                .and_then(|()| console.flush())
                .is_ok()
            {
                return error.status();
            }
        }
        for (error, help) in all {
            console.complain(&failure(console.paint, error, help.as_deref()));
        }
        error.status()
    }))
}

/// The document of a run that ended early.
#[derive(Serialize)]
struct Ended {
    errors: Vec<FailureJson>,
}
