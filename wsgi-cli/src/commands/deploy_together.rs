//! A release for several hosts: all of them get it, or none.

use wsgi_apply::deploy::{
    DeployOutcome, DeployReport, DeployStep, Go, Member, Rollout, RolloutEvent,
};
use wsgi_apply::{HostError, Progress, ShellError, Standing};

use super::deploy::{Call, Found, Wanted};
use super::release_answer::{Answer, watch};
use crate::error::CommandError;
use crate::fleet::before_it_begins;
use crate::host_failure::HostFailure;
use crate::interruption::{Interrupted, Interruption};
use crate::machine::Address;
use crate::output::{Console, Verbosity, visible};
use crate::release_host::{ReleaseMachine, shows_releases};

/// A host, what it is called, and the steps that it has.
struct Watched {
    label: String,
    release: String,
    /// The command that says how it ended.
    shows: String,
    steps: Vec<DeployStep>,
}

impl Call<'_> {
    /// On several hosts.
    pub(super) fn together(
        &self,
        console: &mut Console<'_>,
        wanted: &Wanted<'_>,
    ) -> Result<u8, CommandError> {
        let labels: Vec<String> = self.hosts.iter().map(Address::label).collect();
        let (machines, all_found, refused) = self.look_at_all(console, &labels, wanted);
        let mut works = Vec::new();
        let mut answers = refused;
        let leader = all_found.first();
        let found: Vec<&Found> = all_found.iter().map(|(_, found)| found).collect();
        let time = wanted.time(&found);
        if let Some((_, found)) = leader {
            found.warn(console, self.site);
        }
        for (number, found) in &all_found {
            let agreed = match leader {
                Some((first, leader)) => wanted.agree((&labels[*first], leader), found),
                None => Ok(()),
            };
            match agreed.and_then(|()| wanted.on(self.site, found, time, *number == 0)) {
                Ok(work) => works.push(work),
                Err(failure) => answers.push((*number, Answer::failed(&labels[*number], failure))),
            }
        }
        if !answers.is_empty() {
            let failed = labels[answers[0].0].clone();
            let begun: Vec<usize> = answers.iter().map(|(number, _)| *number).collect();
            for (number, label) in labels.iter().enumerate() {
                if !begun.contains(&number) {
                    let because = format!("{} failed", visible(&failed));
                    answers.push((number, Answer::not_begun(label, &because)));
                }
            }
            answers.sort_by_key(|(number, _)| *number);
            let answers: Vec<Answer> = answers.into_iter().map(|(_, answer)| answer).collect();
            return self.end(console, &answers, None);
        }
        let watched: Vec<Watched> = labels
            .into_iter()
            .zip(self.hosts)
            .zip(&works)
            .map(|((label, address), work)| Watched {
                label,
                release: work.release().to_owned(),
                shows: shows_releases(self.vars, address),
                steps: work.steps(),
            })
            .collect();
        let members = machines.into_iter().zip(works);
        let members = members
            .map(|(host, work)| Member::new(host, work))
            .collect();
        let mut rollout = Rollout::default();
        rollout.canaries = self.pace.canary;
        rollout.batch = self.pace.serial;
        let mut watch = Watch {
            console,
            watched: &watched,
            interruption: &self.interruption,
            interrupted: None,
            broken: None,
            switched: 0,
        };
        let became = rollout.run(members, &mut |event| watch.hear(&event));
        let (interrupted, broken) = (watch.interrupted, watch.broken);
        let because = match (interrupted, broken) {
            (None, Some(number)) => format!("{} failed", visible(&watched[number].label)),
            (Some(_), _) => "it was interrupted".to_owned(),
            // As when a laptop sleeps.
            (None, None) => "it heard nothing from here in time".to_owned(),
        };
        let both = watched.iter().zip(became).enumerate();
        let answers: Vec<Answer> = both
            .map(|(number, (host, became))| {
                let is_cause = interrupted.is_none() && broken == Some(number);
                answer(host, became, (!is_cause).then_some(&*because))
            })
            .collect();
        self.end(console, &answers, interrupted)
    }

    /// Looks at all hosts.
    #[allow(clippy::type_complexity)]
    fn look_at_all(
        &self,
        console: &mut Console<'_>,
        labels: &[String],
        wanted: &Wanted<'_>,
    ) -> (
        Vec<ReleaseMachine>,
        Vec<(usize, Found)>,
        Vec<(usize, Answer)>,
    ) {
        let look = |address: &Address| wanted.look(self.access, address, self.site);
        let hosts = self.hosts.iter().collect();
        let all = before_it_begins(console, &self.interruption, hosts, look);
        let (mut machines, mut all_found, mut refused) = (Vec::new(), Vec::new(), Vec::new());
        for (number, surveyed) in all.into_iter().enumerate() {
            match surveyed {
                Ok((machine, found)) => {
                    machines.push(machine);
                    all_found.push((number, found));
                }
                Err(failure) => refused.push((number, Answer::failed(&labels[number], failure))),
            }
        }
        (machines, all_found, refused)
    }
}

