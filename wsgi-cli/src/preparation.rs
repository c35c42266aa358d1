//! The apps of a call, ready to be planned for hosts.

use wsgi_apply::{
    AppStatus, Desired, Extent, Facts, Failure, Host, Plan, PlanOptions, Probe, System,
};
use wsgi_model::{Bundle, Loaded, Problem, Severity};
use wsgi_render::{Init, RenderError, Target, render};

use crate::args::VarsFiles;
use crate::error::CommandError;
use crate::examination::{Call, Examined, Neighbours, Reader, examine};
use crate::host_failure::HostFailure;
use crate::output::Console;
use crate::refused_line::RefusedLine;

/// The apps of a call, and what is asked of each host.
pub(crate) struct Apps {
    loaded: Vec<Loaded>,
    /// The name of each one's vars file.
    files: Vec<String>,
    /// For a host like most.
    desired: Desired,
    probe: Probe,
}

/// Renders an app. A value that no file can carry is the vars file's fault, anything else ours.
pub(crate) fn bundle(
    loaded: &Loaded,
    target: &Target,
) -> Result<Result<Bundle, CommandError>, Vec<Problem>> {
    match render(&loaded.app, target) {
        Ok(bundle) => Ok(Ok(bundle)),
        Err(RenderError::Unquotable {
            template,
            field,
            source,
            ..
        }) => {
            let message = format!("`{field}` cannot be written in {template}: {source}");
            Err(vec![Problem::new(
                Severity::Error,
                "unquotable",
                "",
                message,
            )])
        }
        Err(source) => {
            let app = loaded.app.name.to_string();
            Ok(Err(CommandError::Render { app, source }))
        }
    }
}

impl Apps {
    /// Loads and renders the vars files of a call; none when one of them was refused.
    pub(crate) fn prepare(
        console: &mut Console<'_>,
        vars: &VarsFiles,
        reader: Reader,
    ) -> Result<(Option<Self>, Examined), CommandError> {
        let call = Call::new(vars, Neighbours::OneHost, reader);
        let (mut loaded, mut files, mut bundles) = (Vec::new(), Vec::new(), Vec::new());
        let examined = examine(
            console,
            &call,
            |loaded| bundle(loaded, &Target::default()),
            |_, accepted| {
                bundles.push(accepted.made?);
                loaded.push(*accepted.loaded);
                files.push(accepted.file);
                Ok(())
            },
        )?;
        if examined.refused > 0 {
            return Ok((None, examined));
        }
        let desired = Desired::new(bundles).map_err(CommandError::Contradiction)?;
        let probe = Probe::of(&desired);
        let apps = Self {
            loaded,
            files,
            desired,
            probe,
        };
        Ok((Some(apps), examined))
    }

    /// What would have to be done on a host: one look at it.
    pub(crate) fn plan(
        &self,
        host: &mut dyn Host,
        options: PlanOptions,
    ) -> Result<Plan, HostFailure> {
        let facts = host.observe(&self.probe).map_err(HostFailure::Observe)?;
        self.plan_for(facts, options)
    }

    /// What would have to be done on a host to take the apps away.
    pub(crate) fn removal(
        &self,
        host: &mut dyn Host,
        options: PlanOptions,
        extent: Extent,
    ) -> Result<Plan, HostFailure> {
        let probe = Probe::of_removal(&self.desired);
        let facts = host.observe(&probe).map_err(HostFailure::Observe)?;
        Ok(Plan::removal(&self.desired, &facts, options, extent))
    }

    /// How the apps are doing on a host, and what would have to be done there.
    pub(crate) fn status(
        &self,
        host: &mut dyn Host,
        options: PlanOptions,
    ) -> Result<(Plan, Vec<AppStatus>), HostFailure> {
        let probe = Probe::of_status(&self.desired);
        let facts = host.observe(&probe).map_err(HostFailure::Observe)?;
        let plan = self.plan_for(facts.clone(), options)?;
        let bundles = self.desired.bundles().iter();
        let all: Vec<_> = bundles
            .map(|bundle| AppStatus::of(bundle, &facts, &plan))
            .collect();
        Ok((plan, all))
    }

    /// The lines of our files that a program refused, and the variables that they were made from.
    pub(crate) fn refused_lines(&self, plan: &Plan, failure: &Failure) -> Vec<RefusedLine> {
        RefusedLine::all(plan, failure, |name| {
            let mut apps = self.files.iter().zip(&self.loaded);
            let (file, loaded) = apps.find(|(_, loaded)| loaded.app.name.as_str() == name)?;
            Some((file.as_str(), loaded))
        })
    }

    fn plan_for(&self, facts: Facts, options: PlanOptions) -> Result<Plan, HostFailure> {
        let target = if options.paths_only {
            Target::default()
        } else {
            target_of(&facts.system)
        };
        if target == Target::default() {
            return Ok(Plan::new(&self.desired, &facts, options));
        }
        let bundles = self.loaded.iter().map(|loaded| {
            render(&loaded.app, &target).map_err(|source| HostFailure::Render {
                app: loaded.app.name.to_string(),
                source,
            })
        });
        let desired = Desired::new(bundles.collect::<Result<_, _>>()?)?;
        let facts = facts.recalling(&self.desired);
        Ok(Plan::new(&desired, &facts, options))
    }
}

/// What files are rendered for on a system.
fn target_of(system: &System) -> Target {
    let init = if system.systemd {
        Init::Systemd
    } else {
        Init::SysV
    };
    Target::reported(system.nginx.as_deref(), init)
}
