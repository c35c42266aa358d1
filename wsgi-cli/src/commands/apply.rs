//! `apply`: hosts become what the vars files say.

use wsgi_apply::{Outcome, PerformOptions, SavedPlan};

use super::plan::{obstacles, refused, show};
use crate::args::{Apply, Performing};
use crate::error::CommandError;
use crate::examination::{FileJson, Reader};
use crate::exit;
use crate::machine::{Access, Address, Machines};
use crate::operator::Operator;
use crate::output::{
    Console, HostJson, HostsDocument, Verbosity, done_text, host_failure, report_status,
    report_text, visible,
};
use crate::plan_file;
use crate::preparation::Apps;
use crate::rollout::{Manner, Performed, Planned, perform_all, plan_all};
use crate::terminal::Terminal;

pub(super) fn apply(
    args: &Apply,
    console: &mut Console<'_>,
    machines: &dyn Machines,
) -> Result<u8, CommandError> {
    let reader = Reader::of_json(args.json);
    let addresses = Address::all(&args.target)?;
    let saved = args.plan.as_deref().map(plan_file::read).transpose()?;
    let approval = match &saved {
        Some(_) => Approval::Given,
        None => Approval::needed(&args.performing)?,
    };
    let (apps, examined) = Apps::prepare(console, &args.vars, reader)?;
    let Some(apps) = apps else {
        return refused(console, reader, examined);
    };
    let access = Access::new(&args.target, machines)?;
    let all = plan_all(&addresses, &access, |address, host| {
        apps.plan(host, address.plan_options(args.adopt))
    });
    // A host that cannot be planned is told of as such, not as one that drifted.
    let is_planned = all.iter().all(|planned| planned.plan.is_ok());
    if let Some(saved) = saved.filter(|_| is_planned) {
        let plans = all.iter().filter_map(|planned| {
            let plan = planned.plan.as_ref().ok()?;
            Some((planned.label.as_str(), plan))
        });
        saved.verify(&SavedPlan::of(plans))?;
    }
    roll_out(
        console,
        reader,
        (&apps, all),
        approval,
        &args.performing,
        examined.files,
    )
}

/// Whether changes may be made.
pub(super) enum Approval {
    /// Beforehand.
    Given,
    /// When a person at this terminal says so.
    Asked(Terminal),
}

impl Approval {
    /// What the arguments say. Without a terminal, nobody can be asked.
    pub(super) fn needed(args: &Performing) -> Result<Self, CommandError> {
        if args.yes {
            return Ok(Self::Given);
        }
        let terminal = Terminal::open().map_err(CommandError::Unconfirmed)?;
        Ok(Self::Asked(terminal))
    }

    fn obtain(self, due: &[&Planned]) -> Result<bool, CommandError> {
        match self {
            Self::Given => Ok(true),
            Self::Asked(mut terminal) => {
                let hosts: Vec<&str> = due.iter().map(|planned| planned.label.as_str()).collect();
                let steps: usize = due
                    .iter()
                    .filter_map(|planned| planned.plan.as_ref().ok())
                    .map(|plan| plan.steps.len())
                    .sum();
                let s = if steps == 1 { "" } else { "s" };
                let question = format!("Make {steps} change{s} on {}?", hosts.join(", "));
                terminal
                    .confirm(&question)
                    .map_err(CommandError::Unconfirmed)
            }
        }
    }
}

