//! `deploy`, `rollback`: another release serves, or everything is as it was.

use std::time::SystemTime;

use camino::Utf8PathBuf;
use wsgi_apply::Progress;
use wsgi_apply::deploy::{
    Deployment, Fetched, ReleaseHost as _, ReleaseSite, Repository, Requirements, Rollback,
    SourceTree, Survey, Work, release_name,
};

use super::release_answer::{Answer, Document, watch};
use crate::args::{self, GitFetch, Pace, cache};
use crate::error::CommandError;
use crate::host_failure::HostFailure;
use crate::machine::{Access, Address, Machines};
use crate::operator::Operator;
use crate::output::{Console, visible};
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
    let repository = Repository::parse(&args.from).map_err(CommandError::Source)?;
    let fetched_there = repository.as_ref().filter(|repository| {
        // A path of this machine means nothing there.
        args.git_fetch == GitFetch::Host && repository.is_remote()
    });
    let source = if fetched_there.is_some() {
        None
    } else {
        let cache = Utf8PathBuf::from_path_buf(cache());
        let cache = cache.unwrap_or_else(|_| "/tmp/wsgi-cli".into());
        let source = SourceTree::open(&args.from, &cache).map_err(CommandError::Source)?;
        warn_of(console, &source.submodules);
        Some(source)
    };
    let access = Access::new(&args.target, machines)?;
    let wanted = Wanted::Release {
        args,
        began: SystemTime::now(),
        source: source.as_ref(),
        repository: fetched_there,
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

/// Says what is not a part of a release though it looks so.
fn warn_of(console: &mut Console<'_>, submodules: &[String]) {
    for submodule in submodules {
        let submodule = visible(submodule);
        console.complain(&format!(
            "warning: {submodule} is a submodule: it is an empty directory in the release\n"
        ));
    }
}

/// What the hosts of a call are to do.
pub(super) enum Wanted<'a> {
    /// A new release.
    Release {
        args: &'a args::Deploy,
        began: SystemTime,
        source: Option<&'a SourceTree>,
        /// What the hosts fetch.
        repository: Option<&'a Repository>,
    },
    /// An earlier one.
    Return { args: &'a args::Rollback },
}

/// What was found on a host.
pub(super) struct Found {
    survey: Survey,
    fetched: Option<Fetched>,
}

impl Found {
    /// Says what is to be said of it.
    pub(super) fn warn(&self, console: &mut Console<'_>, site: &ReleaseSite) {
        let unapplied = self.survey.unapplied(site);
        if !unapplied.is_empty() {
            let paths: Vec<&str> = unapplied.iter().map(|path| path.as_str()).collect();
            console.complain(&format!(
                "warning: the vars file says otherwise than {}: `wsgi-cli apply` brings that to the host\n",
                paths.join(", ")
            ));
        }
        if let Some(fetched) = &self.fetched {
            warn_of(console, &fetched.submodules);
        }
    }
}

impl Wanted<'_> {
    /// Looks at the releases on a host to which the app was applied.
    pub(super) fn look(
        &self,
        access: &Access<'_>,
        address: &Address,
        site: &ReleaseSite,
    ) -> Result<(ReleaseMachine, Found), HostFailure> {
        let mut host = access.posix(address)?;
        let survey = host.survey(site).map_err(HostFailure::Observe)?;
        if let Some(missing) = survey.unready.first() {
            let missing = missing.clone();
            return Err(HostFailure::NotApplied { missing });
        }
        let fetched = match self {
            Self::Release {
                repository: Some(repository),
                ..
            } => Some(host.fetch(site, repository)?),
            _ => None,
        };
        Ok((host, Found { survey, fetched }))
    }

    /// All hosts have fetched the same.
    pub(super) fn agree(&self, leader: (&str, &Found), other: &Found) -> Result<(), HostFailure> {
        let (label, leader) = leader;
        match self {
            Self::Release {
                repository: Some(repository),
                ..
            } if leader.fetched != other.fetched => Err(HostFailure::OtherCommit {
                what: repository.to_string(),
                other: label.to_owned(),
            }),
            _ => Ok(()),
        }
    }

    /// What a host is to do on which this was found, and whether it leads the others.
    pub(super) fn on<'a>(
        &'a self,
        site: &'a ReleaseSite,
        found: &'a Found,
        leads: bool,
    ) -> Result<Work<'a>, HostFailure> {
        let Found { survey, fetched } = found;
        match self {
            Self::Release {
                args,
                began,
                source,
                ..
            } => {
                let (python, packages) = (survey.interpreter(), &site.packages);
                let mut deployment = match (fetched, source) {
                    (Some(fetched), _) => {
                        let requirements = Requirements::of_fetched(fetched, packages, &python);
                        let id = release_name(*began, fetched.revision());
                        Deployment::new(site, fetched, survey, requirements, id)
                    }
                    (None, Some(source)) => {
                        let requirements = Requirements::of(&source.tree, packages, &python);
                        let id = release_name(*began, &source.revision);
                        Deployment::new(site, *source, survey, requirements, id)
                    }
                    // Who wants a release has one or the other.
                    (None, None) => return Err(HostFailure::Interrupted),
                };
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
        let looked = wanted.look(self.access, address, self.site);
        let done = looked.and_then(|(mut host, found)| {
            found.warn(console, self.site);
            let work = wanted.on(self.site, &found, true)?;
            release = Some(work.release().to_owned());
            let steps = work.steps();
            let progress = &mut |progress: Progress<'_>| watch(console, "", &steps, progress);
            let report = match &work {
                Work::RollBack(rollback) => host.roll_back(rollback, progress),
                Work::Deploy(deployment) => host.deploy(deployment, progress),
                _ => return Err(HostFailure::Interrupted),
            };
            let report = report.map_err(HostFailure::Perform)?;
            Ok(Answer::of(&label, &report, &steps))
        });
        let mut answer = done.unwrap_or_else(|failure| Answer::failed(&label, failure));
        answer.release = release;
        if self.is_json {
            console.print_json(&Document::of(std::slice::from_ref(&answer)))?;
        } else {
            answer.print(console)?;
        }
        Ok(answer.status)
    }
}
