use std::time::Duration;

use wsgi_tests::wait_until_within;

use crate::site::Site;

/// cron begins with a minute: a busy computer may need a second one.
const TWO_MINUTES: Duration = Duration::from_secs(130);

/// The host's cron runs the task in the release that serves, as the app's user.
#[track_caller]
pub(crate) fn the_task_is_run_by_cron_itself(site: &Site, log: &str, line: &str) {
    wait_until_within(TWO_MINUTES, &format!("{line:?} is in {log}"), || {
        let argv = ["grep", "-qxF", line, log];
        site.host.exec(argv).success()
    });
    let entry = site.host.machine().entry(log);
    assert_eq!(entry.owner.as_deref(), Some(site.app));
}
