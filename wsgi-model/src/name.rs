//! Identifiers: of apps, users, environment variables, packages.

use crate::Invalid;
use crate::text::checked_text;

checked_text! {
    /// The name of an app: its Unix user, site, program, unit and files are named by it.
    ///
    /// `^[a-z][a-z0-9_]{0,30}$`, and not a name that Debian or its services use already
    /// (users, directories below `/var/lib`, `/var/log` and `/var/www`, units).
    ///
    /// ```
    /// use wsgi_model::AppName;
    /// assert!(AppName::parse("shop").is_ok());
    /// assert!(AppName::parse("my-shop").is_err());
    /// assert!(AppName::parse("www_data").is_ok());
    /// assert!(AppName::parse("default").is_err());
    /// ```
    AppName, |text| {
        check_unix_name(text, "a project name", UnixNameUse::App)?;
        if is_reserved(text) {
            return Err(Invalid::new(format!("`{text}` is taken by the system"))
                .help("Debian or one of its services has a user, unit or directory of that name; choose another, such as one with the word `app` in it"));
        }
        Ok(())
    }
}

checked_text! {
    /// A Unix user or group that an app may run as: `^[a-z][a-z0-9_]{0,30}$`, no system account.
    UserName, |text| {
        check_unix_name(text, "a user or group name", UnixNameUse::Account)?;
        if is_system_account(text) {
            return Err(Invalid::new(format!("`{text}` is an account of the system"))
                .help("an app gets a user of its own; leave the variable out to use the project's name"));
        }
        Ok(())
    }
}

checked_text! {
    /// The user that a cron task runs as: any Unix account name, `root` included.
    ///
    /// Dashes are allowed here (`www-data`), since the account need not be ours.
    TaskUser, |text| {
        let mut letters = text.chars();
        let first = letters.next().is_some_and(|c| c.is_ascii_lowercase() || c == '_');
        if !first || text.len() > 32
            || !letters.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-')
        {
            return Err(Invalid::new(format!("`{}` is not the name of a Unix account", shown(text)))
                .help("lower-case letters, digits, `_` and `-`, at most 32 of them, starting with a letter"));
        }
        Ok(())
    }
}

checked_text! {
    /// The word that names a lock file: `^[A-Za-z0-9_][A-Za-z0-9_-]{0,63}$`.
    Slug, |text| {
        let ok = !text.is_empty() && text.len() <= 64 && !text.starts_with('-')
            && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
        if ok { Ok(()) } else {
            Err(Invalid::new(format!("`{}` cannot name a lock file", shown(text)))
                .help("letters, digits, `_` and `-`, at most 64 of them"))
        }
    }
}

checked_text! {
    /// The id of a database, which becomes part of its variables' names: letters, digits and `_`.
    DatabaseId, |text| {
        if !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') { Ok(()) } else {
            Err(Invalid::new(format!("`{}` cannot be part of an environment variable's name", shown(text)))
                .help("letters, digits and `_` only: the id `main` gives PREFIX_DB_MAIN_NAME"))
        }
    }
}

checked_text! {
    /// A Debian package: `^[a-z0-9][a-z0-9+.-]+$`, optionally with an architecture (`libc6:i386`)
    /// or a version (`git=1:2.39*`), as apt-get takes it.
    AptPackage, |text| {
        let (name, version) = match text.split_once('=') {
            Some((name, version)) => (name, Some(version)),
            None => (text, None),
        };
        let (name, arch) = match name.split_once(':') {
            Some((name, arch)) => (name, Some(arch)),
            None => (name, None),
        };
        let lower = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        let name_ok = name.len() >= 2 && name.starts_with(lower) && !name.ends_with(['+', '-'])
            && name.chars().all(|c| lower(c) || matches!(c, '+' | '.' | '-'));
        // `g++` ends in a plus, which apt-get reads as "install" only where no such package exists.
        let name_ok = name_ok || matches!(name, "g++" | "c++") || (name.starts_with("g++-") || name.ends_with("++"))
            && name.starts_with(lower) && name.chars().all(|c| lower(c) || matches!(c, '+' | '.' | '-'));
        let arch_ok = arch.is_none_or(|a| !a.is_empty() && a.chars().all(|c| lower(c) || c == '-'));
        let version_ok = version.is_none_or(|v| !v.is_empty()
            && v.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '+' | '~' | ':' | '-' | '*')));
        if name_ok && arch_ok && version_ok { Ok(()) } else {
            Err(Invalid::new(format!("`{}` is not the name of a Debian package", shown(text)))
                .help("lower-case letters, digits and `+ - .`, as in `libpq-dev`; one package per list item"))
        }
    }
}

