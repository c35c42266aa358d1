//! `completions`: what a shell needs to complete our command lines.

use clap::CommandFactory as _;

use crate::args::{Arguments, Completions};
use crate::error::CommandError;
use crate::exit;
use crate::output::Console;

pub(super) fn completions(
    args: &Completions,
    console: &mut Console<'_>,
) -> Result<u8, CommandError> {
    let mut script = Vec::new();
    clap_complete::generate(
        args.shell,
        &mut Arguments::command(),
        "wsgi-cli",
        &mut script,
    );
    console.print(format_args!("{}", String::from_utf8_lossy(&script)))?;
    Ok(exit::DONE)
}
