//! A release on several hosts: all of them, or none.

use std::num::NonZeroUsize;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, Scope};
use std::time::Duration;

use super::cues::Cue;
use super::{
    Cues, DeployReport, DeployStep, Deployment, Dispatch, ReleaseHost, ReleaseSite, Rollback,
};
use crate::{HostError, Progress, Standing};

/// How often whoever watches is shown that time passes.
const TICK: Duration = Duration::from_millis(100);

/// How a release comes to several hosts.
///
/// It is built and asked for its health on all of them. Then the commands run that run once, on the
/// first. Then the hosts switch, some at a time, and each is asked through nginx before others
/// follow. When one fails, those that have switched go back; and so they do when there is nobody
/// left to tell them to go on. Each host is locked from the first step to the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rollout {
    /// How many hosts build at the same time.
    pub building: NonZeroUsize,
    /// How many hosts switch before all others.
    pub canaries: usize,
    /// How many switch at the same time after them. Without a number: all of them when there were
    /// canaries, else one.
    pub batch: Option<NonZeroUsize>,
}

/// What a host has to do in a [`Rollout`].
#[derive(Debug)]
#[non_exhaustive]
pub enum Work<'a> {
    /// It gets a new release.
    Deploy(Deployment<'a>),
    /// It goes back to an earlier one.
    RollBack(Rollback<'a>),
}

/// One of several hosts.
#[derive(Debug)]
#[non_exhaustive]
pub struct Member<'a, H> {
    /// The host.
    pub host: H,
    /// What it has to do.
    pub work: Work<'a>,
}

/// Something that happens during a [`Rollout`], on the host of this number.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RolloutEvent {
    /// Somebody else deploys there, and is waited for.
    Waiting(usize, String),
    /// A step is done.
    Done(usize, usize),
    /// A line that a program prints.
    Output(usize, String),
    /// It has come so far, and waits for the others.
    Stands(usize, Standing),
    /// It has ended; nothing more comes of it.
    Ended(usize),
    /// No host goes on, since this one failed.
    Broken(usize),
    /// Time has passed.
    Tick,
}

/// Whether a [`Rollout`] goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Go {
    /// It does.
    On,
    /// No further host switches, and those that have go back.
    Back,
}

impl Work<'_> {
    /// The steps that it has.
    pub fn steps(&self) -> Vec<DeployStep> {
        match self {
            Self::Deploy(deployment) => deployment.steps(),
            Self::RollBack(rollback) => rollback.steps(),
        }
    }

    /// The release that is to serve.
    pub fn release(&self) -> &str {
        match self {
            Self::Deploy(deployment) => &deployment.id,
            Self::RollBack(rollback) => &rollback.id,
        }
    }

    pub(super) const fn site(&self) -> &ReleaseSite {
        match self {
            Self::Deploy(deployment) => deployment.site,
            Self::RollBack(rollback) => rollback.site,
        }
    }

    /// Whether it can still be withheld.
    pub const fn dispatch(&self) -> &Dispatch {
        match self {
            Self::Deploy(deployment) => &deployment.dispatch,
            Self::RollBack(rollback) => &rollback.dispatch,
        }
    }

    fn has_release_commands(&self) -> bool {
        let mut steps = self.steps().into_iter();
        steps.any(|step| matches!(step, DeployStep::Release(_)))
    }
}

impl<'a, H> Member<'a, H> {
    /// A host, and what it has to do.
    pub const fn new(host: H, work: Work<'a>) -> Self {
        Self { host, work }
    }
}

impl Default for Rollout {
    fn default() -> Self {
        Self {
            building: NonZeroUsize::new(5).unwrap_or(NonZeroUsize::MIN),
            canaries: 0,
            batch: None,
        }
    }
}

/// What became of a host; none where nothing was begun.
type Became = Option<Result<DeployReport, HostError>>;

/// What is heard from the thread of a host.
enum News {
    Event(RolloutEvent),
    Ended(usize, Result<DeployReport, HostError>),
}

impl Rollout {
    /// The hosts by their numbers, in the groups in which they switch.
    fn batches(&self, hosts: usize) -> Vec<Vec<usize>> {
        let all: Vec<usize> = (0..hosts).collect();
        let (canaries, rest) = all.split_at(self.canaries.min(hosts));
        let size = match self.batch {
            Some(size) => size.get(),
            None if canaries.is_empty() => 1,
            None => rest.len().max(1),
        };
        let groups = [canaries].into_iter().chain(rest.chunks(size));
        let groups = groups.filter(|group| !group.is_empty());
        groups.map(<[usize]>::to_vec).collect()
    }

