//! `releases`: which there are on a host, and how their deploys went.

use serde::Serialize;
use wsgi_apply::deploy::{
    KeptOutcome, KeptOutput, KeptStep, LogEntry, Release, ReleaseHost as _, ReleaseOutcome, Survey,
};

use super::attend::failed;
use crate::args::{self, LAST};
use crate::error::CommandError;
use crate::exit;
use crate::host_failure::HostFailure;
use crate::machine::{Access, Machines};
use crate::output::{Console, shown_line, visible};
use crate::release_host::{address, site};

#[derive(Serialize)]
struct Document<'a> {
    host: &'a str,
    current: Option<&'a str>,
    deploying: Option<&'a str>,
    releases: &'a [Release],
    log: &'a [LogEntry],
}

/// How a deploy went.
#[derive(Serialize)]
struct OutputDocument<'a> {
    host: &'a str,
    release: &'a str,
    outcome: ReleaseOutcome,
    steps: &'a [KeptStep],
}

pub(super) fn releases(
    args: &args::Releases,
    console: &mut Console<'_>,
    machines: &dyn Machines,
) -> Result<u8, CommandError> {
    let address = address(&args.target)?;
    let site = match site(console, &args.vars)? {
        Ok(site) => site,
        Err(status) => return Ok(status),
    };
    let access = Access::new(&args.target, machines)?;
    let label = address.label();
    let looked = access.posix(&address).and_then(|mut host| {
        let survey = host.survey(&site).map_err(HostFailure::Observe)?;
        let Some(wanted) = &args.output else {
            return Ok((survey, None));
        };
        let release = match wanted.as_str() {
            LAST => survey.releases.last(),
            name => Some(survey.find(name).map_err(HostFailure::NoRelease)?),
        };
        let Some(release) = release.cloned() else {
            return Ok((survey, None));
        };
        let kept = host.kept_output(&site, &release.id);
        let kept = kept.map_err(HostFailure::Observe)?;
        let kept = kept.ok_or_else(|| HostFailure::NotKept(release.id.clone()))?;
        Ok((survey, Some((release, kept))))
    });
    match looked {
        Ok((survey, Some((release, kept)))) => {
            print_output(console, &label, &survey, (&release, &kept), args.json)?;
        }
        Ok((survey, None)) => print_list(console, &label, &survey, args.json)?,
        Err(failure) => return Ok(failed(console, &label, &failure)),
    }
    Ok(exit::DONE)
}

fn print_list(
    console: &mut Console<'_>,
    label: &str,
    survey: &Survey,
    is_json: bool,
) -> Result<(), CommandError> {
    if is_json {
        console.print_json(&Document {
            host: label,
            current: survey.current.as_deref(),
            deploying: survey.deploying.as_deref(),
            releases: &survey.releases,
            log: &survey.log,
        })?;
        return Ok(());
    }
    if survey.releases.is_empty() {
        console.print(format_args!("no releases yet\n"))?;
    }
    for release in &survey.releases {
        console.print(format_args!("{}\n", line(survey, release)))?;
    }
    if let Some(owner) = &survey.deploying {
        console.print(format_args!("deploying: {}\n", visible(owner)))?;
    }
    Ok(())
}

/// A release in the list.
fn line(survey: &Survey, release: &Release) -> String {
    let mark = if survey.current.as_deref() == Some(&release.id) {
        "serves"
    } else if release.outcome == ReleaseOutcome::Failed {
        "failed"
    } else {
        ""
    };
    let (id, operator) = (visible(&release.id), visible(&release.operator));
    format!("{id}  {mark:6}  {:4} s  {operator}", release.seconds)
}

fn print_output(
    console: &mut Console<'_>,
    label: &str,
    survey: &Survey,
    (release, kept): (&Release, &KeptOutput),
    is_json: bool,
) -> Result<(), CommandError> {
    if is_json {
        console.print_json(&OutputDocument {
            host: label,
            release: &release.id,
            outcome: release.outcome,
            steps: &kept.steps,
        })?;
        return Ok(());
    }
    console.print(format_args!("{}\n", line(survey, release)))?;
    let digits = kept.planned.to_string().len();
    for step in &kept.steps {
        let failed = match step.outcome {
            KeptOutcome::Failed => "failed: ",
            _ => "",
        };
        let number = step.number.map_or_else(String::new, |number| {
            format!("[{:digits$}/{}] ", number + 1, kept.planned)
        });
        console.print(format_args!("{number}{failed}{}\n", visible(&step.step)))?;
        for line in &step.output {
            console.print(format_args!("    {}\n", shown_line(line)))?;
        }
    }
    Ok(())
}
