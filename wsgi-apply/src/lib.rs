//! Observe, plan and perform: brings a host to the state of a WSGI app container's bundle.

mod desired;
mod digest;
mod facts;
mod manifest;
mod probe;
mod shell;

pub use desired::{Contradiction, Desired};
pub use digest::Digest;
pub use facts::{AppFacts, Attributes, Facts, Observed, Program, System, Unreadable, User};
pub use manifest::{Entry, Kind, Manifest, ManifestError, ManifestNeeds};
pub use probe::{AppProbe, Look, Probe};
pub use shell::{Chunk, Script, Shell, ShellError, Status};
