//! Observe, plan and perform: brings a host to the state of a WSGI app container's bundle.

mod shell;

pub use shell::{Chunk, Script, Shell, ShellError, Status};
