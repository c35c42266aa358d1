//! What became of a release on a host, as people and programs read it.

use std::error::Error;
use std::fmt::Write as _;

use serde::Serialize;
use wsgi_apply::Progress;
use wsgi_apply::deploy::{DeployOutcome, DeployReport, DeployStep, Now};

use crate::error::CommandError;
use crate::exit;
use crate::host_failure::HostFailure;
use crate::output::{Console, Verbosity, host_failure, shown_line, visible};

/// What is said when commands have run that nobody takes back.
const UNDONE: &str = "; what wsgi_deploy_release did is not undone";

/// What became of a release on a host.
#[derive(Debug, Serialize)]
pub(super) struct Answer {
    pub(super) host: String,
    pub(super) release: Option<String>,
    pub(super) outcome: &'static str,
    pub(super) message: Option<String>,
    pub(super) output: Vec<String>,
    #[serde(skip)]
    pub(super) status: u8,
    /// Why nothing came of it, if it was that.
    #[serde(skip)]
    failure: Option<HostFailure>,
}

/// What became of all of them.
#[derive(Serialize)]
pub(super) struct Document<'a> {
    hosts: &'a [Answer],
}

impl<'a> Document<'a> {
    pub(super) const fn of(hosts: &'a [Answer]) -> Self {
        Self { hosts }
    }
}

impl Answer {
    fn new(host: &str, outcome: &'static str, message: Option<String>, status: u8) -> Self {
        Self {
            host: host.to_owned(),
            release: None,
            outcome,
            message,
            output: Vec::new(),
            status,
            failure: None,
        }
    }

    /// Nothing came of it.
    pub(super) fn failed(host: &str, failure: HostFailure) -> Self {
        let mut message = failure.to_string();
        let mut cause = failure.source();
        while let Some(error) = cause {
            // It cannot fail: it writes to memory.
            let _ = write!(message, ": {error}");
            cause = error.source();
        }
        Self {
            failure: Some(failure),
            ..Self::new(host, "failed", Some(message), 0)
        }
        .with_status()
    }

    fn with_status(mut self) -> Self {
        self.status = self.failure.as_ref().map_or(0, HostFailure::status);
        self
    }

    /// What a host reports of its steps.
    pub(super) fn of(host: &str, report: &DeployReport, steps: &[DeployStep]) -> Self {
        let (outcome, message, status) = match &report.outcome {
            DeployOutcome::Serves => ("serves", None, exit::DONE),
            DeployOutcome::Failed { failure, now } => {
                let step = steps.get(failure.step).map(ToString::to_string);
                let step = step.unwrap_or_default();
                let message = format!("failed at “{step}”; {}", serves(now));
                ("failed", Some(message), exit::PART_WAY)
            }
            DeployOutcome::Drifted => {
                let message = "refused: somebody else has deployed meanwhile; run it again";
                ("refused", Some(message.to_owned()), exit::CONFLICT)
            }
            DeployOutcome::Locked { owner } => {
                let message = format!(
                    "refused: somebody else deploys: {owner}; nothing was changed; `--wait` waits for it"
                );
                ("refused", Some(message), exit::CONFLICT)
            }
            DeployOutcome::Ended { now } => {
                let message = format!("ended on the host; {}", serves(now));
                ("ended", Some(message), exit::PART_WAY)
            }
            _ => ("failed", None, exit::PART_WAY),
        };
        let mut answer = Self::new(host, outcome, message, status);
        if let DeployOutcome::Failed { failure, .. } = &report.outcome {
            answer.output.clone_from(&failure.said);
        }
        let failed = match &report.outcome {
            DeployOutcome::Failed { failure, .. } => Some(failure.step),
            _ => None,
        };
        let mut begun = report.done.iter().copied().chain(failed);
        let is_released = begun.any(|step| matches!(steps.get(step), Some(DeployStep::Release(_))));
        if let (true, Some(message)) = (is_released, &mut answer.message) {
            message.push_str(UNDONE);
        }
        answer
    }

    /// What a host reports that had to stop because of another one.
    pub(super) fn stopped(mut self, report: &DeployReport, because: &str) -> Self {
        if let DeployOutcome::Ended { now } = &report.outcome {
            let undone = self
                .message
                .filter(|text| text.ends_with(UNDONE))
                .map_or("", |_| UNDONE);
            let what = match now {
                Now::Unchanged => "not switched",
                _ => "gone back",
            };
            self.message = Some(format!("{what}, since {because}; {}{undone}", serves(now)));
            if *now == Now::Unchanged {
                self.status = exit::DONE;
            }
        }
        self
    }

    /// A host on which nothing was begun.
    pub(super) fn not_begun(host: &str, because: &str) -> Self {
        let message = format!("not begun, since {because}");
        Self::new(host, "ended", Some(message), exit::DONE)
    }

    /// Says it to a person.
    pub(super) fn print(&self, console: &mut Console<'_>) -> Result<(), CommandError> {
        let host = visible(&self.host);
        if let Some(failure) = &self.failure {
            let text = host_failure(console.paint, &self.host, failure);
            console.complain(&text);
        } else if self.outcome == "serves" {
            if console.verbosity != Verbosity::Quiet {
                let release = self.release.as_deref().unwrap_or_default();
                console.print(format_args!("{host}: {release} serves\n"))?;
            }
        } else {
            let mut text = String::new();
            for line in &self.output {
                // It cannot fail: it writes to memory.
                let _ = writeln!(text, "    {}", shown_line(line));
            }
            let message = self.message.as_deref().unwrap_or_default();
            console.complain(&format!("{host}: {}\n{text}", visible(message)));
        }
        Ok(())
    }
}

/// What serves after a release did not.
fn serves(now: &Now) -> String {
    match now {
        Now::Unchanged => "the old release serves on".to_owned(),
        Now::Returned(release) => format!("{release} serves again"),
        Now::Unreturned(release) => {
            format!("{release} was returned to, but does not answer either")
        }
        Now::Nothing => "nothing serves: there was no earlier release".to_owned(),
        _ => String::new(),
    }
}

/// Shows what happens.
pub(super) fn watch(
    console: &mut Console<'_>,
    prefix: &str,
    steps: &[DeployStep],
    progress: Progress<'_>,
) {
    let digits = steps.len().to_string().len();
    let line = match progress {
        Progress::Waiting { owner } => format!("waiting for {}", visible(owner)),
        Progress::Done(step) => match steps.get(step) {
            Some(what) => format!(
                "[{:digits$}/{}] {}",
                step + 1,
                steps.len(),
                visible(&what.to_string())
            ),
            None => return,
        },
        Progress::Output(line) if console.verbosity == Verbosity::Verbose => {
            format!("    {}", shown_line(line))
        }
        _ => return,
    };
    if console.verbosity != Verbosity::Quiet {
        console.complain(&format!("{prefix}{line}\n"));
    }
}