checked_text! {
    /// A Python package's name, with extras if wanted (`celery[redis]`), as PEP 508 writes it.
    PipPackage, |text| {
        let (name, extras) = match text.split_once('[') {
            Some((name, rest)) => (name, rest.strip_suffix(']')),
            None => (text, Some("")),
        };
        let word = |w: &str| w.starts_with(|c: char| c.is_ascii_alphanumeric())
            && w.ends_with(|c: char| c.is_ascii_alphanumeric())
            && w.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'));
        if word(name) && extras.is_some_and(|e| e.is_empty() || e.split(',').all(|x| word(x.trim()))) { Ok(()) } else {
            Err(Invalid::new(format!("`{}` is not the name of a Python package", shown(text)))
                .help("a name as on PyPI, the version as a key of its own: `{name: celery, version: 5.4.0}`"))
        }
    }
}

checked_text! {
    /// A Python package's version (`1.4`, `2.0rc1`), as PEP 440 writes it.
    PipVersion, |text| {
        let ok = text.starts_with(|c: char| c.is_ascii_alphanumeric())
            && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '!' | '+' | '-' | '_' | '*'));
        if ok { Ok(()) } else {
            Err(Invalid::new(format!("`{}` is not a Python package's version", shown(text)))
                .help("one version without an operator, such as `5.4.0`; quote it, so that 1.10 does not become 1.1"))
        }
    }
}

checked_text! {
    /// The name of an environment variable: `^[A-Za-z_][A-Za-z0-9_]*$`, not one that would break
    /// the process that gets it.
    EnvName, |text| {
        let mut letters = text.chars();
        if !letters.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
            || !letters.all(|c| c.is_ascii_alphanumeric() || c == '_')
        {
            return Err(Invalid::new(format!("`{}` is not a legal name of an environment variable", shown(text)))
                .help("letters, digits and `_`, not starting with a digit"));
        }
        if let Some(reason) = breaks_processes(text) {
            return Err(Invalid::new(format!("`{text}` {reason}"))
                .help("use another name; a command may set it for itself, as in `PATH=/opt/bin:$PATH command`"));
        }
        Ok(())
    }
}

checked_text! {
    /// What the generated environment variables' names start with, in upper case: `SHOP`.
    EnvPrefix, |text| {
        let ok = text.starts_with(|c: char| c.is_ascii_uppercase() || c == '_')
            && text.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
        if ok { Ok(()) } else {
            Err(Invalid::new(format!("`{}` cannot start an environment variable's name", shown(text)))
                .help("letters, digits and `_`, not starting with a digit"))
        }
    }
}

impl AptPackage {
    /// A name that this crate knows to be one.
    pub(crate) fn known(name: &'static str) -> Self {
        debug_assert!(Self::parse(name).is_ok(), "{name}");
        Self(name.to_owned())
    }
}

impl PipPackage {
    /// A name that this crate knows to be one.
    pub(crate) fn known(name: &'static str) -> Self {
        debug_assert!(Self::parse(name).is_ok(), "{name}");
        Self(name.to_owned())
    }
}

impl EnvPrefix {
    /// The prefix as the role makes it: `text` in upper case, nothing else changed.
    ///
    /// # Errors
    /// As [`EnvPrefix::parse`].
    pub fn upper(text: &str) -> Result<Self, Invalid> {
        Self::parse(&text.to_ascii_uppercase())
    }
}

impl EnvName {
    /// The name as the role makes it from a key of `wsgi_env_vars`: plain upper-casing
    /// (`mySecret` gives `MYSECRET`).
    ///
    /// # Errors
    /// As [`EnvName::parse`].
    pub fn upper(key: &str) -> Result<Self, Invalid> {
        Self::parse(&key.to_ascii_uppercase())
    }

    /// A generated name, made of parts that are legal already.
    pub(crate) fn generated(prefix: &EnvPrefix, rest: &str) -> Self {
        Self(format!("{prefix}_{rest}"))
    }

    /// `CURRENT_RELEASE`, the one generated name without a prefix.
    pub(crate) fn current_release() -> Self {
        Self("CURRENT_RELEASE".to_owned())
    }
}

