//! `deploy`, `rollback`: another release serves, or everything is as it was.

use std::time::SystemTime;

use camino::Utf8PathBuf;
use wsgi_apply::Progress;
use wsgi_apply::deploy::{
    Deployment, ReleaseHost as _, ReleaseSite, Requirements, Rollback, SourceTree, Survey, Work,
    release_name,
};

use super::release_answer::{Answer, Document, watch};
use crate::args::{self, Pace, cache};
use crate::error::CommandError;
use crate::host_failure::HostFailure;
use crate::machine::{Access, Address, Machines};
use crate::operator::Operator;
use crate::output::Console;
use crate::release_host::{ReleaseMachine, addresses, site};

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
    let wanted = Wanted::Release {
        args,
        source: &source,
        id: &id,
    };
    let call = Call {
        hosts: &all,
        access: &access,
        site: &site,
        pace: &args.pace,
        is_json: args.json,
    };
    call.perform(console, &wanted)
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
    let call = Call {
        hosts: &all,
        access: &access,
        site: &site,
        pace: &args.pace,
        is_json: args.json,
    };
    call.perform(console, &Wanted::Return { args })
}

/// What the hosts of a call are to do.
pub(super) enum Wanted<'a> {
    /// A new release.
    Release {
        args: &'a args::Deploy,
        source: &'a SourceTree,
        id: &'a str,
    },
    /// An earlier one.
    Return { args: &'a args::Rollback },
}

impl Wanted<'_> {
    /// That of a host on which this was found, and whether it leads the others.
    pub(super) fn on<'a>(
        &'a self,
        site: &'a ReleaseSite,
        survey: &'a Survey,
        leads: bool,
    ) -> Result<Work<'a>, HostFailure> {
        match self {
            Self::Release { args, source, id } => {
                let interpreter = survey.interpreter();
                let requirements = Requirements::of(&source.tree, &site.packages, &interpreter);
                let id = (*id).to_owned();
                let mut deployment = Deployment::new(site, source, survey, requirements, id);
                deployment.operator = Operator::name();
                deployment.wait = args.turn.wait.unwrap_or(0);
                deployment.full = args.full;
                // Migrations run once.
                deployment.leads = leads;
                Ok(Work::Deploy(deployment))
            }
            Self::Return { args } => {
                let rollback = Rollback::new(site, survey, args.to.as_deref());
                let mut rollback = rollback.map_err(HostFailure::NoRelease)?;
                rollback.operator = Operator::name();
                rollback.wait = args.turn.wait.unwrap_or(0);
                Ok(Work::RollBack(rollback))
            }
        }
    }
}

/// A release for the hosts of a call.
pub(super) struct Call<'a> {
    pub(super) hosts: &'a [Address],
    pub(super) access: &'a Access<'a>,
    pub(super) site: &'a ReleaseSite,
    pub(super) pace: &'a Pace,
    pub(super) is_json: bool,
}

impl Call<'_> {
    fn perform(&self, console: &mut Console<'_>, wanted: &Wanted<'_>) -> Result<u8, CommandError> {
        match self.hosts {
            [address] => self.alone(address, console, wanted),
            _ => self.together(console, wanted),
        }
    }

    /// On the only host, which needs nobody to tell it to go on.
    fn alone(
        &self,
        address: &Address,
        console: &mut Console<'_>,
        wanted: &Wanted<'_>,
    ) -> Result<u8, CommandError> {
        let label = address.label();
        let mut release = None;
        let done = survey(self.access, address, self.site).and_then(|(mut host, survey)| {
            let work = wanted.on(self.site, &survey, true)?;
            release = Some(work.release().to_owned());
            let steps = work.steps();
            let progress = &mut |progress: Progress<'_>| watch(console, "", &steps, progress);
            let report = match &work {
                Work::RollBack(rollback) => host.roll_back(rollback, progress),
                Work::Deploy(deployment) => host.deploy(deployment, progress),
                _ => return Err(HostFailure::Interrupted),
            };
            Ok((report.map_err(HostFailure::Perform)?, steps))
        });
        let mut answer = match done {
            Ok((report, steps)) => Answer::of(&label, &report, &steps),
            Err(failure) => Answer::failed(&label, failure),
        };
        answer.release = release;
        if self.is_json {
            console.print_json(&Document::of(std::slice::from_ref(&answer)))?;
        } else {
            answer.print(console)?;
        }
        Ok(answer.status)
    }
}

/// Looks at the releases on a host to which the app was applied.
pub(super) fn survey(
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
