//! `status`: how the apps are doing.

use std::fmt::Write as _;
use std::sync::Mutex;

use serde::Serialize;
use wsgi_apply::{
    Answered, AppStatus, Certificate, CountsDocument, Health, Plan, Release, Validity,
};

use super::plan::refused;
use crate::args::Status;
use crate::error::CommandError;
use crate::examination::{FileJson, Reader};
use crate::exit;
use crate::host_failure::HostFailure;
use crate::machine::{Access, Address, Machines};
use crate::output::{Console, FailureJson, Paint, Verbosity, host_failure, visible};
use crate::preparation::Apps;
use crate::rollout::plan_all;

#[derive(Serialize)]
struct Document {
    hosts: Vec<HostStatusJson>,
    files: Vec<FileJson>,
}

#[derive(Serialize)]
struct HostStatusJson {
    host: String,
    apps: Vec<AppStatusJson>,
    /// What would keep an apply from being done.
    obstacles: Vec<String>,
    errors: Vec<FailureJson>,
}

#[derive(Serialize)]
struct AppStatusJson {
    app: String,
    running: bool,
    /// None when supervisor does not know it, or does not answer.
    program: Option<ProgramJson>,
    supervised: bool,
    /// What `current` leads to; none without a release, or where a directory was put there by hand.
    release: Option<String>,
    /// None without a release, which has nothing to answer.
    health: Option<HealthJson>,
    /// Whether visitors get the maintenance page.
    maintenance: bool,
    /// None without TLS, or where it cannot be told.
    certificate: Option<CertificateJson>,
    applied: Option<String>,
    /// What an apply would do.
    drift: CountsDocument,
}

#[derive(Serialize)]
struct ProgramJson {
    state: String,
    pid: u32,
    uptime: u64,
}

#[derive(Serialize)]
struct HealthJson {
    /// The path that the app was asked for.
    path: String,
    good: bool,
    /// The HTTP status; none when it did not answer.
    status: Option<u16>,
    /// Why it did not answer.
    error: Option<String>,
}

#[derive(Serialize)]
struct CertificateJson {
    file: String,
    /// None when the host has no openssl that could tell.
    until: Option<String>,
    /// Negative when it has expired.
    seconds: Option<i64>,
    /// Whether it has expired, or will within three weeks.
    due: bool,
}

/// A host and how its apps are doing there.
struct HostStatus<'a> {
    label: &'a str,
    found: Result<(&'a Plan, Vec<AppStatus>), &'a HostFailure>,
    /// A directory runs nothing.
    runs_programs: bool,
}

pub(super) fn status(
    args: &Status,
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
    let statuses: Mutex<Vec<(String, Vec<AppStatus>)>> = Mutex::default();
    let planned = plan_all(&addresses, &access, |address, host| {
        let (plan, found) = apps.status(host, address.plan_options(false))?;
        let mut statuses = statuses
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        statuses.push((address.label(), found));
        Ok(plan)
    });
    let statuses = statuses
        .into_inner()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    let runs_programs = args.target.kind.root.is_none();
    let hosts: Vec<HostStatus<'_>> = planned
        .iter()
        .map(|planned| HostStatus {
            label: &planned.label,
            found: planned.plan.as_ref().map(|plan| {
                let found = statuses.iter().find(|(label, _)| *label == planned.label);
                (plan, found.map_or_else(Vec::new, |(_, apps)| apps.clone()))
            }),
            runs_programs,
        })
        .collect();
    match reader {
        Reader::Program => console.print_json(&Document {
            hosts: hosts.iter().map(HostStatus::json).collect(),
            files: examined.files,
        })?,
        Reader::Person => {
            for host in &hosts {
                host.show(console)?;
            }
        }
    }
    Ok(exit::most_severe(hosts.iter().map(HostStatus::status)))
}

