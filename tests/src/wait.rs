use std::thread;
use std::time::{Duration, Instant};

/// How long a test waits for something that must come.
///
/// Far above what a busy computer with two cores needs: a pass never waits for it.
const DEADLINE: Duration = Duration::from_secs(20);

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(10);

/// Waits until `reached` holds; `what` names it in the failure.
///
/// # Panics
///
/// When it does not hold within 20 seconds.
#[track_caller]
pub fn wait_until(what: &str, reached: impl FnMut() -> bool) {
    wait_until_within(DEADLINE, what, reached);
}

/// Waits until `reached` holds, for as long as `deadline`; `what` names it in the failure.
///
/// # Panics
///
/// When it does not hold by then.
#[track_caller]
pub fn wait_until_within(deadline: Duration, what: &str, mut reached: impl FnMut() -> bool) {
    assert!(
        comes_true(deadline, &mut reached),
        "waited {deadline:?} in vain: {what}"
    );
}

/// Whether `reached` holds at some time before the deadline.
pub(crate) fn comes_true(deadline: Duration, mut reached: impl FnMut() -> bool) -> bool {
    let start = Instant::now();
    loop {
        if reached() {
            return true;
        }
        if start.elapsed() >= deadline {
            return false;
        }
        thread::sleep(PAUSE);
    }
}
