//! Work on several hosts at the same time.

use std::collections::VecDeque;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crate::interruption::Interruption;
use crate::output::Console;

/// How often somebody who waits is shown that time passes.
const TICK: Duration = Duration::from_millis(100);

/// How many hosts are looked at together, unless the operator says otherwise.
pub(crate) const WIDTH: usize = 5;

/// What is heard of the work.
pub(crate) enum News<N, R> {
    /// Something happened on the host of this number.
    Of(usize, N),
    /// The work on a host has ended.
    Ended(usize, R),
    /// Time has passed.
    Tick,
}

/// How the work goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// With the other jobs.
    GoOn,
    /// With what was begun; nothing else is.
    BeginNoOther,
}

/// Says what happens on the host that a job is about.
pub(crate) struct Reporter<'a, N, R>(usize, &'a Sender<Message<N, R>>);

/// News, and who waits until they have been heard.
type Message<N, R> = (News<N, R>, Option<Sender<()>>);

impl<N, R> Reporter<'_, N, R> {
    pub(crate) fn say(&self, news: N) {
        // Nobody listens any more when the command ends early.
        let _ = self.1.send((News::Of(self.0, news), None));
    }
}

/// Does jobs, at most `width` at the same time, and hears of them one by one on this thread. Whoever
/// has done one begins the next when it is decided whether there is to be one.
pub(crate) fn work<J: Send, R: Send, N: Send>(
    jobs: Vec<J>,
    width: usize,
    perform: impl Fn(usize, J, &Reporter<'_, N, R>) -> R + Sync,
    mut hear: impl FnMut(News<N, R>) -> Next,
) {
    let threads = width.min(jobs.len());
    let queue: Mutex<VecDeque<(usize, J)>> = Mutex::new(jobs.into_iter().enumerate().collect());
    let locked = || queue.lock().unwrap_or_else(PoisonError::into_inner);
    let (send, receive) = mpsc::channel::<Message<N, R>>();
    thread::scope(|scope| {
        for _ in 0..threads {
            let (send, perform) = (send.clone(), &perform);
            scope.spawn(move || {
                let (heard, wait) = mpsc::channel();
                loop {
                    let next = locked().pop_front();
                    let Some((index, job)) = next else { break };
                    let result = perform(index, job, &Reporter(index, &send));
                    let ended = (News::Ended(index, result), Some(heard.clone()));
                    if send.send(ended).is_err() || wait.recv().is_err() {
                        break;
                    }
                }
            });
        }
        drop(send);
        loop {
            let (news, waiting) = match receive.recv_timeout(TICK) {
                Ok(message) => message,
                Err(RecvTimeoutError::Timeout) => (News::Tick, None),
                Err(RecvTimeoutError::Disconnected) => break,
            };
            if hear(news) == Next::BeginNoOther {
                locked().clear();
            }
            if let Some(waiting) = waiting {
                // Whoever waits is there until it has heard.
                let _ = waiting.send(());
            }
        }
    });
}

/// Does jobs that change no host, such as to look at it. A signal ends the process, and it is said that
/// there is nothing to be put in order: nobody has to wait for a host that does not answer.
pub(crate) fn before_it_begins<J: Send, R: Send>(
    console: &mut Console<'_>,
    interruption: &Interruption,
    jobs: Vec<J>,
    perform: impl Fn(J) -> R + Sync,
) -> Vec<R> {
    let mut all: Vec<Option<R>> = jobs.iter().map(|_| None).collect();
    work(
        jobs,
        WIDTH,
        |_, job, _: &Reporter<'_, (), R>| perform(job),
        |news| {
            if let News::Ended(number, done) = news {
                all[number] = Some(done);
            }
            if let Err(signal) = interruption.check() {
                console.complain(&format!("{signal}: nothing was begun\n"));
                signal.end_process();
            }
            Next::GoOn
        },
    );
    all.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn never_more_hosts_are_worked_on_than_was_asked_for() {
        let (now, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let mut ended = Vec::new();
        work(
            (0..20).collect(),
            3,
            |_, job: usize, reporter| {
                most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                reporter.say(());
                thread::yield_now();
                now.fetch_sub(1, Ordering::SeqCst);
                job * 2
            },
            |news| {
                if let News::Ended(index, result) = news {
                    assert_eq!(result, index * 2);
                    ended.push(index);
                }
                Next::GoOn
            },
        );
        ended.sort_unstable();
        assert_eq!(ended, (0..20).collect::<Vec<_>>());
        assert!(most.into_inner() <= 3);
    }

    #[test]
    fn no_other_host_is_begun_when_that_was_decided() {
        let begun = AtomicUsize::new(0);
        work(
            vec![(); 50],
            2,
            |_, (), _: &Reporter<'_, (), ()>| {
                begun.fetch_add(1, Ordering::SeqCst);
            },
            |_| Next::BeginNoOther,
        );
        assert!(begun.into_inner() <= 2);
    }
}
