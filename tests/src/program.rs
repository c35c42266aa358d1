/// Programs that tests run, and the Debian package that has each.
///
/// `tests/run` installs the packages; this table is for who starts a single test by hand.
const PACKAGES: &[(&str, &str)] = &[
    ("bash", "bash"),
    ("chromium", "chromium"),
    ("cron", "cron"),
    ("crontab", "cron"),
    ("curl", "curl"),
    ("dash", "dash"),
    ("faketime", "faketime"),
    ("flock", "util-linux"),
    ("hostname", "hostname"),
    ("ip", "iproute2"),
    ("logrotate", "logrotate"),
    ("mmdebstrap", "mmdebstrap"),
    ("mount", "mount"),
    ("nginx", "nginx-light"),
    ("nsenter", "util-linux"),
    ("openssl", "openssl"),
    ("pgrep", "procps"),
    ("python3", "python3"),
    ("scp", "openssh-client"),
    ("service", "init-system-helpers"),
    ("setpriv", "util-linux"),
    ("shellcheck", "shellcheck"),
    ("ss", "iproute2"),
    ("ssh", "openssh-client"),
    ("ssh-add", "openssh-client"),
    ("ssh-agent", "openssh-client"),
    ("ssh-keygen", "openssh-client"),
    ("sshd", "openssh-server"),
    ("strace", "strace"),
    ("sudo", "sudo"),
    ("supervisorctl", "supervisor"),
    ("supervisord", "supervisor"),
    ("systemd-analyze", "systemd"),
    ("tar", "tar"),
    ("unshare", "util-linux"),
    ("useradd", "passwd"),
    ("visudo", "sudo"),
];

/// How to get a program that is missing, as a sentence for a person.
pub(crate) fn remedy(program: &str) -> String {
    let name = program.rsplit('/').next().unwrap_or(program);
    match PACKAGES.iter().find(|(known, _)| *known == name) {
        Some((_, package)) => format!("install it with `apt-get install {package}`"),
        None => format!("the harness knows no package that has {name}"),
    }
}
