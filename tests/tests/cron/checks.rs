//! What is checked before a file takes its place.

use wsgi_model::CheckMoment;

use crate::app::{App, task, task_of};

#[test]
fn a_user_that_does_not_exist_is_found_before_cron_ignores_the_file() {
    let app = App::with_tasks(vec![task("a", "true"), task_of("backups", "b", "true")]);
    let crontab = app.bundle.artifact("/etc/cron.d/shop").unwrap();
    let [check] = crontab.checks.as_slice() else {
        panic!("{:?}", crontab.checks);
    };
    assert_eq!(check.moment, CheckMoment::Staged);
    assert!(!app.container.check(check, "").success());
    app.machine.ok(["useradd", "backups"]);
    app.container.check(check, "").expect_success();
}

#[test]
fn a_wrapper_that_bash_cannot_read_is_refused() {
    let app = App::with_tasks(vec![task("a", "echo \"it's")]);
    let path = "/etc/wsgi/shop/cron/a";
    let check = &app.bundle.artifact(path).unwrap().checks[0];
    // The fault of a command is the command's: it shows when it runs.
    app.container.check(check, path).expect_success();
    app.machine.write("/run/staged", "task() {\n", 0o600);
    assert!(!app.container.check(check, "/run/staged").success());
}
