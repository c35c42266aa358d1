use std::path::{Path, PathBuf};
use std::time::Duration;

use super::error::ConfigError;
use super::login_settings::LoginSettings;
use super::selection::{Scope, Selection, Written};
use super::tokens::{Tokens, host_name};
use super::value;
use crate::ssh::destination::Destination;
use crate::ssh::options::SshOptions;
use crate::ssh::place::Place;

/// Everything that decides how one host is connected to.
#[derive(Debug)]
pub(in crate::ssh) struct Settings {
    /// As named by the person.
    pub(in crate::ssh) original: String,
    /// What is connected to.
    pub(in crate::ssh) host: String,
    pub(in crate::ssh) port: u16,
    pub(in crate::ssh) user: String,
    /// The hosts on the way, in their order.
    pub(in crate::ssh) jumps: Vec<Destination>,
    pub(in crate::ssh) family: Family,
    pub(in crate::ssh) connect_timeout: Duration,
    /// How often to ask a silent server whether it is there, and how many questions it may leave
    /// unanswered; `None` trusts it.
    pub(in crate::ssh) alive: Option<(Duration, u32)>,
    pub(in crate::ssh) host_keys: HostKeys,
    pub(in crate::ssh) login: LoginSettings,
    pub(in crate::ssh) algorithms: Algorithms,
}

/// Which addresses to use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::ssh) enum Family {
    Any,
    V4,
    V6,
}

/// How the host proves who it is.
#[derive(Debug)]
pub(in crate::ssh) struct HostKeys {
    /// The name under which the host is known, where it is not its own.
    pub(in crate::ssh) alias: Option<String>,
    /// The user's files; the first gets new keys.
    pub(in crate::ssh) user_files: Vec<PathBuf>,
    pub(in crate::ssh) global_files: Vec<PathBuf>,
    pub(in crate::ssh) unknown: UnknownHost,
    pub(in crate::ssh) hash: bool,
    /// The shortest RSA key that is accepted, in bits.
    pub(in crate::ssh) rsa_bits: usize,
}

/// What to do about a host that is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::ssh) enum UnknownHost {
    Refuse,
    /// Refuse, too, though this line says to trust anybody.
    RefuseThough(Place),
    AcceptAndNote,
}

/// Lists of algorithms as written, where they are.
#[derive(Debug, Default)]
pub(in crate::ssh) struct Algorithms {
    pub(in crate::ssh) host_key: Option<(String, Place)>,
    pub(in crate::ssh) key_exchange: Option<(String, Place)>,
    pub(in crate::ssh) cipher: Option<(String, Place)>,
    pub(in crate::ssh) mac: Option<(String, Place)>,
}

