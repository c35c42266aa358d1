//! Work on all processors whose results come in order.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

/// Works on the items on all processors, and takes the results one by one in the items' order.
/// After the first `Err` no further item is begun.
///
/// One item is worked on right here: a thread costs more than most of them.
pub(crate) fn in_order<I: Sync, T: Send, E>(
    items: &[I],
    work: impl Fn(&I) -> T + Sync,
    mut take: impl FnMut(T) -> Result<(), E>,
) -> Result<(), E> {
    let processors = thread::available_parallelism().map_or(1, usize::from);
    let threads = processors.min(items.len());
    if threads <= 1 {
        return items.iter().try_for_each(|item| take(work(item)));
    }
    let next = AtomicUsize::new(0);
    // Bounded: what nobody has taken yet stays in memory.
    let (send, receive) = mpsc::sync_channel(threads);
    thread::scope(|scope| {
        for _ in 0..threads {
            let (send, next, work) = (send.clone(), &next, &work);
            scope.spawn(move || {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(index) else { break };
                    if send.send((index, work(item))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(send);
        let mut early = BTreeMap::new();
        let mut wanted = 0;
        for (index, result) in receive {
            early.insert(index, result);
            while let Some(result) = early.remove(&wanted) {
                wanted += 1;
                take(result)?;
            }
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use super::*;

    #[test]
    fn results_come_in_order_and_an_error_ends_the_work() {
        let items: Vec<usize> = (0..1000).collect();
        let mut taken = Vec::new();
        let all = in_order(
            &items,
            |n| n * 2,
            |n| {
                taken.push(n);
                Ok::<(), ()>(())
            },
        );
        assert_eq!(all, Ok(()));
        assert_eq!(taken, (0..1000).map(|n| n * 2).collect::<Vec<_>>());
        let (begun, refused) = (AtomicUsize::new(0), AtomicBool::new(false));
        let ended = in_order(
            &items,
            |n| {
                begun.fetch_add(1, Ordering::Relaxed);
                // However the threads are scheduled: nobody runs ahead of the error.
                while *n > 50 && !refused.load(Ordering::Acquire) {
                    thread::yield_now();
                }
                *n
            },
            |n| {
                refused.store(n == 3, Ordering::Release);
                if n == 3 { Err(n) } else { Ok(()) }
            },
        );
        assert_eq!(ended, Err(3));
        assert!(begun.into_inner() < 1000);
    }
}
