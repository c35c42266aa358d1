//! Typed, validated model of a WSGI app container.
//!
//! A *WSGI app container* is what a Python web app needs around it on a Debian or Ubuntu server: a
//! Unix user, a virtualenv, gunicorn under supervisor, an nginx site with TLS, an environment, cron
//! tasks, log rotation, rights. One YAML file of `wsgi_*` variables describes one app. This crate
//! reads it into an [`AppSpec`] that cannot be invalid, or says everything that is wrong with it, each
//! problem with its line, its variable and the remedy. It does no input or output of its own.
//!
//! ```
//! use wsgi_model::{NoLookups, Source, load};
//!
//! let vars = "
//! wsgi_project_name: shop
//! wsgi_wsgi_path: shop.wsgi
//! wsgi_server_names: [shop.example.org]
//! wsgi_databases:
//!   - {id: main, name: shop, password: \"it's a secret\"}
//! ";
//! let loaded = load(&Source { name: "shop.yml", bytes: vars.as_bytes() }, &NoLookups)?;
//! let environment = loaded.app.environment();
//!
//! let password = environment.iter().find(|v| v.name.as_str() == "SHOP_DB_MAIN_PASSWORD");
//! assert_eq!(password.map(|v| v.value.expose()), Some("it's a secret"));
//! // What is secret does not show itself.
//! assert!(!format!("{:?}", loaded.app).contains("it's a secret"));
//! # Ok::<(), wsgi_model::Rejected>(())
//! ```
//!
//! | to | use |
//! |---|---|
//! | load a vars file | [`load`], with [`Lookups`] for the files and keys that it names |
//! | build a spec in code | [`AppParts::new`], then [`AppSpec::new`] |
//! | write a vars file | [`AppSpec::to_yaml`] |
//! | know every variable | [`VARIABLES`], [`schema`], [`reference()`], [`starter`] |
//! | know every path of an app | [`AppSpec::layout`] |
//! | keep apps of one host apart | [`HostClaims`] |
//! | describe files for a host | [`Artifact`], [`Bundle`], [`Needs`] |
//!
//! The crate `wsgi-render` turns a spec into the files of its container.

mod access;
mod action;
#[cfg(feature = "ansible")]
pub mod ansible;
mod app;
mod artifact;
mod bundle;
mod check;
mod claims;
mod cron;
mod database;
mod deploy;
mod describe;
mod env;
mod gunicorn;
mod invalid;
mod layout;
mod name;
mod packages;
mod path;
mod place;
mod problem;
mod problem_code;
mod quantity;
mod reserved;
mod secret;
mod secret_variables;
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
pub use bundle::{
    Bundle, DuplicatePath, HealthNeeds, Needs, PackageNeeds, TaskNeeds, TlsNeeds, UserNeeds,
    VirtualenvNeeds,
};
pub use check::Contradiction;
pub use claims::HostClaims;
pub use cron::{CronField, CronTask, CronUnit, Schedule, TaskName};
pub use database::Database;
pub use deploy::{CommandLine, Deploy, HealthPath, HealthStatus};
pub use describe::{reference, schema, starter};
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
pub use problem_code::PROBLEM_CODES;
pub use quantity::{
    HstsMaxAge, MaxRequests, Port, ReleaseCount, RequestLineLimit, Seconds, WorkerTimeout, Workers,
};
pub use secret::Secret;
pub use secret_variables::SecretVariables;
pub use site::{IncludeName, NginxInclude, Resolver, ServerName, Site, SiteTimeouts};
pub use tls::{Tls, TlsProfile};
pub use variable::{Definition, Fallback, Section, Type, nearest};
pub use variables::VARIABLES;
pub use wire::{
    Exposure, Loaded, LookupError, Lookups, NoLookups, Origin, Rejected, Resolved, Source, load,
};

/// The examples of the README run, too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
