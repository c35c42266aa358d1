//! What is wrong with a vars file, or worth a word.

use std::sync::Arc;

use crate::Place;
use crate::wire::yaml::YamlProblem;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The file is refused.
    Error,
    /// It is taken, but probably not meant so.
    Warning,
    /// It is taken in a way that is worth knowing.
    Note,
}

/// One thing that is wrong with a vars file, or worth a word. No text in it quotes a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Problem {
    /// How bad it is.
    pub severity: Severity,
    /// A stable name for programs, such as `unknown-variable`: one of
    /// [`PROBLEM_CODES`](crate::PROBLEM_CODES).
    pub code: &'static str,
    /// The variable's path, such as `wsgi_cron_tasks[1].frequency.minute`; empty where the file as a
    /// whole is meant.
    pub variable: String,
    /// The file that it stands in, where that is not the vars file itself: a file of shared variables,
    /// or one given with `-e`.
    pub file: Option<Arc<str>>,
    /// Where it stands; none where something is missing or the value is a default.
    pub place: Option<Place>,
    /// What is wrong, lower case, no full stop.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// Other places that have to do with it, each with what is there.
    pub related: Vec<(Place, String)>,
}

impl Problem {
    /// A problem of a variable.
    pub fn new(
        severity: Severity,
        code: &'static str,
        variable: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            severity,
            code,
            variable: variable.into(),
            file: None,
            place: None,
            message: message.into(),
            help: None,
            related: Vec::new(),
        }
    }

    /// Adds where it stands.
    #[must_use]
    pub fn at(mut self, place: impl Into<Option<Place>>) -> Self {
        self.place = place.into();
        self
    }

    /// Says that it stands in another file than the vars file.
    #[must_use]
    pub fn in_file(mut self, file: Option<Arc<str>>) -> Self {
        self.file = file;
        self
    }

    /// Adds the remedy.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl From<YamlProblem> for Problem {
    fn from(problem: YamlProblem) -> Self {
        Self {
            severity: Severity::Error,
            code: problem.code,
            variable: String::new(),
            file: None,
            place: problem.place,
            message: problem.message,
            help: problem.help,
            related: problem.related,
        }
    }
}