/// Shows plans, asks, performs them, and says what became of them.
pub(super) fn roll_out(
    console: &mut Console<'_>,
    reader: Reader,
    (apps, all): (&Apps, Vec<Planned>),
    approval: Approval,
    args: &Performing,
    files: Vec<FileJson>,
) -> Result<u8, CommandError> {
    if reader == Reader::Person {
        show(console, &all)?;
        let text = obstacles(console.paint, &all);
        console.complain(&text);
    }
    let order: Vec<String> = all.iter().map(|planned| planned.label.clone()).collect();
    let due: Vec<&Planned> = all.iter().filter(|planned| planned.is_due()).collect();
    let is_approved = due.is_empty() || approval.obtain(&due)?;
    let (due, idle): (Vec<Planned>, Vec<Planned>) = all
        .into_iter()
        .partition(|planned| planned.is_due() && is_approved);
    let mut statuses: Vec<u8> = idle.iter().map(Planned::status).collect();
    let mut options = PerformOptions::default();
    options.operator = Operator::name();
    options.wait = args.wait.unwrap_or(0);
    let manner = Manner {
        options,
        width: args.serial.get(),
        max_fail: args.max_fail,
        failed: statuses
            .iter()
            .filter(|&&status| status != exit::DONE)
            .count(),
    };
    let (performed, interrupted) = perform_all(console, due, &manner);
    statuses.extend(performed.iter().map(Performed::status));
    statuses.extend(interrupted.map(crate::interruption::Interrupted::status));
    match reader {
        Reader::Program => {
            let mut hosts: Vec<(&String, HostJson)> = idle
                .iter()
                .map(|planned| (&planned.label, planned.json()))
                .chain(performed.iter().map(|done| (&done.label, done.json(apps))))
                .collect();
            hosts.sort_by_key(|(label, _)| order.iter().position(|other| other == *label));
            let hosts = hosts.into_iter().map(|(_, json)| json).collect();
            console.print_json(&HostsDocument { hosts, files })?;
        }
        Reader::Person => {
            if !is_approved {
                console.complain("nothing was changed\n");
            }
            for done in &performed {
                done.show(console, apps)?;
            }
            if order.len() > 1 && console.verbosity != Verbosity::Quiet {
                table(console, &order, &idle, &performed)?;
            }
        }
    }
    Ok(exit::most_severe(statuses))
}

/// A line for each host, in the order of the call.
fn table(
    console: &mut Console<'_>,
    order: &[String],
    idle: &[Planned],
    performed: &[Performed],
) -> Result<(), CommandError> {
    let width = order.iter().map(|host| host.chars().count()).max();
    let width = width.unwrap_or(0);
    console.print(format_args!("\n"))?;
    for host in order {
        let done = performed.iter().find(|done| done.label == *host);
        let planned = idle.iter().find(|planned| planned.label == *host);
        let became = match (done, planned) {
            (Some(done), _) => done.summary(),
            (None, Some(planned)) => planned.summary().to_owned(),
            (None, None) => continue,
        };
        console.print(format_args!("{:width$}  {became}\n", visible(host)))?;
    }
    Ok(())
}

impl Planned {
    /// The exit status of a host on which nothing was performed.
    fn status(&self) -> u8 {
        match &self.plan {
            Err(failure) => failure.status(),
            Ok(plan) if plan.obstacles.is_empty() => exit::DONE,
            Ok(_) => exit::CONFLICT,
        }
    }

    fn summary(&self) -> &'static str {
        match &self.plan {
            Err(_) => "failed: nothing was changed",
            Ok(plan) if !plan.obstacles.is_empty() => "refused: nothing was changed",
            Ok(plan) if plan.is_empty() => "nothing to do",
            Ok(_) => "not applied",
        }
    }
}

impl Performed {
    fn status(&self) -> u8 {
        match &self.report {
            Ok(report) => report_status(report),
            Err(failure) => failure.status(),
        }
    }

    fn json(&self, apps: &Apps) -> HostJson {
        let report = self.report.as_ref();
        let done = report.ok().map(|report| (report, apps));
        HostJson::new(&self.label, Some(&self.plan), done, report.err())
    }

    fn summary(&self) -> String {
        match &self.report {
            Err(failure) => failure.to_string(),
            Ok(report) => match report.outcome {
                Outcome::Done => done_text(&self.plan, report),
                Outcome::Drifted | Outcome::Refused { .. } | Outcome::Locked { .. } => {
                    "refused: nothing was changed".to_owned()
                }
                _ => format!("stopped part-way: {}", done_text(&self.plan, report)),
            },
        }
    }

    fn show(&self, console: &mut Console<'_>, apps: &Apps) -> Result<(), CommandError> {
        let host = &self.label;
        match &self.report {
            Err(failure) => console.complain(&host_failure(console.paint, host, failure)),
            Ok(report) => {
                console.complain(&report_text(console.paint, host, &self.plan, report, apps));
                if report.outcome == Outcome::Done && console.verbosity != Verbosity::Quiet {
                    let done = done_text(&self.plan, report);
                    console.print(format_args!("{}: done: {done}\n", visible(host)))?;
                }
            }
        }
        Ok(())
    }
}
