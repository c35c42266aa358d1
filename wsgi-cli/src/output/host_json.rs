//! What came of a host, as a program reads it.

use serde::Serialize;
use wsgi_apply::{Outcome, Plan, PlanDocument, Report};

use super::FailureJson;
use crate::examination::FileJson;
use crate::host_failure::HostFailure;
use crate::preparation::Apps;
use crate::refused_line::RefusedLine;

/// The document of `plan`, `apply` and `remove`.
#[derive(Serialize)]
pub(crate) struct HostsDocument {
    pub(crate) hosts: Vec<HostJson>,
    pub(crate) files: Vec<FileJson>,
}

/// A host in a JSON document.
#[derive(Serialize)]
pub(crate) struct HostJson {
    host: String,
    /// None where the host could not be observed.
    plan: Option<PlanDocument>,
    /// None where nothing was performed.
    report: Option<ReportJson>,
    /// Why nothing came of it, or it is not known what was done.
    errors: Vec<FailureJson>,
}

/// What became of a plan.
#[derive(Serialize)]
struct ReportJson {
    /// `done`, `drifted`, `locked`, `refused`, `failed` or `ended`.
    outcome: &'static str,
    /// Who is at work on the host, and since when.
    locked_by: Option<String>,
    /// The numbers of the steps that were done, from 0.
    done: Vec<usize>,
    /// What programs said that refuse their configuration as it is.
    said: Vec<String>,
    failures: Vec<StepFailureJson>,
    put_back: Vec<String>,
    owed: Vec<String>,
    backups: Vec<String>,
}

#[derive(Serialize)]
struct StepFailureJson {
    step: usize,
    name: String,
    said: Vec<String>,
    /// The lines of our files that it refuses, and what they were made from.
    lines: Vec<RefusedLine>,
}

impl HostJson {
    /// A host that was planned for, and perhaps worked on.
    pub(crate) fn new(
        host: &str,
        plan: Option<&Plan>,
        report: Option<(&Report, &Apps)>,
        failure: Option<&HostFailure>,
    ) -> Self {
        let failure = failure.map(|why| FailureJson::new(why, why.help().as_deref()));
        Self {
            host: host.to_owned(),
            plan: plan.map(Plan::document),
            report: plan
                .zip(report)
                .map(|(plan, (report, apps))| ReportJson::new(plan, report, apps)),
            errors: failure.into_iter().collect(),
        }
    }
}

impl ReportJson {
    fn new(plan: &Plan, report: &Report, apps: &Apps) -> Self {
        let (outcome, locked_by, failures) = match &report.outcome {
            Outcome::Done => ("done", None, &[][..]),
            Outcome::Drifted => ("drifted", None, &[][..]),
            Outcome::Locked { owner } => ("locked", Some(owner.clone()), &[][..]),
            Outcome::Refused { .. } => ("refused", None, &[][..]),
            Outcome::Failed(failures) => ("failed", None, failures.as_slice()),
            _ => ("ended", None, &[][..]),
        };
        let failures = failures.iter().map(|failure| StepFailureJson {
            step: failure.step,
            name: plan
                .steps
                .get(failure.step)
                .map_or_else(String::new, ToString::to_string),
            said: failure.said.clone(),
            lines: apps.refused_lines(plan, failure),
        });
        let said = match &report.outcome {
            Outcome::Refused { said } => said.clone(),
            _ => Vec::new(),
        };
        Self {
            outcome,
            said,
            locked_by,
            done: report.done.clone(),
            failures: failures.collect(),
            put_back: report.put_back.clone(),
            owed: report.owed.clone(),
            backups: report.backups.clone(),
        }
    }
}
