use std::env;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use rustix::process::getuid;

/// What is known about the person who connects, and what that one asked for on the command line.
/// It goes before what `~/.ssh/config` says.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SshOptions {
    /// Keys to try before all others, the `-i` of `ssh`. They are for the destination, not for the
    /// hosts on the way.
    pub identity_files: Vec<PathBuf>,
    /// How the user proves who it is.
    pub login: Login,
    /// The home directory: where `~/.ssh` is.
    pub home: PathBuf,
    /// The user's name here, which is also tried there unless another is named.
    pub local_user: String,
    /// The socket of the agent, if there is one.
    pub agent: Option<PathBuf>,
    /// The user's configuration; `None` reads none.
    pub config: Option<PathBuf>,
    /// The configuration of all users of this machine; `None` reads none.
    pub system_config: Option<PathBuf>,
    /// How long finding, reaching and greeting each host may take, unless the configuration says
    /// otherwise (`ConnectTimeout`).
    pub connect_timeout: Duration,
}

/// How the user proves who it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Login {
    /// With keys, and with a password where the server takes one and somebody can be asked.
    #[default]
    KeysThenPassword,
    /// With a password; no key is tried.
    Password,
}

impl SshOptions {
    /// What the environment says: `HOME`, `USER` or `LOGNAME`, `SSH_AUTH_SOCK`; for the first two,
    /// `/etc/passwd` when it says nothing.
    pub fn from_environment() -> Self {
        let variable = |name| env::var_os(name).filter(|value| !value.is_empty());
        let account = Account::of_this_process();
        let home = variable("HOME")
            .map(PathBuf::from)
            .or_else(|| account.as_ref().map(|account| account.home.clone()))
            .unwrap_or_else(|| PathBuf::from("/"));
        let local_user = ["USER", "LOGNAME"]
            .into_iter()
            .find_map(|name| variable(name)?.into_string().ok())
            .or_else(|| account.map(|account| account.name))
            .unwrap_or_default();
        Self {
            identity_files: Vec::new(),
            login: Login::default(),
            config: Some(home.join(".ssh/config")),
            system_config: Some(PathBuf::from("/etc/ssh/ssh_config")),
            agent: variable("SSH_AUTH_SOCK").map(PathBuf::from),
            connect_timeout: Duration::from_secs(15),
            home,
            local_user,
        }
    }
}

/// A line of `/etc/passwd`.
struct Account {
    name: String,
    home: PathBuf,
}

impl Account {
    fn of_this_process() -> Option<Self> {
        let uid = getuid().as_raw().to_string();
        let accounts = fs::read_to_string("/etc/passwd").ok()?;
        accounts.lines().find_map(|line| {
            let fields: Vec<_> = line.split(':').collect();
            match fields[..] {
                [name, _, id, _, _, home, ..] if id == uid => Some(Self {
                    name: name.to_owned(),
                    home: PathBuf::from(home),
                }),
                _ => None,
            }
        })
    }
}
