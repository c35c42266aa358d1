//! Observe, plan and perform: brings a host to the state of a WSGI app container's bundle.

mod feed;
mod local_shell;
mod shell;
#[cfg(feature = "ssh")]
pub mod ssh;

pub use local_shell::LocalShell;
pub use shell::{Chunk, Script, Shell, ShellError, Status};
