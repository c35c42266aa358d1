//! The app leaves the host.

use crate::called::DONE;
use crate::site::Site;

/// Every path that is called after the app, and every file of `/etc` that names it.
#[track_caller]
fn traces(site: &Site) -> Vec<String> {
    let script = r"
        find / -xdev -name __pycache__ -prune -o -name \*$0\* -print
        grep -rlw -- $0 /etc";
    let argv = ["sh", "-c", script, site.app];
    let all = site.host.exec(argv).text();
    let mut all: Vec<_> = all.lines().map(str::to_owned).collect();
    all.sort();
    all.dedup();
    all
}

/// What is left of traces that are not below, or beside, one of these.
fn besides(traces: &[String], these: &[&str]) -> Vec<String> {
    let is_known = |trace: &&String| these.iter().any(|this| trace.starts_with(this));
    traces
        .iter()
        .filter(|trace| !is_known(trace))
        .cloned()
        .collect()
}

/// Lists of accounts; those with a dash are as they were before the last change.
const ACCOUNTS: [&str; 6] = [
    "/etc/group",
    "/etc/gshadow",
    "/etc/passwd",
    "/etc/shadow",
    "/etc/subgid",
    "/etc/subuid",
];

/// Whether one of an app's programs runs.
fn runs(site: &Site) -> bool {
    let argv = ["pgrep", "--full", &format!("[/]etc/wsgi/{}/", site.app)];
    site.host.exec(argv).success()
}

#[track_caller]
pub(crate) fn what_is_removed_leaves_data_and_nothing_else(site: &Site, data: &[&str]) {
    let name = site.app;
    site.call("remove", &["--yes"], DONE);
    let kept = ["/mnt", "/var/lib", "/var/log", "/var/www"].map(|above| format!("{above}/{name}"));
    let logs = [
        format!("/var/log/nginx/{name}."),
        format!("/var/log/supervisor/{name}.log"),
    ];
    let noted = format!("/var/lib/wsgi/{name}");
    let known: Vec<&str> = kept
        .iter()
        .chain(&logs)
        .chain([&noted])
        .map(String::as_str)
        .collect();
    let known = [known.as_slice(), &ACCOUNTS].concat();
    let left = besides(&traces(site), &known);
    assert!(left.is_empty(), "{left:#?}");
    for path in data {
        assert!(site.host.machine().exists(path), "{path} is gone");
    }
    assert!(!runs(site), "{}", site.host.machine().sh("ps axf"));
    // The only site is gone: nginx runs and has nothing to listen for.
    site.host.machine().ok(["service", "nginx", "status"]);
    assert!(site.visit().is_err());
    // Nor is anybody let in any more.
    assert!(!site.ssh("true").0);
    let again = site.call("remove", &["--yes"], DONE);
    assert_eq!(again.out, "web: nothing to do\n");
}

/// Also while somebody has just logged out, whose processes systemd has not ended yet.
#[track_caller]
pub(crate) fn what_is_purged_leaves_nothing(site: &Site) {
    site.call("remove", &["--yes", "--purge"], DONE);
    // nginx's own, which go as those of other sites do.
    let logs = [format!("/var/log/nginx/{}.", site.app)];
    let backups = ACCOUNTS.map(|file| format!("{file}-"));
    let known: Vec<&str> = logs.iter().chain(&backups).map(String::as_str).collect();
    let left = besides(&traces(site), &known);
    assert!(left.is_empty(), "{left:#?}");
    assert_eq!(
        site.host.machine().sh("ls -A /var/lib/wsgi").text(),
        ".host\n"
    );
    let nobodys = site
        .host
        .machine()
        .sh(r"find / -xdev \( -nouser -o -nogroup \)");
    assert_eq!(nobodys.text(), "");
    site.host.machine().ok(["nginx", "-t", "-q"]);
    let again = site.call("remove", &["--yes", "--purge"], DONE);
    assert_eq!(again.out, "web: nothing to do\n");
}