/// What became of a host; `because` of what it had to stop, if not of itself.
fn answer(
    host: &Watched,
    became: Result<Option<DeployReport>, HostError>,
    because: Option<&str>,
) -> Answer {
    let mut answer = match became {
        Err(error @ (HostError::Shell(ShellError::Lost(_)) | HostError::Failed(_))) => {
            let failure = HostFailure::Unwatched {
                source: error,
                help: format!(
                    "it goes back by itself, unless all have switched: {} says which release serves",
                    host.shows
                ),
            };
            Answer::failed(&host.label, failure)
        }
        Err(error) => Answer::failed(&host.label, HostFailure::Perform(error)),
        Ok(None) => Answer::not_begun(&host.label, because.unwrap_or("another failed")),
        Ok(Some(report)) => {
            let answer = Answer::of(&host.label, &report, &host.steps);
            match because {
                Some(because) if matches!(report.outcome, DeployOutcome::Ended { .. }) => {
                    answer.stopped(&report, because)
                }
                _ => answer,
            }
        }
    };
    answer.release = Some(host.release.clone());
    answer
}

/// Shows what happens, and listens for signals.
struct Watch<'a, 'b> {
    console: &'a mut Console<'b>,
    watched: &'a [Watched],
    interruption: &'a Interruption,
    interrupted: Option<Interrupted>,
    /// The host that failed.
    broken: Option<usize>,
    /// How many hosts have switched.
    switched: usize,
}

impl Watch<'_, '_> {
    fn hear(&mut self, event: &RolloutEvent) -> Go {
        match event {
            RolloutEvent::Waiting(host, owner) => self.watch(*host, Progress::Waiting { owner }),
            RolloutEvent::Done(host, step) => self.watch(*host, Progress::Done(*step)),
            RolloutEvent::Output(host, line) => self.watch(*host, Progress::Output(line)),
            RolloutEvent::Stands(host, Standing::Prepared) => self.say(*host, "ready to switch"),
            RolloutEvent::Stands(host, Standing::Switched) => {
                self.switched += 1;
                self.say(*host, "switched");
            }
            RolloutEvent::Broken(host) => {
                self.broken = Some(*host);
                self.say(
                    *host,
                    "failed: no other host switches, and those that have go back",
                );
            }
            _ => {}
        }
        if self.switched == self.watched.len() {
            // All of them keep it: that is the quickest way to an end.
            return Go::On;
        }
        let signal = self.interruption.check().err();
        if let Some(signal) = signal.filter(|_| self.interrupted.is_none()) {
            self.interrupted = Some(signal);
            self.console.complain(&format!(
                "{signal}: no host switches any more, and those that have go back; once more \
                 leaves it to the hosts\n"
            ));
        }
        match self.interrupted {
            Some(_) => Go::Back,
            None => Go::On,
        }
    }

    fn watch(&mut self, host: usize, progress: Progress<'_>) {
        let Watched { label, steps, .. } = &self.watched[host];
        let prefix = format!("{}: ", visible(label));
        watch(self.console, &prefix, steps, progress);
    }

    fn say(&mut self, host: usize, what: &str) {
        if self.console.verbosity != Verbosity::Quiet {
            let label = visible(&self.watched[host].label);
            self.console.complain(&format!("{label}: {what}\n"));
        }
    }
}
