//! The YAML as written: the only module that names the YAML crates.

mod check_names;
mod load;
pub(crate) mod locate;
mod looked_up;
mod mention;
mod plain;
mod readable;
mod reader;
mod records;
pub(crate) mod scalar;
mod variables;
mod write;
mod written;
pub(crate) mod yaml;

#[cfg(feature = "ansible")]
pub(crate) use load::load_variables;
pub use load::{Loaded, LookupError, Lookups, NoLookups, Origin, Rejected, Source, load};
pub use plain::Exposure;
pub(crate) use plain::{Plain, Shown};
pub(crate) use readable::{
    DirectoryPath, Environment, IncludePath, KeySource, OneOrMany, Readable, UpperEnvironment,
};
pub(crate) use records::{Day, Hour, Minute, Month, Weekday};
#[cfg(feature = "ansible")]
pub(crate) use variables::{Layer, Variables};
pub use write::Resolved;
