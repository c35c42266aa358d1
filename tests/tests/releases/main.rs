//! Releases on hosts over SSH, deployed by the command line as a person runs it.

mod amounts;
mod attended;
mod cut_off;
mod first;
mod load;
mod site;
