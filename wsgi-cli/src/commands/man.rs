//! `man`: the manual pages.

use std::fs;

use clap::{Command, CommandFactory as _};
use clap_mangen::Man as Page;

use crate::args::{Arguments, Man};
use crate::error::CommandError;
use crate::exit;
use crate::output::Console;

pub(super) fn man(args: &Man, console: &mut Console<'_>) -> Result<u8, CommandError> {
    let command = with_synopses(Arguments::command());
    if let Some(directory) = &args.directory {
        let made = fs::create_dir_all(directory)
            .and_then(|()| clap_mangen::generate_to(command, directory));
        made.map_err(|source| CommandError::make(directory, source))?;
        return Ok(exit::DONE);
    }
    let mut page = Vec::new();
    let rendered = Page::new(command).render(&mut page);
    debug_assert!(rendered.is_ok(), "a Vec takes everything");
    console.print(format_args!("{}", String::from_utf8_lossy(&page)))?;
    Ok(exit::DONE)
}

/// The command with the first line of each `--help` as the synopsis of its page: the page's own would
/// list every option, none with its value.
fn with_synopses(command: Command) -> Command {
    // `--help` is on every page, and this verb has none.
    let command = command.disable_help_subcommand(true);
    let mut built = command.clone();
    built.build();
    let synopses: Vec<_> = built
        .get_subcommands_mut()
        .map(|verb| (verb.get_name().to_owned(), synopsis(verb)))
        .collect();
    let all = command.override_usage(synopsis(&mut built));
    synopses.into_iter().fold(all, |command, (verb, synopsis)| {
        command.mut_subcommand(verb, |verb| verb.override_usage(synopsis))
    })
}

fn synopsis(command: &mut Command) -> String {
    let usage = command.render_usage().to_string();
    usage.strip_prefix("Usage: ").unwrap_or(&usage).to_owned()
}
