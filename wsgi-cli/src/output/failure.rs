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
        let _ = writeln!(text, "  {strong}{kind}{strong:#}: {}", visible(what));
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