impl HostStatus<'_> {
    fn status(&self) -> u8 {
        match &self.found {
            Err(failure) => failure.status(),
            Ok((plan, apps)) => {
                let serves = |app: &AppStatus| app.serves() || !self.runs_programs;
                let as_wanted = plan.is_empty() && plan.obstacles.is_empty();
                if as_wanted && apps.iter().all(serves) {
                    exit::DONE
                } else {
                    exit::DIFFERS
                }
            }
        }
    }

    fn json(&self) -> HostStatusJson {
        let (plan, apps, failure) = match &self.found {
            Ok((plan, apps)) => (Some(plan), apps.as_slice(), None),
            Err(failure) => (None, &[][..], Some(*failure)),
        };
        let obstacles = plan.into_iter().flat_map(|plan| &plan.obstacles);
        let errors = failure.map(|why| FailureJson::new(why, why.help().as_deref()));
        HostStatusJson {
            host: self.label.to_owned(),
            apps: apps.iter().map(AppStatusJson::new).collect(),
            obstacles: obstacles.map(ToString::to_string).collect(),
            errors: errors.into_iter().collect(),
        }
    }

    fn show(&self, console: &mut Console<'_>) -> Result<(), CommandError> {
        let (plan, apps) = match &self.found {
            Ok(found) => found,
            Err(failure) => {
                console.flush()?;
                console.complain(&host_failure(console.paint, self.label, failure));
                return Ok(());
            }
        };
        if console.verbosity == Verbosity::Quiet {
            return Ok(());
        }
        let paint = console.result_paint;
        let strong = paint.strong();
        let mut text = format!("{strong}{}{strong:#}:\n", visible(self.label));
        for app in apps {
            self.put_app(&mut text, paint, app);
        }
        for obstacle in &plan.obstacles {
            let style = paint.error();
            let obstacle = visible(&obstacle.to_string());
            let _ = writeln!(text, "  {style}in the way{style:#}: {obstacle}");
        }
        console.print(format_args!("{text}"))?;
        Ok(())
    }

    fn put_app(&self, text: &mut String, paint: Paint, app: &AppStatus) {
        let (good, bad, strong) = (paint.added(), paint.error(), paint.strong());
        let _ = write!(text, "  {strong}{}{strong:#}", app.app);
        match &app.program {
            _ if !self.runs_programs => {}
            Some(program) if app.runs() => {
                let uptime = duration(program.uptime);
                let _ = write!(text, "  {good}running{good:#} for {uptime}");
            }
            Some(program) => {
                let state = visible(&program.state);
                let _ = write!(text, "  {bad}{state}{bad:#}");
            }
            None if app.supervised => {
                let _ = write!(text, "  {bad}not known to supervisor{bad:#}");
            }
            None => {
                let _ = write!(text, "  {bad}supervisor does not answer{bad:#}");
            }
        }
        if self.runs_programs {
            let _ = match &app.release {
                Release::Link(target) => write!(text, ", release {}", visible(target.as_str())),
                Release::Directory => write!(text, ", a release put there by hand"),
                _ => write!(text, ", no release yet"),
            };
        }
        match &app.health {
            Some(health) if health.is_good => {
                let _ = write!(text, ", {good}answers{good:#}");
            }
            Some(health) => {
                let said = visible(&answered(health));
                let _ = write!(text, ", {bad}{said}{bad:#}");
            }
            None => {}
        }
        if app.maintenance && self.runs_programs {
            let style = paint.warning();
            let _ = write!(text, ", {style}visitors get the maintenance page{style:#}");
        }
        text.push('\n');
        if let Some(certificate) = &app.certificate {
            put_certificate(text, paint, certificate);
        }
        let drift = app.drift;
        let _ = match (drift.total(), &app.applied) {
            (0, Some(applied)) => writeln!(text, "    as its vars file says, since {applied}"),
            (0, None) => writeln!(text, "    as its vars file says"),
            (_, None) => writeln!(text, "    {bad}never applied{bad:#}: {drift}"),
            (_, Some(applied)) => {
                writeln!(text, "    {bad}differs{bad:#} since {applied}: {drift}")
            }
        };
    }
}

/// What an app answers that is not well.
fn answered(health: &Health) -> String {
    match &health.answered {
        Answered::Status(status) => format!("answers {} with {status}", health.path),
        Answered::Nothing(why) => format!("does not answer: {why}"),
        _ => "does not answer".to_owned(),
    }
}

fn put_certificate(text: &mut String, paint: Paint, certificate: &Certificate) {
    let path = visible(certificate.path.as_str());
    let Some(validity) = &certificate.validity else {
        let style = paint.warning();
        let _ = writeln!(
            text,
            "    {style}certificate not looked at{style:#}: the host has no openssl: {path}"
        );
        return;
    };
    let until = visible(&validity.until);
    let _ = match (validity.days(), validity.is_due()) {
        (None, _) => {
            let style = paint.error();
            writeln!(
                text,
                "    {style}certificate expired{style:#} at {until}: {path}"
            )
        }
        (Some(days), true) => {
            let style = paint.warning();
            writeln!(
                text,
                "    {style}certificate expires in {days} days{style:#}, at {until}: {path}"
            )
        }
        (Some(days), false) => {
            writeln!(text, "    certificate valid for {days} days, until {until}")
        }
    };
}

impl AppStatusJson {
    fn new(status: &AppStatus) -> Self {
        Self {
            app: status.app.to_string(),
            running: status.runs(),
            program: status.program.as_ref().map(|program| ProgramJson {
                state: program.state.clone(),
                pid: program.pid,
                uptime: program.uptime,
            }),
            supervised: status.supervised,
            release: match &status.release {
                Release::Link(target) => Some(target.to_string()),
                _ => None,
            },
            health: status.health.as_ref().map(|health| HealthJson {
                path: health.path.clone(),
                good: health.is_good,
                status: match health.answered {
                    Answered::Status(status) => Some(status),
                    _ => None,
                },
                error: match &health.answered {
                    Answered::Nothing(why) => Some(why.clone()),
                    _ => None,
                },
            }),
            maintenance: status.maintenance,
            certificate: status.certificate.as_ref().map(|found| CertificateJson {
                file: found.path.to_string(),
                until: found.validity.as_ref().map(|valid| valid.until.clone()),
                seconds: found.validity.as_ref().map(|valid| valid.seconds),
                due: found.validity.as_ref().is_some_and(Validity::is_due),
            }),
            applied: status.applied.clone(),
            drift: status.drift.into(),
        }
    }
}

/// `3 d 4 h`, with the two largest units.
fn duration(seconds: u64) -> String {
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86400);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) => format!("{minutes} min {} s", seconds % 60),
        (0, _, _) => format!("{hours} h {} min", minutes % 60),
        _ => format!("{days} d {} h", hours % 24),
    }
}
