//! `deploy`, `rollback`: another release serves, or everything is as it was.

use std::time::SystemTime;

use camino::{Utf8Path, Utf8PathBuf};
use wsgi_apply::deploy::{
    Deployment, Fetched, ReleaseHost as _, ReleaseSite, Repository, Requirements, Rollback,
    SourceTree, Survey, Work, release_name,
};

use crate::args::{self, GitFetch, Pace, VarsFiles, cache};
use crate::error::CommandError;
use crate::fleet::before_it_begins;
use crate::host_failure::HostFailure;
use crate::interruption::Interruption;
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
    let interruption = Interruption::noted();
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
        let open = |from: &String| SourceTree::open(from, &cache);
        let opened = before_it_begins(console, &interruption, vec![&args.from], open);
        let opened: Result<Vec<_>, _> = opened.into_iter().collect();
        let source = opened.map_err(CommandError::Source)?.pop();
        warn_of(console, source.iter().flat_map(|source| &source.submodules));
        warn_of_private(
            console,
            source.iter().flat_map(|source| source.tree.private()),
        );
        source
    };
    let access = Access::new(&args.target, machines)?;
    let wanted = Wanted::Release {
        args,
        began: SystemTime::now(),
        source: source.as_ref(),
        repository: fetched_there,
    };
    let call = Call {
        vars: &args.vars,
        hosts: &all,
        access: &access,
        site: &site,
        pace: &args.pace,
        is_json: args.json,
        interruption,
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
    let interruption = Interruption::noted();
    let call = Call {
        vars: &args.vars,
        hosts: &all,
        access: &access,
        site: &site,
        pace: &args.pace,
        is_json: args.json,
        interruption,
    };
    call.perform(console, &Wanted::Return { args })
}

/// Says what is not a part of a release though it looks so.
fn warn_of<'a>(console: &mut Console<'_>, submodules: impl IntoIterator<Item = &'a String>) {
    for submodule in submodules {
        let submodule = visible(submodule);
        console.complain(&format!(
            "warning: {submodule} is a submodule: it is an empty directory in the release\n"
        ));
    }
}

/// Says what was kept from others here.
fn warn_of_private<'a>(console: &mut Console<'_>, files: impl Iterator<Item = &'a Utf8Path>) {
    for file in files {
        let file = visible(file.as_str());
        console.complain(&format!(
            "warning: {file} is yours alone here, and in the release everybody on the host can read it: \
             name it in .gitignore, and what is secret in wsgi_env_vars\n"
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

    /// Whether it is to come after what others deploy now. Which release a rollback leads to is another
    /// one by then.
    pub(super) fn waits_for_others(&self) -> bool {
        match self {
            Self::Release { args, .. } => args.turn.wait.is_some(),
            Self::Return { .. } => false,
        }
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

    /// When the release is made: the same for all hosts, and on none of them a second that has one.
    pub(super) fn time(&self, all: &[&Found]) -> SystemTime {
        let mut time = match self {
            Self::Release { began, .. } => *began,
            Self::Return { .. } => return SystemTime::now(),
        };
        loop {
            let free = |time, found: &&Found| found.survey.free_second(time);
            let free = all.iter().fold(time, free);
            if free == time {
                return time;
            }
            time = free;
        }
    }

    /// What a host is to do on which this was found, and whether it leads the others.
    pub(super) fn on<'a>(
        &'a self,
        site: &'a ReleaseSite,
        found: &'a Found,
        time: SystemTime,
        leads: bool,
    ) -> Result<Work<'a>, HostFailure> {
        let Found { survey, fetched } = found;
        match self {
            Self::Release { args, source, .. } => {
                let (python, packages) = (survey.interpreter(), &site.packages);
                let mut deployment = match (fetched, source) {
                    (Some(fetched), _) => {
                        let requirements = Requirements::of_fetched(fetched, packages, &python);
                        let id = release_name(time, fetched.revision());
                        Deployment::new(site, fetched, survey, requirements, id)
                    }
                    (None, Some(source)) => {
                        let requirements = Requirements::of(&source.tree, packages, &python);
                        let id = release_name(time, &source.revision);
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
    pub(super) vars: &'a VarsFiles,
    pub(super) hosts: &'a [Address],
    pub(super) access: &'a Access<'a>,
    pub(super) site: &'a ReleaseSite,
    pub(super) pace: &'a Pace,
    pub(super) is_json: bool,
    pub(super) interruption: Interruption,
}

impl Call<'_> {
    fn perform(&self, console: &mut Console<'_>, wanted: &Wanted<'_>) -> Result<u8, CommandError> {
        match self.hosts {
            [address] => self.alone(address, console, wanted),
            _ => self.together(console, wanted),
        }
    }
}
