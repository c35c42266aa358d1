//! From the bytes of a vars file to a spec, or to every problem of it.

use std::sync::Arc;

use camino::Utf8Path;

use super::locate::Spot;
use super::reader::Reader;
use super::variables::Variables;
use super::yaml::{self, Node};
use crate::variables as v;
use crate::{
    AppName, AppParts, AppSpec, Definition, Place, Problem, Severity, VARIABLES, WsgiTarget, check,
};

/// A vars file in memory.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// What it is called in messages, such as `shop.yml`.
    pub name: &'a str,
    /// What is in it.
    pub bytes: &'a [u8],
}

/// What loading asks of the machine that it runs on. The model does no I/O of its own.
pub trait Lookups {
    /// The contents of a local file. A relative path is meant as seen from the vars file's directory,
    /// and `~/` from the operator's home.
    ///
    /// # Errors
    /// [`LookupError`] when it cannot be read.
    fn file(&self, path: &Utf8Path) -> Result<Vec<u8>, LookupError>;

    /// The operator's own public keys, as in a `.pub` file, the one to use first. Empty without one.
    ///
    /// # Errors
    /// [`LookupError`] when there are some that cannot be read.
    fn operator_keys(&self) -> Result<Vec<String>, LookupError>;

    /// An environment variable of the operator; `None` where it is not set.
    ///
    /// # Errors
    /// [`LookupError`] when it cannot be read, which is what an implementation says that has none.
    fn environment(&self, name: &str) -> Result<Option<String>, LookupError> {
        let _ = name;
        Err(LookupError::new("the environment cannot be read here"))
    }
}

/// Why a lookup failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct LookupError {
    reason: String,
    help: Option<String>,
}

impl LookupError {
    /// A failure for `reason` (lower case, no full stop).
    pub fn new(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            help: None,
        }
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// What to do about it.
    pub fn remedy(&self) -> Option<&str> {
        self.help.as_deref()
    }
}

/// No files, no keys: for specs that need neither.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoLookups;

impl Lookups for NoLookups {
    fn file(&self, _: &Utf8Path) -> Result<Vec<u8>, LookupError> {
        Err(LookupError::new("no files can be read here"))
    }

    fn operator_keys(&self) -> Result<Vec<String>, LookupError> {
        Ok(Vec::new())
    }
}

/// Where the value of a variable came from.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// The vars file, at this place.
    File(Place),
    /// The command line (`-e name=value`).
    CommandLine,
    /// A file given on the command line (`-e @file`), at this place.
    ExtraFile(Arc<str>, Place),
    /// A file of shared variables, at this place.
    Shared(Arc<str>, Place),
    /// The default.
    Default,
}

/// A vars file that was taken.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Loaded {
    /// The app.
    pub app: AppSpec,
    /// Warnings and notes, in the order of the file.
    pub remarks: Vec<Problem>,
    origins: Vec<(&'static Definition, Origin)>,
    variables: Variables,
}

impl Loaded {
    /// Gives a problem of this app its place in the file, where the variable is set in it.
    pub fn locate(&self, problem: &mut Problem) {
        self.variables.locate(problem, Spot::Value);
    }

    /// Every variable with where its value came from, in the order of the reference.
    pub fn origins(&self) -> &[(&'static Definition, Origin)] {
        &self.origins
    }
}

/// A vars file that was refused, with every problem of it, in the order of the file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the vars file was refused")]
#[non_exhaustive]
pub struct Rejected {
    /// At least one of them is an error.
    pub problems: Vec<Problem>,
}

impl Rejected {
    /// How many errors there are.
    pub fn errors(&self) -> usize {
        self.problems
            .iter()
            .filter(|p| p.severity == Severity::Error)
            .count()
    }
}

/// Loads and checks a vars file.
///
/// ```
/// use wsgi_model::{NoLookups, Source, load};
///
/// let source = Source { name: "shop.yml", bytes: b"wsgi_project_name: shop\nwsgi_wsgi_path: shop.wsgi\n" };
/// let loaded = load(&source, &NoLookups)?;
/// assert_eq!(loaded.app.name.as_str(), "shop");
///
/// let source = Source { name: "shop.yml", bytes: b"wsgi_project_nam: shop\nwsgi_wsgi_path: shop.wsgi\n" };
/// let rejected = load(&source, &NoLookups).unwrap_err();
/// assert_eq!(rejected.problems[0].help.as_deref(), Some("did you mean `wsgi_project_name`?"));
/// # Ok::<(), wsgi_model::Rejected>(())
/// ```
///
/// # Errors
/// [`Rejected`] with every problem of the file.
pub fn load(source: &Source<'_>, lookups: &dyn Lookups) -> Result<Loaded, Rejected> {
    let root = yaml::read(source.bytes).map_err(|problems| Rejected {
        problems: problems.into_iter().map(Problem::from).collect(),
    })?;
    load_variables(Variables::of_file(root), Vec::new(), lookups)
}

/// Loads and checks variables that were read, and worked out where they need it; `problems` is what
/// was found on the way.
pub(crate) fn load_variables(
    variables: Variables,
    problems: Vec<Problem>,
    lookups: &dyn Lookups,
) -> Result<Loaded, Rejected> {
    let mut reader = Reader::new(variables);
    reader.refuse_unknown_names();
    reader.found.problems.extend(problems);
    let parts = reader.parts(lookups);
    reader.place_findings(check::findings(&parts));
    let (variables, problems) = reader.finish();
    if problems.iter().any(|p| p.severity == Severity::Error) {
        return Err(Rejected { problems });
    }
    let origin = |definition: &Definition| {
        let entry = variables.entry(definition);
        entry.map_or(Origin::Default, |entry| variables.origin(entry))
    };
    let origins = VARIABLES.iter().map(|d| (*d, origin(d))).collect();
    Ok(Loaded {
        app: AppSpec::checked(parts),
        remarks: problems,
        origins,
        variables,
    })
}

impl AppParts {
    /// An app of this name and module; everything else has its default.
    ///
    /// The authorized keys are empty: there is no operator to take them from.
    #[expect(clippy::needless_pass_by_value, reason = "the parts own them")]
    pub fn new(name: AppName, wsgi: WsgiTarget) -> Self {
        let texts = [
            (v::NAME.definition.name, name.as_str()),
            (v::WSGI.definition.name, wsgi.as_str()),
        ];
        let mut reader = Reader::new(Variables::of_file(Node::of_texts(&texts)));
        reader.parts(&NoLookups)
    }
}