/// `text` cut to a length that fits a message, its control characters made visible.
pub(crate) fn shown(text: &str) -> String {
    let mut out: String = text.chars().take(60).flat_map(char::escape_debug).collect();
    out = out.replace("\\'", "'").replace("\\\"", "\"");
    if text.chars().count() > 60 {
        out.push('…');
    }
    out
}

#[derive(Clone, Copy, PartialEq)]
enum UnixNameUse {
    App,
    Account,
}

fn check_unix_name(text: &str, what: &str, used_as: UnixNameUse) -> Result<(), Invalid> {
    let rule = "lower-case letters, digits and `_`, starting with a letter, at most 31 of them";
    let refuse = |reason: String, help: String| Err(Invalid::new(reason).help(help));
    if text.is_empty() {
        return refuse(format!("{what} cannot be empty"), rule.to_owned());
    }
    if text.len() > 31 {
        return refuse(
            format!(
                "`{}` is {} characters long",
                shown(text),
                text.chars().count()
            ),
            format!("{rule}: Linux keeps no longer user names"),
        );
    }
    if text.chars().any(|c| c.is_ascii_uppercase()) {
        return refuse(
            format!("`{}` has capital letters", shown(text)),
            format!(
                "{rule}; sudo reads a name in capitals as an alias. Rename it to `{}`",
                text.to_ascii_lowercase().replace(['-', '.', ' '], "_")
            ),
        );
    }
    if text.contains('-') && used_as == UnixNameUse::App {
        return refuse(
            format!("`{}` has a dash in it", shown(text)),
            format!(
                "{rule}: the name starts environment variables, which take no dash. Rename it to `{}`, and set \
                 wsgi_env_prefix, wsgi_path and wsgi_log_dir where the old name must stay",
                text.replace('-', "_")
            ),
        );
    }
    if text.contains('.') && used_as == UnixNameUse::App {
        return refuse(
            format!("`{}` has a dot in it", shown(text)),
            format!("{rule}: sudo and cron skip files with a dot in their name without a word"),
        );
    }
    let mut letters = text.chars();
    let first = letters.next().is_some_and(|c| c.is_ascii_lowercase());
    if !first || !letters.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_') {
        return refuse(format!("`{}` is not {what}", shown(text)), rule.to_owned());
    }
    Ok(())
}

/// Accounts of Debian's base system and of the daemons that stand beside an app
/// (base-passwd's list and the packages' own, Debian 12 and 13).
fn is_system_account(text: &str) -> bool {
    const ACCOUNTS: &[&str] = &[
        "root",
        "daemon",
        "bin",
        "sys",
        "sync",
        "games",
        "man",
        "lp",
        "mail",
        "news",
        "uucp",
        "proxy",
        "backup",
        "list",
        "irc",
        "gnats",
        "nobody",
        "nogroup",
        "adm",
        "tty",
        "disk",
        "kmem",
        "dialout",
        "fax",
        "voice",
        "cdrom",
        "floppy",
        "tape",
        "sudo",
        "audio",
        "dip",
        "operator",
        "src",
        "shadow",
        "utmp",
        "video",
        "sasl",
        "plugdev",
        "staff",
        "users",
        "input",
        "sgx",
        "kvm",
        "render",
        "netdev",
        "crontab",
        "ssl_cert",
        "messagebus",
        "syslog",
        "uuidd",
        "tcpdump",
        "landscape",
        "pollinate",
        "sshd",
        "ntp",
        "chrony",
        "bind",
        "postfix",
        "postdrop",
        "dovecot",
        "dovenull",
        "mysql",
        "mariadb",
        "postgres",
        "redis",
        "memcache",
        "memcached",
        "rabbitmq",
        "mongodb",
        "elasticsearch",
        "nginx",
        "haproxy",
        "varnish",
        "docker",
        "lxd",
        "wheel",
        "polkitd",
        "avahi",
        "dnsmasq",
        "tss",
        "lxc",
        "apache",
        "httpd",
        "http",
        "munin",
        "nagios",
        "zabbix",
        "prometheus",
        "grafana",
        "clamav",
        "systemd",
        "all",
    ];
    ACCOUNTS.contains(&text)
}