    /// Brings the release to all members, or leaves all as they were. Whoever `hears` of it can
    /// have it go back, until all have switched.
    pub fn run<H: ReleaseHost + Send>(
        &self,
        members: Vec<Member<'_, H>>,
        hear: &mut dyn FnMut(RolloutEvent) -> Go,
    ) -> Vec<Result<Option<DeployReport>, HostError>> {
        let (send, receive) = mpsc::channel();
        let leader_releases = members
            .first()
            .is_some_and(|leader| leader.work.has_release_commands());
        thread::scope(|scope| {
            let dispatches = members.iter().map(|member| member.work.dispatch().clone());
            let mut course = Course {
                dispatches: dispatches.collect(),
                batches: self.batches(members.len()),
                cues: members.iter().map(|_| None).collect(),
                came: members.iter().map(|_| None).collect(),
                became: members.iter().map(|_| None).collect(),
                phase: Phase::Building,
                leader_releases,
            };
            let mut waiting = members.into_iter().enumerate();
            let mut at_work = 0;
            loop {
                while course.phase == Phase::Building && course.building() < self.building.get() {
                    let Some((number, member)) = waiting.next() else {
                        break;
                    };
                    course.cues[number] = Some(begin(scope, number, member, send.clone()));
                    at_work += 1;
                }
                if at_work == 0 {
                    break;
                }
                let event = match receive.recv_timeout(TICK) {
                    Ok(News::Event(event)) => event,
                    Ok(News::Ended(number, became)) => {
                        at_work -= 1;
                        course.cues[number] = None;
                        // As if it had never been its turn.
                        course.became[number] = Some(became)
                            .filter(|became| !matches!(became, Err(HostError::Withheld)));
                        RolloutEvent::Ended(number)
                    }
                    Err(RecvTimeoutError::Timeout) => RolloutEvent::Tick,
                    // The sender above is still there.
                    Err(RecvTimeoutError::Disconnected) => break,
                };
                if let RolloutEvent::Stands(number, standing) = event {
                    course.came[number] = Some(standing);
                }
                let ended = match event {
                    RolloutEvent::Ended(number) => Some(number),
                    _ => None,
                };
                let mut go = hear(event);
                if let Some(number) = ended.filter(|_| course.is_going()) {
                    go = Go::Back;
                    hear(RolloutEvent::Broken(number));
                }
                if go == Go::Back && course.is_going() {
                    course.give_up();
                }
                course.go_on();
            }
            let became = course.became.into_iter();
            became.map(Option::transpose).collect()
        })
    }
}

/// What all hosts are at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Building,
    Releasing,
    /// Those of this batch switch.
    Switching(usize),
    /// All have switched, or all go back.
    Ending,
}

struct Course {
    batches: Vec<Vec<usize>>,
    /// Who tells a host to go on, while it is at work.
    cues: Vec<Option<Sender<Cue>>>,
    /// How far each has come.
    came: Vec<Option<Standing>>,
    became: Vec<Became>,
    dispatches: Vec<Dispatch>,
    phase: Phase,
    leader_releases: bool,
}

impl Course {
    /// Whether it can still be gone back from everywhere.
    fn is_going(&self) -> bool {
        self.phase != Phase::Ending
    }

    /// How many hosts are at work on their builds.
    fn building(&self) -> usize {
        let both = self.cues.iter().zip(&self.came);
        both.filter(|(cue, came)| cue.is_some() && came.is_none())
            .count()
    }

    fn have_come(&self, mut hosts: impl Iterator<Item = usize>, standing: Standing) -> bool {
        hosts.all(|host| self.came[host] >= Some(standing))
    }

    fn tell(&self, host: usize) {
        if let Some(cue) = &self.cues[host] {
            // One that has ended meanwhile says so.
            let _ = cue.send(Cue);
        }
    }

    /// A host that nobody will tell to go on goes back; one that has not got all does nothing.
    fn give_up(&mut self) {
        self.phase = Phase::Ending;
        for dispatch in &self.dispatches {
            dispatch.withhold();
        }
        self.cues.iter_mut().for_each(|cue| *cue = None);
    }

