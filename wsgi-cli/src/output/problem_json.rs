//! Problems of a vars file, as a program reads them.

use serde::Serialize;
use wsgi_model::{Place, Problem, Severity};

/// A problem in a JSON document.
#[derive(Serialize)]
pub(crate) struct ProblemJson {
    severity: &'static str,
    code: &'static str,
    variable: Option<String>,
    file: String,
    line: Option<u32>,
    column: Option<u32>,
    length: Option<u32>,
    message: String,
    help: Option<String>,
    related: Vec<Related>,
}

#[derive(Serialize)]
struct Related {
    line: u32,
    column: u32,
    length: u32,
    message: String,
}

impl ProblemJson {
    pub(crate) fn new(file: &str, problem: &Problem) -> Self {
        let place = problem.place;
        Self {
            severity: match problem.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Note => "note",
            },
            code: problem.code,
            variable: Some(&problem.variable).filter(|v| !v.is_empty()).cloned(),
            file: problem.file.as_deref().unwrap_or(file).to_owned(),
            line: place.map(|place| place.line),
            column: place.map(|place| place.column),
            length: place.map(|place| place.length),
            message: problem.message.clone(),
            help: problem.help.clone(),
            related: problem.related.iter().map(Related::new).collect(),
        }
    }
}

impl Related {
    fn new((place, message): &(Place, String)) -> Self {
        Self {
            line: place.line,
            column: place.column,
            length: place.length,
            message: message.clone(),
        }
    }
}
