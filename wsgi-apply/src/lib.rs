//! Observe, plan and perform: brings a host to the state of a WSGI app container's bundle.
//!
//! [`Desired`] is what a host shall be, [`Probe`] what is asked of it for that, [`Facts`] the answer, and
//! [`Plan`] what follows from both: steps, and [`Obstacle`]s with which none of them is done. A
//! [`Host`] answers probes and performs plans:
//!
//! - [`PosixHost`]: a Debian or Ubuntu system behind a [`Shell`], which is a [`LocalShell`], an
//!   `ssh::SshShell` (feature `ssh`) or one of your own;
//! - [`MemoryHost`]: files, users and packages in memory, for tests.
//!
//! [`conformance`] tries what a backend of one's own must do.
//!
//! A plan is performed when the host is still as it was observed, under a lock, and what is cut off
//! is ended by the next run. [`deploy`] puts releases on a host to which an app was applied.
//!
//! ```
//! use wsgi_apply::{Desired, Host as _, MemoryHost, Outcome, PerformOptions, Plan, PlanOptions, Probe};
//! # use wsgi_model::{AppName, AppParts, AppSpec, Artifact, Bundle, Contents, Mode, Needs, Owner, WsgiTarget};
//! # let app = AppSpec::new(AppParts::new(AppName::parse("shop")?, WsgiTarget::parse("shop.wsgi")?))?;
//! # let page = Artifact::file("/etc/wsgi/shop/env".parse()?, Contents::public("a"), Mode::new(0o640), Owner::root());
//! # let bundle = Bundle::new(app.name.clone(), Needs::of(&app), vec![page])?;
//! let desired = Desired::new(vec![bundle])?;
//! let mut host = MemoryHost::debian("web1");
//!
//! let facts = host.observe(&Probe::of(&desired))?;
//! let plan = Plan::new(&desired, &facts, PlanOptions::default());
//! assert!(plan.obstacles.is_empty());
//! let report = host.perform(&plan, &PerformOptions::default(), &mut |_| {})?;
//! assert_eq!(report.outcome, Outcome::Done);
//!
//! let facts = host.observe(&Probe::of(&desired))?;
//! assert!(Plan::new(&desired, &facts, PlanOptions::default()).is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod conformance;
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
mod terminal;

pub use desired::{Contradiction, Desired};
pub use diff::{Diff, DiffLine, Hunk, Sign};
pub use digest::Digest;
pub use facts::{
    Answered, AppFacts, Attributes, Facts, Observed, Program, System, TlsFile, TlsRole, Unreadable,
    User,
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
pub use report::{Failure, Outcome, Progress, Report, Standing};
pub use shell::{Chunk, Script, Shell, ShellError, Status};
pub use status::{AppStatus, Certificate, Health, Release, Validity};
pub use terminal::Terminal;

/// The examples of the README compile, too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
