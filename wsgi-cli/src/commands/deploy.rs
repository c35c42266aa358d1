//! `deploy`, `rollback`: another release serves, or everything is as it was.

use std::fmt::Write as _;
use std::time::SystemTime;

use camino::Utf8PathBuf;
use serde::Serialize;
use wsgi_apply::Progress;
use wsgi_apply::deploy::{
    DeployOutcome, DeployReport, DeployStep, Deployment, Now, ReleaseHost as _, ReleaseSite,
    Requirements, Rollback, SourceTree, Survey, release_name,
};

use crate::args::{self, cache};
use crate::error::CommandError;
use crate::exit;
use crate::host_failure::HostFailure;
use crate::machine::{Access, Address, Machines};
use crate::operator::Operator;
use crate::output::{Console, Verbosity, host_failure, shown_line, visible};
use crate::release_host::{ReleaseMachine, addresses, site};

/// A host on which the release serves, and what serves there now.
struct Switched {
    label: String,
    host: ReleaseMachine,
}

/// What became of a host.
#[derive(Serialize)]
struct HostJson {
    host: String,
    release: Option<String>,
    outcome: &'static str,
    message: Option<String>,
    output: Vec<String>,
}

#[derive(Serialize)]
struct Document {
    hosts: Vec<HostJson>,
}

pub(super) fn deploy(
    args: &args::Deploy,
    console: &mut Console<'_>,
    machines: &dyn Machines,
) -> Result<u8, CommandError> {
    let all = addresses(&args.target)?;
    let site = match site(console, &args.vars)? {
        Ok(site) => site,
        Err(status) => return Ok(status),
    };
    let cache = Utf8PathBuf::from_path_buf(cache()).unwrap_or_else(|_| "/tmp/wsgi-cli".into());
    let source = SourceTree::open(&args.from, &cache).map_err(CommandError::Source)?;
    let id = release_name(SystemTime::now(), &source.revision);
    let access = Access::new(&args.target, machines)?;
    let mut run = Run::new(console, args.json);
    for (index, address) in all.iter().enumerate() {
        let label = address.label();
        let deployed = survey(&access, address, &site).and_then(|(mut host, survey)| {
            let interpreter = survey.interpreter();
            let requirements = Requirements::of(&source.tree, &site.packages, &interpreter);
            let mut deployment = Deployment::new(&site, &source, &survey, requirements, id.clone());
            deployment.operator = Operator::name();
            deployment.wait = args.turn.wait.unwrap_or(0);
            deployment.full = args.full;
            // Migrations run once.
            deployment.leads = index == 0;
            let steps = deployment.steps();
            let report = run.watch(&steps, |progress| host.deploy(&deployment, progress))?;
            Ok((host, report, steps))
        });
        if !run.tell(label, &id, deployed)? {
            run.go_back(&site)?;
            break;
        }
    }
    run.end(all.len())
}

pub(super) fn rollback(
    args: &args::Rollback,
    console: &mut Console<'_>,
    machines: &dyn Machines,
) -> Result<u8, CommandError> {
    let all = addresses(&args.target)?;
    let site = match site(console, &args.vars)? {
        Ok(site) => site,
        Err(status) => return Ok(status),
    };
    let access = Access::new(&args.target, machines)?;
    let mut run = Run::new(console, args.json);
    for address in &all {
        let mut id = String::new();
        let rolled = survey(&access, address, &site).and_then(|(mut host, survey)| {
            let mut rollback = Rollback::new(&site, &survey, args.to.as_deref())
                .map_err(HostFailure::NoRelease)?;
            rollback.operator = Operator::name();
            rollback.wait = args.turn.wait.unwrap_or(0);
            id.clone_from(&rollback.id);
            let steps = rollback.steps();
            let report = run.watch(&steps, |progress| host.roll_back(&rollback, progress))?;
            Ok((host, report, steps))
        });
        if !run.tell(address.label(), &id, rolled)? {
            break;
        }
    }
    run.end(all.len())
}

/// Looks at the releases on a host to which the app was applied.
fn survey(
    access: &Access<'_>,
    address: &Address,
    site: &ReleaseSite,
) -> Result<(ReleaseMachine, Survey), HostFailure> {
    let mut host = access.posix(address)?;
    let survey = host.survey(site).map_err(HostFailure::Observe)?;
    match survey.unready.first() {
        Some(missing) => Err(HostFailure::NotApplied {
            missing: missing.clone(),
        }),
        None => Ok((host, survey)),
    }
}

/// The work on the hosts of a call, one after the other.
struct Run<'a, 'b> {
    console: &'a mut Console<'b>,
    is_json: bool,
    switched: Vec<Switched>,
    hosts: Vec<HostJson>,
    statuses: Vec<u8>,
}

type Done = (ReleaseMachine, DeployReport, Vec<DeployStep>);

impl<'a, 'b> Run<'a, 'b> {
    const fn new(console: &'a mut Console<'b>, is_json: bool) -> Self {
        Self {
            console,
            is_json,
            switched: Vec::new(),
            hosts: Vec::new(),
            statuses: Vec::new(),
        }
    }

