//! A release for the only host of a call, which needs nobody to tell it to go on.

use wsgi_apply::deploy::{
    DeployOutcome, DeployReport, DeployStep, Dispatch, ReleaseHost as _, Work,
};
use wsgi_apply::{HostError, Progress, ShellError};

use super::deploy::{Call, Found, Wanted};
use super::release_answer::{Answer, Document, watch};
use crate::error::CommandError;
use crate::fleet::{self, News, Next, Reporter, before_it_begins};
use crate::host_failure::HostFailure;
use crate::interruption::Interrupted;
use crate::machine::Address;
use crate::output::{Console, Happening, visible};
use crate::release_host::{ReleaseMachine, shows_releases};

type Deployed = Result<DeployReport, HostError>;

/// A deploy, for whoever watches it and may want to leave.
struct Course<'a> {
    label: &'a str,
    release: String,
    steps: Vec<DeployStep>,
    dispatch: Dispatch,
    /// The command that says how it ended.
    shows: String,
    interrupted: Option<Interrupted>,
}

/// What became of it.
struct Followed {
    answer: Answer,
    interrupted: Option<Interrupted>,
    /// Whether somebody else has deployed since the host was looked at.
    has_drifted: bool,
}

impl From<Answer> for Followed {
    fn from(answer: Answer) -> Self {
        Self {
            answer,
            interrupted: None,
            has_drifted: false,
        }
    }
}

impl Call<'_> {
    /// On the only host. Who waits for others is one after them: what they have deployed is what there
    /// is then.
    pub(super) fn alone(
        &self,
        address: &Address,
        console: &mut Console<'_>,
        wanted: &Wanted<'_>,
    ) -> Result<u8, CommandError> {
        let label = address.label();
        loop {
            let look = |address: &Address| wanted.look(self.access, address, self.site);
            let looked = before_it_begins(console, &self.interruption, vec![address], look);
            let mut answers = Vec::new();
            let mut interrupted = None;
            let mut is_behind = false;
            for looked in looked {
                let course = match looked {
                    Ok(looked) => self.follow(console, (address, &label), wanted, looked),
                    Err(failure) => Followed::from(Answer::failed(&label, failure)),
                };
                is_behind |= course.has_drifted && wanted.waits_for_others();
                answers.push(course.answer);
                interrupted = course.interrupted;
            }
            if !is_behind || interrupted.is_some() {
                return self.end(console, &answers, interrupted);
            }
            console.complain(&format!(
                "{}: somebody else has deployed meanwhile: looking again\n",
                visible(&label)
            ));
        }
    }

    /// Has the host do it, and watches.
    fn follow(
        &self,
        console: &mut Console<'_>,
        (address, label): (&Address, &str),
        wanted: &Wanted<'_>,
        (host, found): (ReleaseMachine, Found),
    ) -> Followed {
        found.warn(console, self.site);
        let work = match wanted.on(self.site, &found, wanted.time(&[&found]), true) {
            Ok(work) => work,
            Err(failure) => return Answer::failed(label, failure).into(),
        };
        let mut course = Course {
            label,
            release: work.release().to_owned(),
            steps: work.steps(),
            dispatch: work.dispatch().clone(),
            shows: shows_releases(self.vars, address),
            interrupted: None,
        };
        let mut became = None;
        fleet::work(
            vec![(host, work)],
            1,
            |_, (mut host, work), reporter: &Reporter<'_, Happening, Deployed>| {
                let mut progress = |progress: Progress<'_>| {
                    if let Some(what) = Happening::of(progress) {
                        reporter.say(what);
                    }
                };
                match &work {
                    Work::RollBack(rollback) => host.roll_back(rollback, &mut progress),
                    Work::Deploy(deployment) => host.deploy(deployment, &mut progress),
                    // There is nothing else to be done.
                    _ => Err(HostError::Withheld),
                }
            },
            |news| {
                match news {
                    News::Of(_, what) => watch(console, "", &course.steps, what.as_progress()),
                    News::Ended(_, deployed) => became = Some(deployed),
                    News::Tick => {}
                }
                if let (None, Err(signal)) = (&became, self.interruption.check()) {
                    course.heed(console, signal);
                }
                Next::GoOn
            },
        );
        let mut has_drifted = false;
        let mut answer = match became.unwrap_or(Err(HostError::Withheld)) {
            Ok(report) => {
                has_drifted = report.outcome == DeployOutcome::Drifted;
                Answer::of(label, &report, &course.steps)
            }
            Err(error) => Answer::failed(label, course.failure(error)),
        };
        answer.release = Some(course.release);
        Followed {
            answer,
            interrupted: course.interrupted,
            has_drifted,
        }
    }

    /// Says what became of the hosts, and gives the exit status.
    pub(super) fn end(
        &self,
        console: &mut Console<'_>,
        answers: &[Answer],
        interrupted: Option<Interrupted>,
    ) -> Result<u8, CommandError> {
        if self.is_json {
            console.print_json(&Document::of(answers))?;
        } else {
            for answer in answers {
                answer.print(console)?;
            }
        }
        let statuses = answers.iter().map(|answer| answer.status);
        let status = crate::exit::most_severe(statuses);
        Ok(interrupted.map_or(status, Interrupted::status))
    }
}

impl Course<'_> {
    /// A signal has come: what has not reached the host whole is withheld, and anything else goes on
    /// there.
    fn heed(&mut self, console: &mut Console<'_>, signal: Interrupted) {
        if self.interrupted.is_some() {
            return;
        }
        self.interrupted = Some(signal);
        if self.dispatch.withhold() {
            console.complain(&format!("{signal}: nothing was begun\n"));
            signal.end_process();
            return;
        }
        let (host, release, shows) = (visible(self.label), &self.release, visible(&self.shows));
        console.complain(&format!(
            "{signal}: {host} goes on with {release} to its end; once more leaves it there, and \
             {shows} says how it ended\n"
        ));
    }

    /// Why it is not known what became of it, and where that is to be seen.
    fn failure(&self, error: HostError) -> HostFailure {
        let Self {
            label,
            release,
            shows,
            ..
        } = self;
        match error {
            HostError::Shell(ShellError::Lost(_)) if self.dispatch.withhold() => {
                HostFailure::NotSent(error)
            }
            HostError::Shell(ShellError::Lost(_)) => HostFailure::Unwatched {
                source: error,
                help: format!(
                    "{label} goes on with {release} to its end: {shows} says how it ended"
                ),
            },
            HostError::Failed(_) => HostFailure::Unwatched {
                source: error,
                help: format!("{shows} says which release serves"),
            },
            error => HostFailure::Perform(error),
        }
    }
}
