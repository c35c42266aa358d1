//! What people and programs read of a run.

mod console;
mod excerpt;
mod failure;
mod paint;
mod problem_json;
mod redaction;
mod report;
mod stream;
mod tally;

pub(crate) use console::{Console, PrintError, Verbosity};
pub(crate) use failure::{FailureJson, failure};
pub(crate) use paint::Paint;
pub(crate) use problem_json::ProblemJson;
pub(crate) use report::report;
pub use stream::Stream;
pub(crate) use tally::Tally;

use std::fmt::Write as _;

/// A text for a message: on one line, without anything that a terminal obeys.
pub(crate) fn visible(text: &str) -> String {
    let mut visible = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() || excerpt::is_invisible(c) {
            let _ = write!(visible, "{}", c.escape_unicode());
        } else {
            visible.push(c);
        }
    }
    visible
}