/// Names that cannot name an app: accounts, and what else Debian and its services use as a unit, a
/// logrotate or cron.d file, or a directory below `/var/lib`, `/var/log` and `/var/www`.
fn is_reserved(text: &str) -> bool {
    const NAMES: &[&str] = &[
        "default",
        "wsgi",
        "apt",
        "dpkg",
        "html",
        "ssh",
        "supervisor",
        "supervisord",
        "supervisorctl",
        "cron",
        "private",
        "journal",
        "misc",
        "pam",
        "git",
        "python",
        "python3",
        "sgml",
        "xml",
        "ucf",
        "vim",
        "emacsen",
        "initramfs",
        "logrotate",
        "rsyslog",
        "dbus",
        "udev",
        "sysstat",
        "php",
        "e2scrub_all",
        "mdadm",
        "alternatives",
        "unattended",
        "installer",
        "runit",
        "os",
        "boot",
        "dmesg",
        "lastlog",
        "faillog",
        "wtmp",
        "btmp",
        "auth",
        "kern",
        "user",
        "debug",
        "messages",
        "cloud",
        "networking",
        "network",
        "firewalld",
        "ufw",
        "fail2ban",
        "certbot",
        "letsencrypt",
        "snapd",
        "containerd",
        "procps",
        "kmod",
        "hwclock",
        "keyboard",
        "console",
        "rc",
        "rcs",
        "single",
        "reboot",
        "halt",
        "umountfs",
        "sendsigs",
        "sudoers",
        "readme",
        "placeholder",
        "systemd",
        "swap",
        "tmp",
        "cgi_bin",
        "postgresql",
        "mysqld",
        "apache2",
        "exim4",
        "anacron",
        "atd",
        "acpid",
        "rsync",
        "nfs",
        "rpcbind",
        "popcon",
        "popularity",
        "update",
        "x11",
        "lightdm",
        "gdm3",
        "bluetooth",
        "cups",
        "samba",
        "smbd",
    ];
    is_system_account(text) || NAMES.contains(&text)
}

/// Why a process or a shell that is given this variable would not be the same any more, if so.
fn breaks_processes(name: &str) -> Option<&'static str> {
    // ld.so(8), bash(1) "Shell Variables", dash(1), python(1).
    const READ_ONLY: &[&str] = &[
        "UID",
        "EUID",
        "PPID",
        "BASHOPTS",
        "SHELLOPTS",
        "BASH_VERSINFO",
        "BASHPID",
        "GROUPS",
        "DIRSTACK",
        "FUNCNAME",
        "BASH_ARGC",
        "BASH_ARGV",
        "BASH_LINENO",
        "BASH_SOURCE",
        "LINENO",
        "PIPESTATUS",
        "_",
    ];
    match name {
        "PATH" => Some("would replace the path on which programs are found"),
        "IFS" => Some("would change how shells split words"),
        "ENV" | "BASH_ENV" => Some("names a file that every shell would run"),
        "PS4" | "PROMPT_COMMAND" => Some("holds code that shells run"),
        "PYTHONHOME" => Some("would make Python look for its library elsewhere"),
        _ if name.starts_with("LD_") => Some("would change which libraries programs load"),
        _ if name.starts_with("BASH_FUNC_") => Some("would define a shell function"),
        _ if READ_ONLY.contains(&name) => Some("is the shell's own and cannot be set"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_with_plus_signs_are_packages() {
        for good in [
            "g++",
            "libstdc++6",
            "libpq-dev",
            "git=1:2.39*",
            "libc6:i386",
            "g++-12",
        ] {
            assert!(AptPackage::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "", "a", "-y", "git-", "Git", "a b", "x;y", "git=", "--purge", "nginx+",
        ] {
            assert!(AptPackage::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn names_that_another_program_would_misread_are_refused() {
        for bad in [
            "", "ALL", "Shop", "1shop", "shop-x", "a.b", "root", "default", "ä", "a b", "nginx",
            "-x",
        ] {
            assert!(AppName::parse(bad).is_err(), "{bad}");
        }
        assert!(AppName::parse(&"a".repeat(31)).is_ok());
        assert!(AppName::parse(&"a".repeat(32)).is_err());
    }

    #[test]
    fn variables_that_break_processes_are_refused() {
        for bad in [
            "PATH",
            "LD_PRELOAD",
            "BASH_ENV",
            "UID",
            "1A",
            "A-B",
            "",
            "A B",
            "IFS",
            "é",
        ] {
            assert!(EnvName::upper(bad).is_err(), "{bad}");
        }
        assert_eq!(
            EnvName::upper("mySecret").map(|n| n.to_string()),
            Ok("MYSECRET".to_owned())
        );
    }
}
