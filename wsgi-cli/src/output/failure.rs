//! Why a run could not do what it was asked to, as a person reads it.

use std::error::Error;
use std::fmt::Write as _;

use serde::Serialize;

use super::{Paint, visible};
use crate::host_failure::HostFailure;

/// An error with its causes and the remedy.
pub(crate) fn failure(paint: Paint, error: &dyn Error, help: Option<&str>) -> String {
    chain(paint, &error.to_string(), error, help)
}

/// Why nothing came of a host.
pub(crate) fn host_failure(paint: Paint, host: &str, failure: &HostFailure) -> String {
    let what = format!("{host}: {failure}");
    chain(paint, &what, failure, failure.help().as_deref())
}

fn chain(paint: Paint, what: &str, error: &dyn Error, help: Option<&str>) -> String {
    let (style, strong) = (paint.error(), paint.strong());
    let mut text = format!(
        "{style}error{style:#}{strong}: {}{strong:#}\n",
        visible(what)
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
