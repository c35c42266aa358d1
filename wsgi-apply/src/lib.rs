//! Observe, plan and perform: brings a host to the state of a WSGI app container's bundle.

pub mod deploy;
mod desired;
mod diff;
mod digest;
mod facts;
mod feed;
mod host;
mod local_shell;
mod manifest;
mod memory_host;
mod plan;
mod posix;
mod posix_host;
mod probe;
mod report;
mod shell;
#[cfg(feature = "ssh")]
pub mod ssh;
mod status;

pub use desired::{Contradiction, Desired};
pub use diff::{Diff, DiffLine, Hunk, Sign};
pub use digest::Digest;
pub use facts::{
    AppFacts, Attributes, Facts, Observed, Program, System, TlsFile, TlsRole, Unreadable, User,
};
pub use host::{Host, HostError, PerformOptions};
pub use local_shell::LocalShell;
pub use manifest::{Entry, Kind, Manifest, ManifestError, ManifestNeeds};
pub use memory_host::MemoryHost;
pub use plan::{
    Actor, After, Change, Counts, CountsDocument, Effect, Extent, NodeDocument, Obstacle,
    ObstacleDocument, PathChange, Place, Plan, PlanDocument, PlanOptions, Record, SavedHost,
    SavedPlan, SavedPlanError, Step, StepDocument,
};
pub use posix_host::{PosixHost, PosixOptions};
pub use probe::{AppProbe, Look, Probe};
pub use report::{Failure, Outcome, Progress, Report};
pub use shell::{Chunk, Script, Shell, ShellError, Status};
pub use status::{AppStatus, Release};
