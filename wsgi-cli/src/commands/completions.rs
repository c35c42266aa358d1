//! `completions`: what a shell needs to complete our command lines.

use clap::CommandFactory as _;
use clap_complete::Shell;

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
    let mut script = String::from_utf8_lossy(&script).into_owned();
    if args.shell == Shell::Bash {
        script = with_verbs(&script);
    }
    console.print(format_args!("{script}"))?;
    Ok(exit::DONE)
}

/// The script for bash with verbs that it completes.
///
/// For a program with a hyphen in its name, `clap_complete` calls a verb by one name where it finds it
/// in the line and by another where it completes it, so that nothing is offered after a verb
/// (<https://github.com/clap-rs/clap> #6421, #6386, #6529). Where it is right, this changes nothing.
fn with_verbs(script: &str) -> String {
    script.replace("wsgi__subcmd__cli", "wsgi__cli")
}
