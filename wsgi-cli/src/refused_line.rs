//! A line of ours that a program refuses, and the variables that it was made from.

use serde::Serialize;
use wsgi_apply::{Failure, Place, Plan};
use wsgi_model::{Definition, Loaded, Origin, VARIABLES};

/// A line of one of our files that a program refuses.
#[derive(Serialize)]
pub(crate) struct RefusedLine {
    /// The file on the host, where it is not any more.
    pub(crate) path: String,
    pub(crate) line: usize,
    /// None in a file with secrets.
    pub(crate) text: Option<String>,
    /// What the file was made from, such as a template.
    pub(crate) source: Option<String>,
    /// The variables whose values stand in it.
    pub(crate) variables: Vec<NamedVariable>,
}

/// A variable, and where it was set.
#[derive(Serialize)]
pub(crate) struct NamedVariable {
    pub(crate) name: &'static str,
    /// None for a default, and for one that was set on the command line.
    pub(crate) file: Option<String>,
    pub(crate) line: Option<u32>,
    pub(crate) column: Option<u32>,
    #[serde(skip)]
    from: &'static str,
}

impl RefusedLine {
    /// The lines of a plan's files that the words of a failed step name.
    ///
    /// `app` gives what was loaded of an app, and the name of its vars file.
    pub(crate) fn all<'a>(
        plan: &Plan,
        failure: &Failure,
        app: impl Fn(&str) -> Option<(&'a str, &'a Loaded)>,
    ) -> Vec<Self> {
        let said = failure.said.join("\n");
        let places = plan.places(&said).into_iter();
        places
            .map(|place| Self {
                path: place.path.to_string(),
                line: place.line,
                source: place.source.map(str::to_owned),
                variables: app(place.app.as_str())
                    .map_or_else(Vec::new, |(file, loaded)| suspects(&place, file, loaded)),
                text: place.text,
            })
            .collect()
    }
}

impl NamedVariable {
    fn new(definition: &'static Definition, origin: &Origin, vars_file: &str) -> Self {
        let (file, place, from) = match origin {
            Origin::File(place) => (Some(vars_file), Some(*place), ""),
            Origin::ExtraFile(file, place) | Origin::Shared(file, place) => {
                (Some(file.as_ref()), Some(*place), "")
            }
            Origin::CommandLine => (None, None, "-e"),
            _ => (None, None, "its default"),
        };
        Self {
            name: definition.name,
            file: file.map(str::to_owned),
            line: place.map(|place| place.line),
            column: place.map(|place| place.column),
            from,
        }
    }

    /// Where it was set, such as `app.yml:7:1`.
    pub(crate) fn place(&self) -> String {
        match (&self.file, self.line, self.column) {
            (Some(file), Some(line), Some(column)) => format!("{file}:{line}:{column}"),
            _ => self.from.to_owned(),
        }
    }
}

/// The variables that a refused line was made from: those that somebody set, or else those whose
/// defaults stand in it.
fn suspects(place: &Place<'_>, vars_file: &str, loaded: &Loaded) -> Vec<NamedVariable> {
    // A file of the operator's is refused for what is in it: the variable names the file.
    let source = place.source.unwrap_or_default();
    let mut found: Vec<&'static Definition> = VARIABLES
        .iter()
        .copied()
        .filter(|variable| source.contains(variable.name))
        .collect();
    if found.is_empty() {
        let text = place.text.as_deref().unwrap_or_default();
        found = loaded.app.variables_in(text);
    }
    let origins = loaded.origins().iter();
    let (defaults, set): (Vec<_>, Vec<_>) = origins
        .filter(|(definition, _)| found.iter().any(|other| other.name == definition.name))
        .partition(|(_, origin)| matches!(origin, Origin::Default));
    let named = if set.is_empty() { defaults } else { set };
    named
        .into_iter()
        .map(|(definition, origin)| NamedVariable::new(definition, origin, vars_file))
        .collect()
}
