//! Plans for the hosts of a call, and what becomes of them.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;

use wsgi_apply::{Host, PerformOptions, Plan, Progress, Report};

use crate::fleet::{News, Next, WIDTH, work};
use crate::host_failure::HostFailure;
use crate::interruption::{Interrupted, Interruption};
use crate::machine::{Access, Address};
use crate::output::{Console, Display, Happening, report_status, visible};

/// A host, and what came of planning for it.
pub(crate) struct Planned {
    /// What it is called.
    pub(crate) label: String,
    pub(crate) plan: Result<Plan, HostFailure>,
    host: Option<Box<dyn Host + Send>>,
}

/// A host, and what became of its plan.
pub(crate) struct Performed {
    /// What it is called.
    pub(crate) label: String,
    pub(crate) plan: Plan,
    pub(crate) report: Result<Report, HostFailure>,
}

/// How plans are performed.
pub(crate) struct Manner {
    pub(crate) options: PerformOptions,
    /// How many hosts are worked on at the same time.
    pub(crate) width: usize,
    /// Begin no other host when so many have failed.
    pub(crate) max_fail: Option<NonZeroUsize>,
    /// How many have failed before.
    pub(crate) failed: usize,
}

impl Planned {
    /// Whether the plan has anything to do, and may be performed.
    pub(crate) fn is_due(&self) -> bool {
        let plan = self.plan.as_ref();
        plan.is_ok_and(|plan| !plan.is_empty() && plan.obstacles.is_empty())
    }
}

/// Reaches the hosts, looks at each, and plans.
pub(crate) fn plan_all(
    addresses: &[Address],
    access: &Access<'_>,
    plan: impl Fn(&Address, &mut dyn Host) -> Result<Plan, HostFailure> + Sync,
) -> Vec<Planned> {
    let mut all: Vec<Option<Planned>> = addresses.iter().map(|_| None).collect();
    work(
        addresses.iter().collect(),
        WIDTH,
        |_, address, _: &crate::fleet::Reporter<'_, (), Planned>| {
            let label = address.label();
            let connected = access.connect(address);
            let planned = connected.and_then(|mut host| Ok((plan(address, &mut *host)?, host)));
            let (plan, host) = match planned {
                Ok((plan, host)) => (Ok(plan), Some(host)),
                Err(failure) => (Err(failure), None),
            };
            Planned { label, plan, host }
        },
        |news| {
            if let News::Ended(index, planned) = news {
                all[index] = Some(planned);
            }
            Next::GoOn
        },
    );
    all.into_iter().flatten().collect()
}

/// Says what becomes of hosts at work that nobody waits for any more.
fn left_alone<'a>(hosts: impl Iterator<Item = &'a str>) -> String {
    let hosts: Vec<_> = hosts.map(visible).collect();
    let hosts = match hosts.as_slice() {
        [] => "the host".to_owned(),
        hosts => hosts.join(", "),
    };
    format!(
        "ended once more: {hosts} goes on with what was begun, and keeps what is said of it in \
         /var/lib/wsgi/.host/log; `wsgi-cli plan` tells what is left to do\n"
    )
}

/// Performs plans, and shows what is happening.
///
/// A signal is noted: what was begun is brought to its end, and no other host is begun. The second
/// leaves what was begun to the hosts, with a word.
pub(crate) fn perform_all(
    console: &mut Console<'_>,
    planned: Vec<Planned>,
    manner: &Manner,
) -> (Vec<Performed>, Option<Interrupted>) {
    let mut jobs = Vec::new();
    let mut plans = Vec::new();
    for planned in planned {
        if let (Ok(plan), Some(host)) = (planned.plan, planned.host) {
            plans.push((planned.label, plan));
            jobs.push(host);
        }
    }
    let mut reports: Vec<Option<Result<Report, HostFailure>>> =
        plans.iter().map(|_| None).collect();
    let mut failed = manner.failed;
    let mut interrupted = None;
    {
        let named: Vec<(&str, &Plan)> = plans
            .iter()
            .map(|(label, plan)| (label.as_str(), plan))
            .collect();
        let mut display = Display::new(console, &named);
        let interruption = Interruption::first();
        let mut at_work = BTreeSet::new();
        let is_enough = |failed: usize| manner.max_fail.is_some_and(|most| failed >= most.get());
        work(
            jobs,
            manner.width,
            |index, mut host, reporter| {
                let mut progress = |progress: Progress<'_>| {
                    if let Some(what) = Happening::of(progress) {
                        reporter.say(what);
                    }
                };
                let (_, plan) = named[index];
                host.perform(plan, &manner.options, &mut progress)
                    .map_err(HostFailure::Perform)
            },
            |news| {
                match news {
                    News::Of(index, what) => {
                        at_work.insert(index);
                        display.tell(console, index, what);
                    }
                    News::Tick => display.refresh(console),
                    News::Ended(index, report) => {
                        at_work.remove(&index);
                        display.end(console, index);
                        let done = report.as_ref().map(report_status);
                        failed += usize::from(done.ok() != Some(crate::exit::DONE));
                        reports[index] = Some(report);
                    }
                }
                let signal = interruption.check().err();
                if let Some(signal) = signal.filter(|_| interrupted.is_none()) {
                    interrupted = Some(signal);
                    interruption.await_second();
                    display.hide(console);
                    console.complain(&format!(
                        "{signal}: what was begun is brought to its end; once more leaves it to \
                         the host\n"
                    ));
                } else if let Some(signal) = signal.filter(|_| interruption.came_again()) {
                    display.hide(console);
                    console.complain(&left_alone(at_work.iter().map(|index| named[*index].0)));
                    signal.end_process();
                }
                if interrupted.is_some() || is_enough(failed) {
                    Next::BeginNoOther
                } else {
                    Next::GoOn
                }
            },
        );
        display.hide(console);
    }
    let performed = plans
        .into_iter()
        .zip(reports)
        .map(|((label, plan), report)| {
            let not_begun = || match interrupted {
                Some(_) => Err(HostFailure::Interrupted),
                None => Err(HostFailure::TooManyFailed),
            };
            Performed {
                label,
                plan,
                report: report.unwrap_or_else(not_begun),
            }
        });
    (performed.collect(), interrupted)
}
