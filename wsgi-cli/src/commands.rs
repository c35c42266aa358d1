//! The verbs.

mod check;

use crate::args::Verb;
use crate::error::CommandError;
use crate::output::Console;

/// Does what a verb says, and gives the exit status.
pub(crate) fn perform(verb: Verb, console: &mut Console<'_>) -> Result<u8, CommandError> {
    match verb {
        Verb::Check(args) => check::check(&args, console),
        _ => Ok(1),
    }
}
