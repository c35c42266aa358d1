//! The `wsgi-cli` binary.

use std::io::{BufWriter, stderr, stdout};
use std::process::ExitCode;

fn main() -> ExitCode {
    // Rust's own buffer of stdout writes line by line, also into files.
    let mut out = BufWriter::new(stdout().lock());
    wsgi_cli::run(std::env::args_os(), &mut out, &mut stderr().lock())
}
