//! `init`: a vars file to start from.

use std::fs::File;
use std::io::Write as _;

use crate::args::Init;
use crate::error::CommandError;
use crate::exit;
use crate::output::{Console, visible};

pub(super) fn init(args: &Init, console: &mut Console<'_>) -> Result<u8, CommandError> {
    let starter = wsgi_model::starter();
    let Some(path) = args.file.as_ref().filter(|path| path.as_os_str() != "-") else {
        console.print(format_args!("{starter}"))?;
        return Ok(exit::DONE);
    };
    let failed = |source| CommandError::make(path, source);
    let mut file = File::create_new(path).map_err(failed)?;
    if let Err(error) = file.write_all(starter.as_bytes()) {
        // Half a vars file is none; it was not there before.
        let _ = std::fs::remove_file(path);
        return Err(failed(error));
    }
    let name = visible(&path.to_string_lossy());
    console.say(format_args!("made {name}; next: wsgi-cli check {name}"));
    Ok(exit::DONE)
}
