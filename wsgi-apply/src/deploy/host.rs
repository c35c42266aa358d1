//! Deploying to a host behind a shell.

use std::io;

use super::program::{restarting, surveying};
use super::{DeployReport, Deployment, ReleaseHost, ReleaseSite, Rollback, Survey};
use crate::posix::{Answer, Payload};
use crate::posix_host::{Travels, mark};
use crate::{HostError, PosixHost, Progress, Shell, Unreadable};

impl<S: Shell> ReleaseHost for PosixHost<S> {
    fn survey(&mut self, site: &ReleaseSite) -> Result<Survey, HostError> {
        let mark = mark();
        let mut answer = Vec::new();
        let program = surveying(site, &mark);
        self.run(&program, Travels::AsArgument, io::empty(), &mut |bytes| {
            answer.extend_from_slice(bytes);
        })?;
        let text = String::from_utf8_lossy(&answer);
        let end = format!("{mark}-end\0");
        let begun = text.split_once(&format!("{mark}\0"));
        let (records, _) = begun
            .and_then(|(_, rest)| rest.split_once(&end))
            .ok_or(Unreadable::Cut)?;
        let mut survey = Survey::default();
        for record in records.split_terminator('\0') {
            survey.record(record);
        }
        Ok(survey)
    }

    fn deploy(
        &mut self,
        deployment: &Deployment<'_>,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<DeployReport, HostError> {
        let mark = mark();
        let restart = restarting(deployment.site);
        let program = deployment.program(&mark, &restart)?;
        self.go_over(&mark, &program.script, program.payload, progress)
    }

    fn roll_back(
        &mut self,
        rollback: &Rollback<'_>,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<DeployReport, HostError> {
        let mark = mark();
        let program = rollback.program(&mark, &restarting(rollback.site));
        self.go_over(&mark, &program.script, program.payload, progress)
    }
}

impl<S: Shell> PosixHost<S> {
    fn go_over(
        &mut self,
        mark: &str,
        script: &str,
        payload: Payload,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<DeployReport, HostError> {
        let mut answer = Answer::new(mark, progress);
        let payload = payload.into_reader();
        let ran = self.run(script, Travels::OnStdin, payload, &mut |bytes| {
            answer.push(bytes);
        });
        let (said, notes) = (answer.said(), answer.notes());
        if let Some(ended) = answer.finish() {
            return ended.map(|report| DeployReport::new(report, &notes));
        }
        ran?;
        Err(HostError::Failed(said))
    }
}
