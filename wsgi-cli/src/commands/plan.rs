//! `plan`: what an apply would do.

use wsgi_apply::{Plan, SavedPlan};

use crate::args::Plan as PlanArgs;
use crate::error::CommandError;
use crate::examination::Reader;
use crate::exit;
use crate::machine::{Access, Address, Machines};
use crate::output::{
    Console, HostJson, HostsDocument, Paint, Verbosity, host_failure, obstacles_text, plan_text,
    summary,
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
            show(console, &all)?;
            if console.verbosity != Verbosity::Quiet {
                let text = obstacles(console.result_paint, &all);
                console.print(format_args!("{text}"))?;
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

/// What is in the way on the hosts.
pub(super) fn obstacles(paint: Paint, all: &[Planned]) -> String {
    let host = |planned: &Planned| match all.len() {
        1 => String::new(),
        _ => format!("{}: ", planned.label),
    };
    let plans = all.iter().filter_map(|planned| {
        let plan = planned.plan.as_ref().ok()?;
        Some(obstacles_text(paint, &host(planned), plan))
    });
    plans.collect()
}

/// Prints plans, those that read the same once, and why there are none.
pub(super) fn show(console: &mut Console<'_>, all: &[Planned]) -> Result<(), CommandError> {
    let (paint, verbosity) = (console.result_paint, console.verbosity);
    let mut groups: Vec<(String, Vec<&str>, &Plan)> = Vec::new();
    for planned in all {
        let host = planned.label.as_str();
        let Ok(plan) = &planned.plan else { continue };
        let text = plan_text(paint, verbosity, &[], plan);
        match groups.iter_mut().find(|(other, ..)| *other == text) {
            Some((_, hosts, _)) => hosts.push(host),
            None => groups.push((text, vec![host], plan)),
        }
    }
    for (_, hosts, plan) in groups {
        if verbosity == Verbosity::Quiet {
            break;
        }
        let mut text = plan_text(paint, verbosity, &hosts, plan);
        if !plan.is_empty() || !plan.obstacles.is_empty() {
            text.push_str(&summary(paint, verbosity, plan));
        }
        console.print(format_args!("{text}"))?;
        console.flush()?;
    }
    for planned in all {
        if let Err(failure) = &planned.plan {
            console.complain(&host_failure(console.paint, &planned.label, failure));
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
