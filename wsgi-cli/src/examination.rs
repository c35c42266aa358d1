//! Loading all vars files of a call, and saying what is wrong with them.

use std::ffi::OsString;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;
use wsgi_model::{HostClaims, Loaded, Problem, Severity};

use crate::args::VarsFiles;
use crate::error::CommandError;
use crate::exit;
use crate::inputs::CallInputs;
use crate::operator::Operator;
use crate::output::{Console, ProblemJson, Tally, Verbosity, failure, report, visible};
use crate::parallel::in_order;
use crate::vars_file::{UnreadableVars, VarsFile, given_twice};

/// Whether apps of one call are on one host.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Neighbours {
    /// What one has, no other may take.
    OneHost,
    /// They have nothing to do with each other.
    Unrelated,
}

/// Who reads the problems.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reader {
    /// They are printed to stderr.
    Person,
    /// They are collected.
    Program,
}

impl Reader {
    /// Who reads the output of a command with this `--json`.
    pub(crate) const fn of_json(json: bool) -> Self {
        if json { Self::Program } else { Self::Person }
    }
}

/// The vars files of a call, and what they are examined for.
pub(crate) struct Call<'a> {
    vars: &'a VarsFiles,
    neighbours: Neighbours,
    pub(crate) reader: Reader,
    /// Whether one was refused already, so that nothing needs to be made of the others.
    refused: AtomicBool,
}

impl<'a> Call<'a> {
    pub(crate) const fn new(vars: &'a VarsFiles, neighbours: Neighbours, reader: Reader) -> Self {
        Self {
            vars,
            neighbours,
            reader,
            refused: AtomicBool::new(false),
        }
    }

    pub(crate) fn is_refused(&self) -> bool {
        self.refused.load(Ordering::Relaxed)
    }

    fn refuse(&self) {
        self.refused.store(true, Ordering::Relaxed);
    }
}

/// A vars file and what was found of it.
#[derive(Serialize)]
pub(crate) struct FileJson {
    file: String,
    app: Option<String>,
    accepted: bool,
    problems: Vec<ProblemJson>,
}

/// What came of the vars files.
#[derive(Default)]
pub(crate) struct Examined {
    pub(crate) accepted: usize,
    pub(crate) refused: usize,
    /// For a program: every file, in the order of the call.
    pub(crate) files: Vec<FileJson>,
}

/// A vars file that was accepted.
pub(crate) struct Accepted<T> {
    /// The file's name.
    pub(crate) file: String,
    pub(crate) loaded: Box<Loaded>,
    pub(crate) tally: Tally,
    pub(crate) made: T,
}

enum Outcome<T> {
    Unreadable(UnreadableVars),
    Refused(VarsFile, Vec<Problem>),
    Taken(VarsFile, Box<Loaded>, T),
}

