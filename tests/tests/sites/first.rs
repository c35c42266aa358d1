//! The first plan and the first apply of a host.

use crate::called::{DIFFERS, DONE};
use crate::site::Site;
use crate::snapshot::Snapshot;

/// The numbers in a text.
fn numbers(text: &str) -> Vec<usize> {
    let words = text.split(|c: char| !c.is_ascii_digit());
    words.filter_map(|word| word.parse().ok()).collect()
}

/// Planning asks for nothing that an apply would make, changes nothing, and what was shown is what is
/// done.
#[track_caller]
pub(crate) fn what_is_planned_for_a_fresh_host_is_what_is_done(site: &Site) {
    // The first login makes something, whoever logs in.
    site.call("plan", &["-q"], DONE);
    let before = Snapshot::of(site);
    let plan = site.call("plan", &["--exit-code"], DIFFERS);
    assert_eq!(plan.err, "");
    let touched = before.changed_in(&Snapshot::of(site));
    assert!(touched.is_empty(), "a plan touches {touched:#?}");

    let (steps, last) = plan.out.trim_end().rsplit_once('\n').unwrap();
    let counted = |sign: char| {
        let begin = format!("  {sign} ");
        steps
            .lines()
            .filter(|line| line.starts_with(&begin))
            .count()
    };
    let counts = ['+', '~', '-', '!'].map(counted);
    assert_eq!(numbers(last), counts, "{}", plan.out);
    for line in [
        "  + packages supervisor ",
        &format!("  + user {} ", site.app),
        &format!("  + virtualenv /var/lib/{}/venv ", site.app),
        "  ~ service supervisor ",
        "  ! reload nginx",
    ] {
        assert!(steps.contains(line), "no {line:?} in {steps}");
    }

    let applied = site.call("apply", &["--yes"], DONE);
    let (shown, done) = applied.out.trim_end().rsplit_once('\n').unwrap();
    assert_eq!(shown, plan.out.trim_end());
    assert!(done.starts_with("web: done: "), "{done}");
    assert_eq!(numbers(done), counts);
    let all: usize = counts.iter().sum();
    let performed = applied.err.lines().filter(|line| line.starts_with('['));
    assert_eq!(performed.count(), all, "{}", applied.err);
    assert_eq!(applied.err.lines().count(), all, "{}", applied.err);

    let status = site.status();
    assert!(status.contains("no release yet"), "{status}");
    assert!(status.contains("as its vars file says"), "{status}");
}
