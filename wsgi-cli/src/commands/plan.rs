//! `plan`: what an apply would do.

use wsgi_apply::SavedPlan;

use crate::args::Plan as PlanArgs;
use crate::error::CommandError;
use crate::examination::Reader;
use crate::exit;
use crate::machine::{Access, Address, Machines};
use crate::output::{
    Console, HostJson, HostsDocument, Verbosity, host_failure, obstacles_text, plan_text, summary,
};
use crate::plan_file;
use crate::preparation::Apps;
use crate::rollout::{Planned, plan_all};

pub(super) fn plan(
    args: &PlanArgs,
    console: &mut Console<'_>,
    machines: &dyn Machines,
) -> Result<u8, CommandError> {
    let reader = Reader::of_json(args.json);
    let addresses = Address::all(&args.target)?;
    let (apps, examined) = Apps::prepare(console, &args.vars, reader)?;
    let Some(apps) = apps else {
        return refused(console, reader, examined);
    };
    let access = Access::new(&args.target, machines)?;
    let all = plan_all(&addresses, &access, |address, host| {
        apps.plan(host, address.plan_options(args.adopt))
    });
    match reader {
        Reader::Program => console.print_json(&HostsDocument {
            hosts: all.iter().map(Planned::json).collect(),
            files: examined.files,
        })?,
        Reader::Person => {
            for planned in &all {
                show(console, planned)?;
                if let Ok(plan) = &planned.plan
                    && console.verbosity != Verbosity::Quiet
                {
                    let paint = console.result_paint;
                    console.print(format_args!("{}", obstacles_text(paint, plan)))?;
                }
            }
        }
    }
    if let Some(out) = &args.out {
        keep(console, out, &all)?;
    }
    Ok(exit::most_severe(all.iter().map(
        |planned| match &planned.plan {
            Err(failure) => failure.status(),
            Ok(plan) if plan.is_empty() && plan.obstacles.is_empty() => exit::DONE,
            Ok(_) if args.exit_code => exit::DIFFERS,
            Ok(_) => exit::DONE,
        },
    )))
}

/// The answer when a vars file was refused.
pub(super) fn refused(
    console: &mut Console<'_>,
    reader: Reader,
    examined: crate::examination::Examined,
) -> Result<u8, CommandError> {
    let status = examined.status();
    if reader == Reader::Program {
        console.print_json(&HostsDocument {
            hosts: Vec::new(),
            files: examined.files,
        })?;
    }
    Ok(status)
}

/// Prints the plan for a host, or why there is none.
pub(super) fn show(console: &mut Console<'_>, planned: &Planned) -> Result<(), CommandError> {
    let host = &planned.label;
    match &planned.plan {
        Err(failure) => {
            console.flush()?;
            console.complain(&host_failure(console.paint, host, failure));
        }
        Ok(_) if console.verbosity == Verbosity::Quiet => {}
        Ok(plan) => {
            let (paint, verbosity) = (console.result_paint, console.verbosity);
            let mut text = plan_text(paint, verbosity, host, plan);
            if !plan.is_empty() || !plan.obstacles.is_empty() {
                text.push_str(&summary(paint, verbosity, plan));
            }
            console.print(format_args!("{text}"))?;
            console.flush()?;
        }
    }
    Ok(())
}

/// Keeps plans that can be performed, all or none.
fn keep(
    console: &mut Console<'_>,
    out: &std::path::Path,
    all: &[Planned],
) -> Result<(), CommandError> {
    let usable = all.iter().filter_map(|planned| {
        let plan = planned.plan.as_ref().ok()?;
        plan.obstacles
            .is_empty()
            .then_some((planned.label.as_str(), plan))
    });
    let usable: Vec<_> = usable.collect();
    if usable.len() < all.len() {
        console.complain("no plan was kept, since it could not be applied\n");
        return Ok(());
    }
    plan_file::write(out, &SavedPlan::of(usable))
}

impl Planned {
    /// The host in a JSON document.
    pub(super) fn json(&self) -> HostJson {
        let plan = self.plan.as_ref();
        HostJson::new(&self.label, plan.ok(), None, plan.err())
    }
}