    /// Begins what everybody has come to.
    fn go_on(&mut self) {
        let hosts = self.came.len();
        if self.phase == Phase::Building && self.have_come(0..hosts, Standing::Prepared) {
            if self.leader_releases {
                self.phase = Phase::Releasing;
                self.tell(0);
            } else {
                self.switch(0);
            }
        } else if self.phase == Phase::Releasing
            && self.have_come(std::iter::once(0), Standing::Released)
        {
            self.switch(0);
        } else if let Phase::Switching(batch) = self.phase {
            let hosts = self.batches[batch].iter().copied();
            if self.have_come(hosts, Standing::Switched) {
                self.switch(batch + 1);
            }
        }
    }

    fn switch(&mut self, batch: usize) {
        if let Some(hosts) = self.batches.get(batch) {
            self.phase = Phase::Switching(batch);
            for &host in hosts {
                self.tell(host);
            }
        } else {
            self.phase = Phase::Ending;
            for host in 0..self.came.len() {
                self.tell(host);
            }
        }
    }
}

/// Has a host do its part in a thread of its own.
fn begin<'scope, 'a: 'scope, H: ReleaseHost + Send + 'scope>(
    scope: &'scope Scope<'scope, '_>,
    number: usize,
    member: Member<'a, H>,
    send: Sender<News>,
) -> Sender<Cue> {
    let (cue, cues) = mpsc::channel();
    scope.spawn(move || {
        let Member { mut host, work } = member;
        let mut tell = |progress: Progress<'_>| {
            let event = match progress {
                Progress::Waiting { owner } => RolloutEvent::Waiting(number, owner.to_owned()),
                Progress::Done(step) => RolloutEvent::Done(number, step),
                Progress::Output(line) => RolloutEvent::Output(number, line.to_owned()),
                Progress::Stands(standing) => RolloutEvent::Stands(number, standing),
                Progress::Begun(_) | Progress::Turn => return,
            };
            // Who no longer listens has panicked.
            let _ = send.send(News::Event(event));
        };
        let became = host.in_company(&work, Cues(cues), &mut tell);
        let _ = send.send(News::Ended(number, became));
    });
    cue
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_switch_one_by_one_or_in_batches_or_after_canaries() {
        let groups = |canaries, batch: Option<usize>| {
            let rollout = Rollout {
                canaries,
                batch: batch.and_then(NonZeroUsize::new),
                ..Rollout::default()
            };
            let groups = rollout.batches(5);
            groups.iter().map(Vec::len).collect::<Vec<_>>()
        };
        assert_eq!(groups(0, None), [1, 1, 1, 1, 1]);
        assert_eq!(groups(0, Some(2)), [2, 2, 1]);
        assert_eq!(groups(2, None), [2, 3]);
        assert_eq!(groups(1, Some(3)), [1, 3, 1]);
        assert_eq!(groups(9, None), [5]);
    }

    #[test]
    fn nobody_switches_before_all_are_prepared_and_the_first_has_released() {
        let mut senders = Vec::new();
        let mut words = Vec::new();
        for _ in 0..2 {
            let (send, receive) = mpsc::channel();
            senders.push(Some(send));
            words.push(receive);
        }
        let mut course = Course {
            batches: vec![vec![0], vec![1]],
            cues: senders,
            came: vec![None; 2],
            became: vec![None, None],
            dispatches: vec![Dispatch::default(); 2],
            phase: Phase::Building,
            leader_releases: true,
        };
        let mut told = |host: usize, standing| {
            course.came[host] = Some(standing);
            course.go_on();
            words
                .iter()
                .map(|word| word.try_iter().count())
                .collect::<Vec<_>>()
        };
        assert_eq!(told(0, Standing::Prepared), [0, 0]);
        assert_eq!(told(1, Standing::Prepared), [1, 0]);
        assert_eq!(told(0, Standing::Released), [1, 0]);
        assert_eq!(told(0, Standing::Switched), [0, 1]);
        // All are told to keep it, and that is the end.
        assert_eq!(told(1, Standing::Switched), [1, 1]);
        assert!(!course.is_going());
        // What has not arrived whole when all is given up is not begun.
        course.give_up();
        assert!(course.dispatches.iter().all(Dispatch::is_withheld));
    }
}
