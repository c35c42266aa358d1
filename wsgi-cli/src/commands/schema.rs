//! `schema`: the JSON Schema of a vars file.

use crate::error::CommandError;
use crate::exit;
use crate::output::Console;

pub(super) fn schema(console: &mut Console<'_>) -> Result<u8, CommandError> {
    console.print_json(&wsgi_model::schema())?;
    Ok(exit::DONE)
}
