//! Identifiers: of apps, users, environment variables, packages.

use crate::Invalid;
use crate::reserved::{is_reserved, is_system_account};
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
        if is_reserved(text) {
            let free = format!("{}_app", text.replace('-', "_"));
            return Err(Invalid::new(format!("`{text}` is taken by the system"))
                .help(format!("Debian or one of its services has a user, unit or directory of that name; choose another, such as `{free}`")));
        }
        check_unix_name(text, PROJECT_NAME)
    }
}

checked_text! {
    /// A Unix user or group that an app may run as: `^[a-z][a-z0-9_]{0,30}$`, no system account.
    UserName, |text| {
        if is_system_account(text) {
            return Err(Invalid::new(format!("`{text}` is an account of the system"))
                .help("an app gets a user and a group of its own; leave the variable out to use the project's name"));
        }
        check_unix_name(text, "a user or group name")
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
        let ok = !text.is_empty() && text.len() <= 64
            && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if ok { Ok(()) } else {
            Err(Invalid::new(format!("`{}` cannot be part of an environment variable's name", shown(text)))
                .help("letters, digits and `_` only, at most 64 of them: the id `main` gives PREFIX_DB_MAIN_NAME"))
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
        if !is_env_name(text) {
            return Err(illegal_env_name(text));
        }
        // With the longest value it must fit what Linux takes as one `NAME=value`.
        if text.len() > 255 {
            return Err(Invalid::new(format!("`{}` is {} letters long", shown(text), text.len()))
                .help("the name of an environment variable has at most 255 letters here"));
        }
        if let Some(reason) = breaks_processes(text) {
            return Err(Invalid::new(format!("`{text}` {reason}"))
                .help(match text {
                    "PATH" => "use another name; a command may set it for itself, as in `PATH=/opt/bin:$PATH command`".to_owned(),
                    _ if SHELLS_OWN.contains(&text) => "use another name".to_owned(),
                    _ => format!("use another name; a command may set it for itself, as in `{text}=… command`"),
                }));
        }
        Ok(())
    }
}

checked_text! {
    /// What the generated environment variables' names start with, in upper case: `SHOP`.
    EnvPrefix, |text| {
        let ok = text.len() <= 64 && text.starts_with(|c: char| c.is_ascii_uppercase() || c == '_')
            && text.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
        if ok { Ok(()) } else { Err(Self::illegal(text)) }
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
        Self::parse(&text.to_ascii_uppercase()).map_err(|_| Self::illegal(text))
    }

    fn illegal(text: &str) -> Invalid {
        let text = shown(text);
        Invalid::new(format!(
            "`{text}` cannot start an environment variable's name"
        ))
        .help("letters, digits and `_`, not starting with a digit, at most 64 of them")
    }
}

impl EnvName {
    /// The name as the role makes it from a key of `wsgi_env_vars`: plain upper-casing
    /// (`mySecret` gives `MYSECRET`).
    ///
    /// # Errors
    /// As [`EnvName::parse`].
    pub fn upper(key: &str) -> Result<Self, Invalid> {
        let upper = key.to_ascii_uppercase();
        Self::parse(&upper).map_err(|why| {
            // What is wrong with the letters is said of the key as it was written.
            if is_env_name(&upper) {
                why
            } else {
                illegal_env_name(key)
            }
        })
    }

    /// A generated name, made of parts that are legal already.
    pub(crate) fn generated(prefix: &EnvPrefix, rest: &str) -> Self {
        Self([prefix.as_str(), "_", rest].concat())
    }

    /// `CURRENT_RELEASE`, the one generated name without a prefix.
    pub(crate) fn current_release() -> Self {
        Self("CURRENT_RELEASE".to_owned())
    }
}

/// `text` cut to a length that fits a message, its control characters made visible.
pub(crate) fn shown(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars().take(60) {
        match c {
            // What a terminal shows as it is needs no escape.
            '\'' | '"' | '\\' => out.push(c),
            c => out.extend(c.escape_debug()),
        }
    }
    if text.chars().count() > 60 {
        out.push('…');
    }
    out
}

const PROJECT_NAME: &str = "a project name";

fn check_unix_name(text: &str, what: &str) -> Result<(), Invalid> {
    const RULE: &str =
        "lower-case letters, digits and `_`, starting with a letter, at most 31 of them";
    let name = shown(text);
    let refuse = |reason: String, why: &str| {
        let mut help = format!("{what} is {RULE}{why}");
        if let Some(legal) = legal_spelling(text) {
            help = format!("{help}. Rename it to `{legal}`");
            if what == PROJECT_NAME {
                help.push_str(
                    ", and set wsgi_path and wsgi_log_dir where the old name must stay in them",
                );
            }
        }
        Err(Invalid::new(reason).help(help))
    };
    let letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if text.is_empty() {
        return refuse(format!("{what} cannot be empty"), "");
    }
    if text.chars().count() > 31 {
        let reason = format!("`{name}` is {} characters long", text.chars().count());
        return refuse(reason, ": Linux keeps no longer user names");
    }
    if text.chars().any(|c| c.is_ascii_uppercase()) {
        let why = "; sudo reads a name in capitals as an alias";
        return refuse(format!("`{name}` has capital letters"), why);
    }
    match text.chars().find(|c| !letter(*c)) {
        Some('-') => {
            let why = ": it starts environment variables, which take no dash";
            refuse(format!("`{name}` has a dash in it"), why)
        }
        Some('.') => {
            let why = ": sudo and cron skip files with a dot in their name without a word";
            refuse(format!("`{name}` has a dot in it"), why)
        }
        Some(' ') => refuse(format!("`{name}` has a space in it"), ""),
        Some(c) => refuse(
            format!("`{name}` has `{}` in it", shown(c.encode_utf8(&mut [0; 4]))),
            "",
        ),
        None if !text.starts_with(|c: char| c.is_ascii_lowercase()) => {
            refuse(format!("`{name}` does not start with a letter"), "")
        }
        None => Ok(()),
    }
}

/// The nearest legal name, when there is one: `My-Shop` gives `my_shop`.
fn legal_spelling(text: &str) -> Option<String> {
    let spelled = text.to_ascii_lowercase().replace(['-', '.', ' '], "_");
    (spelled != text && UserName::parse(&spelled).is_ok() && !is_reserved(&spelled))
        .then_some(spelled)
}

fn is_env_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn illegal_env_name(text: &str) -> Invalid {
    let reason = format!(
        "`{}` is not a legal name of an environment variable",
        shown(text)
    );
    let mut help = "letters, digits and `_`, not starting with a digit".to_owned();
    let legal = text.replace(['-', '.', ' '], "_");
    if legal != text && EnvName::parse(&legal).is_ok() {
        help = format!("{help}, such as `{legal}`");
    }
    Invalid::new(reason).help(help)
}

/// Names that bash or dash keep to themselves: what a file exports under them does not arrive, or ends
/// the reading of the file, or is computed as an expression, which can run commands (each tried with
/// bash 5.2 and dash 0.5.12; bash(1), "Shell Variables").
const SHELLS_OWN: &[&str] = &[
    "BASHOPTS",
    "BASHPID",
    "BASH_ALIASES",
    "BASH_ARGC",
    "BASH_ARGV",
    "BASH_CMDS",
    "BASH_COMMAND",
    "BASH_LINENO",
    "BASH_REMATCH",
    "BASH_SOURCE",
    "BASH_SUBSHELL",
    "BASH_VERSINFO",
    "DIRSTACK",
    "EPOCHREALTIME",
    "EPOCHSECONDS",
    "EUID",
    "FUNCNAME",
    "GROUPS",
    "HISTCMD",
    "LINENO",
    "OPTIND",
    "PIPESTATUS",
    "PPID",
    "RANDOM",
    "SECONDS",
    "SHELLOPTS",
    "SHLVL",
    "SRANDOM",
    "UID",
    "_",
];

/// Why a process or a shell that is given this variable would not be the same any more, if so.
fn breaks_processes(name: &str) -> Option<&'static str> {
    match name {
        "PATH" => Some("would replace the path on which programs are found"),
        "IFS" => Some("would change how shells split words"),
        "ENV" | "BASH_ENV" => Some("names a file that every shell would run"),
        "PS4" | "PROMPT_COMMAND" => Some("holds code that shells run"),
        "PYTHONHOME" => Some("would make Python look for its library elsewhere"),
        _ if name.starts_with("LD_") => Some("would change which libraries programs load"),
        _ if name.starts_with("BASH_FUNC_") => Some("would define a shell function"),
        _ if SHELLS_OWN.contains(&name) => Some("is the shell's own and cannot be set"),
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
