//! What became of a plan.

/// Something that happens while a plan is performed. Steps are counted from 0, as in
/// [`Plan::steps`](crate::Plan::steps).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Progress<'a> {
    /// Somebody else is at work on the host, and is waited for.
    Waiting {
        /// Who, and since when.
        owner: &'a str,
    },
    /// Nobody else is at work any more who would have been waited for.
    Turn,
    /// A step begins.
    Begun(usize),
    /// A step is done.
    Done(usize),
    /// A line that a program prints meanwhile.
    Output(&'a str),
    /// The release has come so far and waits for the other hosts.
    Stands(Standing),
}

/// How far a release of several hosts has come on one of them, before it goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Standing {
    /// It is built, and answers on a socket of its own.
    Prepared,
    /// The commands have run that run once for all hosts.
    Released,
    /// It serves, and can still be gone back from.
    Switched,
}

/// What became of a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// The steps that were done, in that order.
    pub done: Vec<usize>,
    /// How it ended.
    pub outcome: Outcome,
    /// The paths of files that went back to what they were.
    pub put_back: Vec<String>,
    /// The names of actions that are still owed.
    pub owed: Vec<String>,
    /// Where what was taken over is kept.
    pub backups: Vec<String>,
}

/// How performing a plan ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// Everything was done.
    #[default]
    Done,
    /// Nothing was done: the host is not as it was when the plan was made.
    Drifted,
    /// Nothing was done: somebody else is at work on the host.
    Locked {
        /// Who, and since when.
        owner: String,
    },
    /// Nothing was done: a program refuses its configuration as it is, for what is not ours.
    Refused {
        /// What the program says, its last lines.
        said: Vec<String>,
    },
    /// Some steps failed. What does not depend on them was done.
    Failed(Vec<Failure>),
    /// It was ended on the host, as by a signal.
    Ended,
}

/// A step that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The step.
    pub step: usize,
    /// What the programs said, the last lines of it.
    pub said: Vec<String>,
}
