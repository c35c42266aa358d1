//! What a later apply does: no more than it must.

use crate::called::{DIFFERS, DONE};
use crate::site::Site;
use crate::snapshot::Snapshot;

/// What a plan touches, in its order.
#[track_caller]
fn touched(site: &Site) -> Vec<String> {
    let plan = site
        .call("plan", &["--json", "--exit-code"], DIFFERS)
        .json();
    let steps = plan["hosts"][0]["plan"]["steps"].as_array().unwrap();
    let names = steps.iter().map(|step| step["name"].as_str().unwrap());
    names.map(str::to_owned).collect()
}

/// Also when there was a deploy in between.
#[track_caller]
pub(crate) fn a_second_apply_has_nothing_to_do_and_touches_nothing(site: &Site) {
    let before = Snapshot::of(site);
    let again = site.call("apply", &["--yes"], DONE);
    assert_eq!(
        (again.out.as_str(), again.err.as_str()),
        ("web: nothing to do\n", "")
    );
    let later = Snapshot::of(site);
    let changed = before.changed_in(&later);
    assert!(changed.is_empty(), "{changed:#?}");
    site.call("plan", &["--exit-code"], DONE);
}

/// Applies another vars file and expects that these steps were taken and these files changed, beside
/// what we note for ourselves.
#[track_caller]
pub(crate) fn only_what_must_is_touched(site: &Site, vars: &str, steps: &[&str], files: &[&str]) {
    site.write(vars);
    assert_eq!(touched(site), steps);
    let before = Snapshot::of(site);
    site.call("apply", &["--yes", "-q"], DONE);
    let later = Snapshot::of(site);
    let changed = before.changed_in(&later);
    let is_note = |path: &str| path.starts_with("/var/lib/wsgi/");
    let is_at_work = |path: &str| path.starts_with(&format!("/var/lib/{}/run/", site.app));
    let changed: Vec<_> = changed
        .iter()
        .map(String::as_str)
        .filter(|path| !is_note(path) && !is_at_work(path))
        .collect();
    assert_eq!(changed, files);
    site.call("plan", &["--exit-code"], DONE);
}
