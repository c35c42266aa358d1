//! Render, plan, apply and deploy WSGI app containers from one vars file per app.
//!
//! The binary `wsgi-cli` is [`run`]; what it promises to scripts is [`exit`] and the `--json`
//! documents.

mod args;
mod commands;
mod error;
mod examination;
pub mod exit;
mod inputs;
mod operator;
mod output;
mod parallel;
mod passwords;
mod tree;
mod vars_file;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser as _;

use args::Arguments;
use output::{Console, Paint, Verbosity, failure};

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
    let terminal = (out.is_terminal(), err.is_terminal());
    match Arguments::try_parse_from(args) {
        Ok(arguments) => {
            let verbosity = match (arguments.quiet, arguments.verbose) {
                (true, _) => Verbosity::Quiet,
                (_, true) => Verbosity::Verbose,
                _ => Verbosity::Normal,
            };
            let paint = Paint::new(arguments.color, terminal.1);
            let mut console = Console::new(out, err, paint, verbosity);
            let done = commands::perform(arguments.verb, &mut console);
            finish(&mut console, done)
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
            let mut console = Console::new(out, err, paint, Verbosity::Normal);
            if asked {
                let printed = console.print(format_args!("{text}"));
                return finish(
                    &mut console,
                    printed.map(|()| exit::DONE).map_err(Into::into),
                );
            }
            console.complain(&text);
            ExitCode::from(exit::USAGE)
        }
    }
}

/// Says why a command ended early, if it did, and gives the exit status.
fn finish(console: &mut Console<'_>, done: Result<u8, error::CommandError>) -> ExitCode {
    let done = done.and_then(|status| Ok(console.flush().map(|()| status)?));
    ExitCode::from(done.unwrap_or_else(|error| {
        for conflict in error.conflicts() {
            console.complain(&failure(console.paint, conflict, Some(conflict.help())));
        }
        console.complain(&failure(console.paint, &error, error.help().as_deref()));
        error.status()
    }))
}
