//! Why a run could not do what it was asked to, as a person reads it.

use std::error::Error;
use std::fmt::Write as _;

use serde::Serialize;

use super::{Paint, visible};
use crate::host_failure::HostFailure;

/// An error with its causes and the remedy.
pub(crate) fn failure(paint: Paint, error: &dyn Error, help: Option<&str>) -> String {
    failure_of(paint, "", error, help)
}

/// Why nothing came of a host.
pub(crate) fn host_failure(paint: Paint, host: &str, failure: &HostFailure) -> String {
    let help = failure.help();
    failure_of(paint, &format!("{host}: "), failure, help.as_deref())
}

/// An error of what `prefix` names.
pub(super) fn failure_of(
    paint: Paint,
    prefix: &str,
    error: &dyn Error,
    help: Option<&str>,
) -> String {
    let what = format!("{prefix}{error}");
    let (style, strong) = (paint.error(), paint.strong());
    let mut text = format!(
        "{style}error{style:#}{strong}: {}{strong:#}\n",
        visible(&what)
    );
    let mut put = |kind: &str, what: &str| {
        // What another program says may have several lines.
        let lines: Vec<String> = what.lines().map(visible).collect();
        let what = lines.join("\n    ");
        let _ = writeln!(text, "  {strong}{kind}{strong:#}: {what}");
    };
    let mut cause = error.source();
    while let Some(error) = cause {
        put("caused by", &error.to_string());
        cause = error.source();
    }
    if let Some(help) = help {
        put("help", help);
    }
    text
}

/// An error in a JSON document.
#[derive(Serialize)]
pub(crate) struct FailureJson {
    message: String,
    causes: Vec<String>,
    help: Option<String>,
}

impl FailureJson {
    pub(crate) fn new(error: &dyn Error, help: Option<&str>) -> Self {
        let causes = std::iter::successors(error.source(), |&cause| cause.source());
        Self {
            message: error.to_string(),
            causes: causes.map(ToString::to_string).collect(),
            help: help.map(str::to_owned),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;
    use crate::args::Colour;

    #[derive(Debug, thiserror::Error)]
    #[error("git failed")]
    struct Failed(#[source] io::Error);

    #[test]
    fn what_another_program_says_keeps_its_lines_and_moves_no_cursor() {
        let said = "fatal: no such thing\n\u{1b}[2J";
        let error = Failed(io::Error::other(said));
        let text = failure(Paint::new(Colour::Never, false), &error, None);
        assert_eq!(
            text,
            "error: git failed\n  caused by: fatal: no such thing\n    \\u{1b}[2J\n"
        );
    }
}
