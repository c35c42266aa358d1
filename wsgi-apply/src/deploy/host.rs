//! Deploying to a host behind a shell.

use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

use super::cues::{Mood, Spoken};
use super::program::{Company, Program, fetching, recalling, restarting, surveying};
use super::{
    Cues, DeployReport, Deployment, Dispatch, FetchError, Fetched, KeptOutput, ReleaseHost,
    ReleaseSite, Repository, Rollback, SURVEY_END, Survey, Work,
};
use crate::posix::Answer;
use crate::posix_host::{Travels, mark};
use crate::{HostError, PosixHost, Progress, Shell, Unreadable};

impl<S: Shell> ReleaseHost for PosixHost<S> {
    fn survey(&mut self, site: &ReleaseSite) -> Result<Survey, HostError> {
        let mark = mark();
        let records = self.records(&surveying(site, &mark), &mark)?;
        let mut survey = Survey::default();
        for record in records.split_terminator('\0') {
            survey.record(record);
        }
        survey.arrange();
        Ok(survey)
    }

    fn kept_output(
        &mut self,
        site: &ReleaseSite,
        release: &str,
    ) -> Result<Option<KeptOutput>, HostError> {
        let mark = mark();
        let records = self.records(&recalling(site, release, &mark), &mark)?;
        let record = |name: &str| {
            let mut all = records.split_terminator('\0');
            all.find_map(|record| record.strip_prefix(name)?.strip_prefix('\t'))
        };
        let steps = record("steps").unwrap_or_default();
        Ok(record("output").map(|output| KeptOutput::read(steps, output)))
    }

    fn fetch(
        &mut self,
        site: &ReleaseSite,
        repository: &Repository,
    ) -> Result<Fetched, FetchError> {
        let mark = mark();
        let mut answer = Vec::new();
        let program = fetching(site, repository, &mark);
        self.run(&program, Travels::AsArgument, io::empty(), &mut |bytes| {
            answer.extend_from_slice(bytes);
        })?;
        Fetched::read(&String::from_utf8_lossy(&answer), &mark, repository)
    }

    fn deploy(
        &mut self,
        deployment: &Deployment<'_>,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<DeployReport, HostError> {
        let mark = mark();
        let restart = restarting(deployment.site);
        let program = deployment.program(&mark, &restart, Company::Alone)?;
        self.go_over(&mark, program, (&deployment.dispatch, None), progress)
    }

    fn roll_back(
        &mut self,
        rollback: &Rollback<'_>,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<DeployReport, HostError> {
        let mark = mark();
        let program = rollback.program(&mark, &restarting(rollback.site), Company::Alone);
        self.go_over(&mark, program, (&rollback.dispatch, None), progress)
    }

    fn in_company(
        &mut self,
        work: &Work<'_>,
        cues: Cues,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<DeployReport, HostError> {
        let mark = mark();
        let restart = restarting(work.site());
        let program = match work {
            Work::Deploy(deployment) => deployment.program(&mark, &restart, Company::Others)?,
            Work::RollBack(rollback) => rollback.program(&mark, &restart, Company::Others),
        };
        self.go_over(&mark, program, (work.dispatch(), Some(cues)), progress)
    }
}

impl<S: Shell> PosixHost<S> {
    /// What a program prints that changes nothing, without the marks around it.
    fn records(&mut self, program: &str, mark: &str) -> Result<String, HostError> {
        let mut answer = Vec::new();
        self.run(program, Travels::AsArgument, io::empty(), &mut |bytes| {
            answer.extend_from_slice(bytes);
        })?;
        let text = String::from_utf8_lossy(&answer);
        let end = format!("{mark}{SURVEY_END}\0");
        let begun = text.split_once(&format!("{mark}\0"));
        let ended = begun.and_then(|(_, rest)| rest.split_once(&end));
        let (records, _) = ended.ok_or(Unreadable::Cut)?;
        Ok(records.to_owned())
    }

    fn go_over(
        &mut self,
        mark: &str,
        program: Program,
        (dispatch, cues): (&Dispatch, Option<Cues>),
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<DeployReport, HostError> {
        let mood = Rc::new(Cell::new(Mood::Busy));
        let waits = Rc::new(Cell::new(program.waits));
        let mut heard = |news: Progress<'_>| {
            match news {
                Progress::Stands(_) => mood.set(Mood::Waits),
                Progress::Turn => waits.set(false),
                _ => {}
            }
            progress(news);
        };
        let mut answer = Answer::new(mark, &mut heard);
        let length = program.payload.length();
        let payload = dispatch.of(program.payload.into_reader(), length, Rc::clone(&waits))?;
        let stdin: Box<dyn Read> = match cues {
            Some(cues) => Box::new(payload.chain(Spoken::new(cues, Rc::clone(&mood)))),
            None => Box::new(payload),
        };
        let ran = self.run(&program.script, Travels::OnStdin, stdin, &mut |bytes| {
            answer.push(bytes);
            if answer.has_ended() {
                mood.set(Mood::Ended);
            }
        });
        if dispatch.is_withheld() {
            return Err(HostError::Withheld);
        }
        let (said, notes) = (answer.said(), answer.notes());
        if let Some(ended) = answer.finish() {
            return ended.map(|report| DeployReport::new(report, &notes));
        }
        ran?;
        Err(HostError::Failed(said))
    }
}
