//! The command line as the tests of this crate start it: cargo builds binaries for the tests of their
//! own package only.

use std::io::{stderr, stdout};
use std::process::ExitCode;

fn main() -> ExitCode {
    wsgi_cli::run(
        std::env::args_os(),
        &mut stdout().lock(),
        &mut stderr().lock(),
    )
}
