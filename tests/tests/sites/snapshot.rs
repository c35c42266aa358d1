use std::collections::BTreeMap;

use crate::site::Site;

/// Every path of a host, with all that changes when it is written, replaced or given away; not what
/// logs, programs at work and databases change by themselves.
#[derive(PartialEq, Eq)]
pub(crate) struct Snapshot(BTreeMap<String, String>);

impl Snapshot {
    #[track_caller]
    pub(crate) fn of(site: &Site) -> Self {
        // sshd, systemd and cron's daily jobs note what they do.
        let script = r"
            find / -xdev \( -path /var/log -o -path /run -o -path /tmp -o -path /var/tmp \
                -o -path /proc -o -path /sys -o -path /dev \
                -o -path /var/lib/systemd -o -path /var/lib/logrotate -o -path /var/cache \
                -o -path /var/backups -o -path '/var/www/*/shared' -o -name __pycache__ \) -prune \
                -o -printf '%p\t%y %i %T@ %C@ %m %u:%g %l\n'";
        let text = site.host.machine().sh(script).expect_success().text();
        let lines = text.lines().filter_map(|line| line.split_once('\t'));
        Self(
            lines
                .map(|(path, what)| (path.to_owned(), what.to_owned()))
                .collect(),
        )
    }

    /// The paths that came, went or were touched since, without directories that are still there:
    /// what is in them touches them.
    pub(crate) fn changed_in(&self, later: &Self) -> Vec<String> {
        let mut paths: Vec<_> = self.0.keys().chain(later.0.keys()).collect();
        paths.sort();
        paths.dedup();
        let is_directory = |what: Option<&String>| what.is_some_and(|what| what.starts_with('d'));
        let changed = paths.into_iter().filter(|path| {
            let (before, after) = (self.0.get(*path), later.0.get(*path));
            before != after && !(is_directory(before) && is_directory(after))
        });
        changed.cloned().collect()
    }
}
