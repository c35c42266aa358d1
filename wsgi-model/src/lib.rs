//! Typed, validated model of a WSGI app container: its variables, artifacts and actions.

mod access;
mod action;
mod app;
mod artifact;
mod bundle;
mod check;
mod cron;
mod database;
mod deploy;
mod env;
mod gunicorn;
mod invalid;
mod layout;
mod name;
mod packages;
mod path;
mod place;
mod problem;
mod quantity;
mod secret;
mod site;
mod text;
mod tls;
mod variable;
mod variables;
mod wire;

pub use access::{Access, EmailAddress, PublicKey, Sudo};
pub use action::{Action, Command, Stage, Word};
pub use app::{AppParts, AppSpec, Places};
pub use artifact::{
    Artifact, Check, CheckMoment, Contents, Mode, Node, OnlyIf, Owner, Sensitivity,
};
pub use bundle::{Bundle, DuplicatePath, Needs, PackageNeeds, UserNeeds, VirtualenvNeeds};
pub use check::Contradiction;
pub use cron::{CronField, CronTask, CronUnit, Schedule, TaskName};
pub use database::Database;
pub use deploy::{CommandLine, Deploy, HealthPath, HealthStatus};
pub use env::{EnvValue, EnvVar};
pub use gunicorn::{Gunicorn, WsgiTarget};
pub use invalid::Invalid;
pub use layout::Layout;
pub use name::{
    AppName, AptPackage, DatabaseId, EnvName, EnvPrefix, PipPackage, PipVersion, Slug, TaskUser,
    UserName,
};
pub use packages::{Packages, PipRequirement};
pub use path::{AbsPath, OwnedDir, RelativePath};
pub use place::Place;
pub use problem::{Problem, Severity};
pub use quantity::{
    HstsMaxAge, MaxRequests, Port, ReleaseCount, RequestLineLimit, Seconds, WorkerTimeout, Workers,
};
pub use secret::Secret;
pub use site::{IncludeName, NginxInclude, Resolver, ServerName, Site, SiteTimeouts};
pub use tls::{Tls, TlsProfile};
pub use variable::{Definition, Fallback, Section, Type, nearest};
pub use variables::VARIABLES;
pub use wire::{
    Exposure, Loaded, LookupError, Lookups, NoLookups, Origin, Rejected, Resolved, Source, load,
};
