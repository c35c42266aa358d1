//! `man`: the manual pages.

use std::fs;

use clap::CommandFactory as _;
use clap_mangen::Man as Page;

use crate::args::{Arguments, Man};
use crate::error::CommandError;
use crate::exit;
use crate::output::Console;

pub(super) fn man(args: &Man, console: &mut Console<'_>) -> Result<u8, CommandError> {
    let command = Arguments::command();
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
