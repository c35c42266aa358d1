//! `check`: load and validate only.

use serde::Serialize;

use crate::args::Check;
use crate::error::CommandError;
use crate::examination::{Call, FileJson, Neighbours, Reader, examine};
use crate::output::{Console, Verbosity, visible};

#[derive(Serialize)]
struct Document {
    files: Vec<FileJson>,
}

pub(super) fn check(args: &Check, console: &mut Console<'_>) -> Result<u8, CommandError> {
    let reader = Reader::of_json(args.json);
    let call = Call::new(&args.vars, Neighbours::OneHost, reader);
    let examined = examine(
        console,
        &call,
        |_| Ok(()),
        |console, accepted| {
            if reader == Reader::Program || console.verbosity == Verbosity::Quiet {
                return Ok(());
            }
            let comma = if accepted.tally.is_empty() { "" } else { ", " };
            let (app, file) = (&accepted.loaded.app.name, visible(&accepted.file));
            Ok(console.print(format_args!("{app}: {file}: ok{comma}{}\n", accepted.tally))?)
        },
    )?;
    let status = examined.status();
    if reader == Reader::Program {
        let files = examined.files;
        console.print_json(&Document { files })?;
    }
    Ok(status)
}