impl Settings {
    /// Reads what the configuration says about a host.
    pub(in crate::ssh) fn read(
        destination: &Destination,
        options: &SshOptions,
    ) -> Result<Self, ConfigError> {
        let files: Vec<(&Path, Scope)> = [
            options.config.as_deref().map(|file| (file, Scope::User)),
            options
                .system_config
                .as_deref()
                .map(|file| (file, Scope::System)),
        ]
        .into_iter()
        .flatten()
        .collect();
        let original = destination.host();
        let selection = Selection::read(
            &files,
            original,
            destination.user(),
            &options.local_user,
            &options.home,
        )?;
        refuse(&selection)?;
        let text = |keyword: &'static str| {
            let written = selection.option(keyword);
            written.and_then(|written| written.words.first().cloned())
        };
        let host = match selection.option("hostname") {
            Some(written) => host_name(&written.words[0], original)
                .map_err(|expected| value::wrong(written, "HostName", expected))?,
            None => original.to_owned(),
        };
        let port = match destination.port() {
            Some(port) => port,
            None => value::port(selection.option("port"))?.unwrap_or(22),
        };
        let user = match destination.user() {
            Some(user) => user.to_owned(),
            None => text("user").unwrap_or_else(|| options.local_user.clone()),
        };
        let alias = text("hostkeyalias");
        let tokens = Tokens {
            home: &options.home,
            local_user: &options.local_user,
            original,
            host: &host,
            port,
            user: &user,
            alias: alias.as_deref(),
        };
        Ok(Self {
            jumps: jumps(&selection)?,
            family: value::word(
                &selection,
                "AddressFamily",
                &[
                    ("any", Family::Any),
                    ("inet", Family::V4),
                    ("inet6", Family::V6),
                ],
                "any, inet or inet6",
            )?
            .unwrap_or(Family::Any),
            connect_timeout: value::duration(&selection, "ConnectTimeout")?
                .filter(|timeout| !timeout.is_zero())
                .unwrap_or(options.connect_timeout),
            alive: alive(&selection)?,
            login: LoginSettings::read(&selection, &tokens, options)?,
            host_keys: HostKeys {
                alias: alias.clone(),
                user_files: known_hosts_files(
                    &selection,
                    &tokens,
                    "UserKnownHostsFile",
                    ["~/.ssh/known_hosts", "~/.ssh/known_hosts2"],
                )?,
                global_files: known_hosts_files(
                    &selection,
                    &tokens,
                    "GlobalKnownHostsFile",
                    ["/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2"],
                )?,
                unknown: unknown_host(&selection)?,
                hash: value::yes(&selection, "HashKnownHosts", false)?,
                // OpenSSH's default.
                rsa_bits: value::number(&selection, "RequiredRSASize")?.unwrap_or(1024) as usize,
            },
            algorithms: algorithms(&selection),
            original: original.to_owned(),
            host: host.clone(),
            port,
            user: user.clone(),
        })
    }

    /// The host as messages call it.
    pub(in crate::ssh) fn address(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

/// Refuses what cannot be ignored: without it we would connect to another machine than `ssh` does,
/// or trust what its owner does not.
fn refuse(selection: &Selection<'_>) -> Result<(), ConfigError> {
    let jump_first = |written: &Written| {
        let jump = selection.option("proxyjump");
        jump.is_some_and(|jump| jump.order < written.order && jump.words[0] != "none")
    };
    for (option, harmless, remedy) in [
        (
            "ProxyCommand",
            &["none"][..],
            "use `ProxyJump`, or set `ProxyCommand none` for this host",
        ),
        (
            "CanonicalizeHostname",
            &["no", "none"],
            "write the full name as `HostName`, and set `CanonicalizeHostname no` for this host",
        ),
        (
            "RevokedHostKeys",
            &["none"],
            "write the keys as `@revoked` lines of the `GlobalKnownHostsFile`, and set \
             `RevokedHostKeys none` for this host",
        ),
    ] {
        let Some(written) = selection.option(&option.to_ascii_lowercase()) else {
            continue;
        };
        let value = written.words[0].to_ascii_lowercase();
        if harmless.contains(&value.as_str()) || option == "ProxyCommand" && jump_first(written) {
            continue;
        }
        return Err(ConfigError::Refused {
            place: written.place.clone(),
            option: option.to_owned(),
            remedy,
        });
    }
    Ok(())
}

fn jumps(selection: &Selection<'_>) -> Result<Vec<Destination>, ConfigError> {
    let Some(written) = selection.option("proxyjump") else {
        return Ok(Vec::new());
    };
    let command = selection.option("proxycommand");
    let list = &written.words[0];
    // `ProxyCommand none` before it takes its place.
    if list.eq_ignore_ascii_case("none") || command.is_some_and(|c| c.order < written.order) {
        return Ok(Vec::new());
    }
    list.split(',')
        .map(|hop| hop.trim().parse())
        .collect::<Result<_, _>>()
        .map_err(|_| {
            value::wrong(
                written,
                "ProxyJump",
                "[USER@]HOST[:PORT], or several with commas",
            )
        })
}

fn alive(selection: &Selection<'_>) -> Result<Option<(Duration, u32)>, ConfigError> {
    let interval = value::duration(selection, "ServerAliveInterval")?;
    let interval = interval.unwrap_or(Duration::from_secs(15));
    let most = value::number(selection, "ServerAliveCountMax")?.unwrap_or(4);
    Ok((!interval.is_zero()).then_some((interval, most)))
}

fn unknown_host(selection: &Selection<'_>) -> Result<UnknownHost, ConfigError> {
    #[derive(Clone, Copy)]
    enum Word {
        Refuse,
        AcceptNew,
        Anybody,
    }
    let option = "StrictHostKeyChecking";
    let words = [
        ("yes", Word::Refuse),
        ("ask", Word::Refuse),
        ("accept-new", Word::AcceptNew),
        ("no", Word::Anybody),
        ("off", Word::Anybody),
    ];
    let word = value::word(selection, option, &words, "yes, ask or accept-new")?;
    Ok(match word {
        Some(Word::AcceptNew) => UnknownHost::AcceptAndNote,
        // A host whose key is known is none the worse for it, so the option itself is no error.
        Some(Word::Anybody) => match selection.option("stricthostkeychecking") {
            Some(written) => UnknownHost::RefuseThough(written.place.clone()),
            None => UnknownHost::Refuse,
        },
        Some(Word::Refuse) | None => UnknownHost::Refuse,
    })
}

fn known_hosts_files(
    selection: &Selection<'_>,
    tokens: &Tokens<'_>,
    option: &'static str,
    usual: [&str; 2],
) -> Result<Vec<PathBuf>, ConfigError> {
    match selection.option(&option.to_ascii_lowercase()) {
        None => Ok(usual
            .iter()
            .filter_map(|path| tokens.path(path).ok())
            .collect()),
        Some(written) if written.words[0].eq_ignore_ascii_case("none") => Ok(Vec::new()),
        Some(written) => written
            .words
            .iter()
            .map(|word| {
                tokens
                    .path(word)
                    .map_err(|expected| value::wrong(written, option, expected))
            })
            .collect(),
    }
}

fn algorithms(selection: &Selection<'_>) -> Algorithms {
    let list = |keyword| {
        let written = selection.option(keyword)?;
        Some((written.words.join(","), written.place.clone()))
    };
    Algorithms {
        host_key: list("hostkeyalgorithms"),
        key_exchange: list("kexalgorithms"),
        cipher: list("ciphers"),
        mac: list("macs"),
    }
}
