//! What people and programs read of a run.

mod console;
mod excerpt;
mod failure;
mod host_json;
mod paint;
mod plan_text;
mod problem_json;
mod progress;
mod redaction;
mod report;
mod report_text;
mod stream;
mod tally;

pub(crate) use console::{Console, PrintError, Verbosity};
pub(crate) use excerpt::shown_line;
pub(crate) use failure::{FailureJson, failure, host_failure};
pub(crate) use host_json::{HostJson, HostsDocument};
pub(crate) use paint::Paint;
pub(crate) use plan_text::{obstacles_text, plan_text, summary};
pub(crate) use problem_json::ProblemJson;
pub(crate) use progress::{Display, Happening};
pub(crate) use report::report;
pub(crate) use report_text::{done_text, report_status, report_text};
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