/// Loads vars files on all processors, makes something of each one that loads, reports all problems
/// in the order of the call, and hands on what was accepted.
pub(crate) fn examine<T: Send>(
    console: &mut Console<'_>,
    call: &Call<'_>,
    on_load: impl Fn(&Loaded) -> Result<T, Vec<Problem>> + Sync,
    mut accept: impl FnMut(&mut Console<'_>, Accepted<T>) -> Result<(), CommandError>,
) -> Result<Examined, CommandError> {
    let Call {
        vars,
        neighbours,
        reader,
        ..
    } = *call;
    let paths = vars.paths.as_slice();
    if let Some(twice) = given_twice(paths) {
        let name = VarsFile::name_of(twice);
        return Err(CommandError::GivenTwice { name });
    }
    let inputs = CallInputs::read(vars)?;
    let operator = Operator::of_process();
    let look = |path: &OsString| {
        let outcome = load(path, &inputs, &operator, &on_load);
        if !matches!(outcome, Outcome::Taken(..)) {
            call.refuse();
        }
        outcome
    };
    let mut examined = Examined::default();
    let mut claims = HostClaims::new();
    in_order(paths, look, |outcome| match outcome {
        Outcome::Unreadable(error) => {
            examined.unreadable(console, reader, &error);
            Ok(())
        }
        Outcome::Refused(file, problems) => {
            examined.refuse(console, reader, (&file, &inputs), None, &problems);
            Ok(())
        }
        Outcome::Taken(file, loaded, made) => {
            let mut problems = loaded.remarks.clone();
            if neighbours == Neighbours::OneHost {
                let mut taken = claims.admit(&loaded.app);
                for problem in &mut taken {
                    loaded.locate(problem);
                }
                problems.extend(taken);
            }
            let name = loaded.app.name.to_string();
            if problems.iter().any(|p| p.severity == Severity::Error) {
                call.refuse();
                examined.refuse(console, reader, (&file, &inputs), Some(name), &problems);
                return Ok(());
            }
            examined.remark(console, reader, (&file, &inputs), name, &problems);
            let accepted = Accepted {
                file: file.name,
                loaded,
                tally: Tally::of(&problems),
                made,
            };
            accept(console, accepted)
        }
    })?;
    if reader == Reader::Person && examined.refused > 0 && paths.len() > 1 {
        let Examined {
            accepted, refused, ..
        } = examined;
        console.complain(&format!(
            "{refused} of {} vars files refused\n",
            accepted + refused
        ));
    }
    Ok(examined)
}

fn load<T>(
    path: &OsString,
    inputs: &CallInputs,
    operator: &Operator,
    on_load: impl Fn(&Loaded) -> Result<T, Vec<Problem>>,
) -> Outcome<T> {
    let file = match VarsFile::read(path) {
        Ok(file) => file,
        Err(error) => return Outcome::Unreadable(error),
    };
    match inputs.load(&file, operator) {
        Err(rejected) => Outcome::Refused(file, rejected.problems),
        Ok(loaded) => match on_load(&loaded) {
            Ok(made) => Outcome::Taken(file, Box::new(loaded), made),
            Err(mut problems) => {
                problems.extend(loaded.remarks);
                Outcome::Refused(file, problems)
            }
        },
    }
}

impl Examined {
    /// The exit status that follows.
    pub(crate) const fn status(&self) -> u8 {
        if self.refused > 0 {
            exit::REFUSED
        } else {
            exit::DONE
        }
    }

    fn unreadable(&mut self, console: &mut Console<'_>, reader: Reader, error: &UnreadableVars) {
        self.refused += 1;
        match reader {
            Reader::Person => console.complain(&failure(console.paint, error, error.help())),
            Reader::Program => {
                let message = format!("cannot be read: {}", error.reason());
                let mut problem = Problem::new(Severity::Error, "unreadable", "", message);
                problem.help = error.help().map(str::to_owned);
                self.files
                    .push(FileJson::new(&error.name, None, &[problem]));
            }
        }
    }

    fn refuse(
        &mut self,
        console: &mut Console<'_>,
        reader: Reader,
        (file, inputs): (&VarsFile, &CallInputs),
        app: Option<String>,
        problems: &[Problem],
    ) {
        self.refused += 1;
        match reader {
            Reader::Person => {
                let quiet = console.verbosity == Verbosity::Quiet;
                let shown: Vec<Problem> = problems
                    .iter()
                    .filter(|p| !quiet || p.severity == Severity::Error)
                    .cloned()
                    .collect();
                let name = visible(&file.name);
                let text = report(console.paint, file, &inputs.files(), &shown);
                console.complain(&format!("{text}{name}: refused: {}\n", Tally::of(&shown)));
            }
            Reader::Program => self.files.push(FileJson::new(&file.name, app, problems)),
        }
    }

    fn remark(
        &mut self,
        console: &mut Console<'_>,
        reader: Reader,
        (file, inputs): (&VarsFile, &CallInputs),
        app: String,
        problems: &[Problem],
    ) {
        self.accepted += 1;
        match reader {
            Reader::Person if console.verbosity == Verbosity::Quiet => {}
            Reader::Person => {
                console.complain(&report(console.paint, file, &inputs.files(), problems));
            }
            Reader::Program => self
                .files
                .push(FileJson::new(&file.name, Some(app), problems)),
        }
    }
}

impl FileJson {
    fn new(file: &str, app: Option<String>, problems: &[Problem]) -> Self {
        Self {
            file: file.to_owned(),
            app,
            accepted: problems.iter().all(|p| p.severity != Severity::Error),
            problems: problems.iter().map(|p| ProblemJson::new(file, p)).collect(),
        }
    }
}