    /// Shows the steps as they are done.
    fn watch(
        &mut self,
        steps: &[DeployStep],
        perform: impl FnOnce(
            &mut dyn FnMut(Progress<'_>),
        ) -> Result<DeployReport, wsgi_apply::HostError>,
    ) -> Result<DeployReport, HostFailure> {
        let digits = steps.len().to_string().len();
        let console = &mut *self.console;
        let mut tell = |progress: Progress<'_>| {
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
                console.complain(&format!("{line}\n"));
            }
        };
        perform(&mut tell).map_err(HostFailure::Perform)
    }

    /// Says what became of a host, and whether to go on with others.
    fn tell(
        &mut self,
        label: String,
        id: &str,
        done: Result<Done, HostFailure>,
    ) -> Result<bool, CommandError> {
        let paint = self.console.paint;
        let (outcome, message, output, status) = match done {
            Ok((host, report, steps)) => {
                let (outcome, message, output, status) = became(&report, &steps);
                if outcome == "serves" {
                    self.console.say(format_args!("{label}: switched"));
                    self.switched.push(Switched {
                        label: label.clone(),
                        host,
                    });
                }
                (outcome, message, output, status)
            }
            Err(failure) => {
                let status = failure.status();
                if !self.is_json {
                    self.console
                        .complain(&host_failure(paint, &label, &failure));
                    self.statuses.push(status);
                    return Ok(false);
                }
                ("failed", Some(failure.to_string()), Vec::new(), status)
            }
        };
        self.statuses.push(status);
        let goes_on = outcome == "serves";
        if self.is_json {
            self.hosts.push(HostJson {
                host: label,
                release: (!id.is_empty()).then(|| id.to_owned()),
                outcome,
                message,
                output,
            });
        } else if goes_on {
            if self.console.verbosity != Verbosity::Quiet {
                self.console
                    .print(format_args!("{}: {id} serves\n", visible(&label)))?;
            }
        } else {
            let mut text = String::new();
            for line in &output {
                // It cannot fail: it writes to memory.
                let _ = writeln!(text, "    {}", shown_line(line));
            }
            let message = message.unwrap_or_default();
            self.console
                .complain(&format!("{}: {message}\n{text}", visible(&label)));
        }
        Ok(goes_on)
    }

    /// On the hosts where the release serves already, the one before it serves again: all hosts
    /// of an app are alike.
    fn go_back(&mut self, site: &ReleaseSite) -> Result<(), CommandError> {
        for mut switched in std::mem::take(&mut self.switched) {
            let label = visible(&switched.label);
            self.console
                .complain(&format!("{label}: going back, since another host failed\n"));
            let survey = switched.host.survey(site);
            let report = survey.ok().and_then(|survey| {
                let mut rollback = Rollback::new(site, &survey, None).ok()?;
                rollback.operator = Operator::name();
                let mut quietly = |_: Progress<'_>| {};
                switched.host.roll_back(&rollback, &mut quietly).ok()
            });
            let is_back = report.is_some_and(|report| report.outcome == DeployOutcome::Serves);
            if is_back {
                self.console.print(format_args!("{label}: returned\n"))?;
            } else {
                self.console.complain(&format!(
                    "{label}: did not return; `wsgi-cli rollback` tries again\n"
                ));
            }
        }
        Ok(())
    }

    fn end(self, hosts: usize) -> Result<u8, CommandError> {
        let begun = self.statuses.len();
        if begun < hosts {
            let left = hosts - begun;
            let s = if left == 1 { "" } else { "s" };
            self.console
                .complain(&format!("{left} other host{s} not begun\n"));
        }
        if self.is_json {
            self.console.print_json(&Document { hosts: self.hosts })?;
        }
        Ok(exit::most_severe(self.statuses))
    }
}

/// What became of a release: a word, a sentence, what programs said, and the exit status.
fn became(
    report: &DeployReport,
    steps: &[DeployStep],
) -> (&'static str, Option<String>, Vec<String>, u8) {
    let serves = |now: &Now| match now {
        Now::Unchanged => "the old release serves on".to_owned(),
        Now::Returned(release) => format!("{release} serves again"),
        Now::Unreturned(release) => {
            format!("{release} was returned to, but does not answer either")
        }
        Now::Nothing => "nothing serves: there was no earlier release".to_owned(),
        _ => String::new(),
    };
    match &report.outcome {
        DeployOutcome::Serves => ("serves", None, Vec::new(), exit::DONE),
        DeployOutcome::Failed { failure, now } => {
            let step = steps.get(failure.step).map(ToString::to_string);
            let message = format!("failed at “{}”; {}", step.unwrap_or_default(), serves(now));
            (
                "failed",
                Some(message),
                failure.said.clone(),
                exit::PART_WAY,
            )
        }
        DeployOutcome::Drifted => {
            let message = "refused: somebody else has deployed meanwhile; run it again".to_owned();
            ("refused", Some(message), Vec::new(), exit::CONFLICT)
        }
        DeployOutcome::Locked { owner } => {
            let message =
                format!("refused: {owner} deploys; nothing was changed; `--wait` waits for it");
            ("refused", Some(message), Vec::new(), exit::CONFLICT)
        }
        DeployOutcome::Ended { now } => {
            let message = format!("ended on the host; {}", serves(now));
            ("ended", Some(message), Vec::new(), exit::PART_WAY)
        }
        _ => ("failed", None, Vec::new(), exit::PART_WAY),
    }
}
