use super::connect_error::{ConnectError, MOST_JUMPS, ShownKey};
use super::tried::Tried;

impl ConnectError {
    /// What to do about it.
    pub fn help(&self) -> String {
        match self {
            Self::Config(error) => error.help(),
            Self::Resolve { .. } => {
                "check the name, or give the address as `HostName` in ~/.ssh/config".to_owned()
            }
            Self::Refused { .. } => {
                "check that sshd runs there, and on this port: systemctl status ssh".to_owned()
            }
            Self::Unreachable { .. } | Self::TimedOut { .. } => {
                "check address, port and firewall; `ConnectTimeout` in ~/.ssh/config gives it more \
                 time"
                    .to_owned()
            }
            Self::NotSsh { .. } => "check the port: something else answers on it".to_owned(),
            Self::Handshake { .. } => {
                "try `ssh -v` to the same host; the log of its sshd says more".to_owned()
            }
            Self::UnknownHostKey {
                shown,
                authority,
                ignored,
            } => {
                let mut help = shown.how_to_accept();
                if let Some(place) = authority {
                    help = format!(
                        "{help}. {place} vouches for the host by an authority, which is not \
                         supported here: the key itself has to be known"
                    );
                }
                if let Some(place) = ignored {
                    help = format!(
                        "{help}. {place} says to trust any host, which is not followed: write \
                         `StrictHostKeyChecking accept-new` to accept hosts that are new"
                    );
                }
                help
            }
            Self::ChangedHostKey { shown, place } => format!(
                "if the host was set up anew, forget its old key with `ssh-keygen -f '{}' -R \
                 '{}'`; otherwise somebody may be in between",
                place.file().display(),
                shown.name
            ),
            Self::OtherHostKey { shown, .. } => format!(
                "if the host was given another key, {}; otherwise somebody may be in between",
                shown.how_to_accept()
            ),
            Self::RevokedHostKey { .. } => {
                "somebody else may have this key: give the host a new one".to_owned()
            }
            Self::ShortHostKey { .. } => {
                "give the host a new key: ssh-keygen -A makes those that it lacks".to_owned()
            }
            Self::KnownHosts { path, writing, .. } => format!(
                "make {} {} for yourself",
                path.display(),
                if *writing { "writable" } else { "readable" }
            ),
            Self::Key { source, .. } => source.help().to_owned(),
            Self::Authentication {
                user,
                tried,
                offered,
                ..
            } => login_help(user, tried, offered),
            Self::Jump { source, .. } => source.help(),
            Self::Forward { hop, .. } => format!(
                "check that it can reach that host, and that its sshd allows it \
                 (`AllowTcpForwarding`): ssh -W HOST:PORT {hop}"
            ),
            Self::TooManyJumps { .. } => {
                format!("remove the circle of `ProxyJump`s; at most {MOST_JUMPS} are followed")
            }
            Self::Local(_) => "see the cause".to_owned(),
        }
    }
}

fn login_help(user: &str, tried: &[Tried], offered: &[String]) -> String {
    if tried.iter().any(Tried::has_hung_up) {
        return "the server hangs up after a few tries: name the key with -i, or as `IdentityFile` \
                with `IdentitiesOnly yes` in ~/.ssh/config; --ask-pass tries no key"
            .to_owned();
    }
    let help = format!(
        "check with `ssh -v`; name the key with -i, and have its public half in \
         ~{user}/.ssh/authorized_keys there"
    );
    let passwords = ["password", "keyboard-interactive"];
    if offered
        .iter()
        .any(|method| passwords.contains(&method.as_str()))
    {
        format!("{help}; or give a password: --ask-pass")
    } else if offered.is_empty() {
        help
    } else {
        format!("{help}; the server takes {}", offered.join(", "))
    }
}

impl ShownKey {
    fn how_to_accept(&self) -> String {
        let kind = match self.key.kind() {
            "ssh-rsa" => "rsa",
            kind if kind.starts_with("ecdsa-") => "ecdsa",
            _ => "ed25519",
        };
        let compare = format!(
            "compare its fingerprint with the host's own (there: ssh-keygen -l -f \
             /etc/ssh/ssh_host_{kind}_key.pub)"
        );
        let (host, port) = &self.address;
        match &self.file {
            Some(file) if self.is_direct && *host == name_without_port(&self.name) => {
                let port = match port {
                    22 => String::new(),
                    port => format!("-p {port} "),
                };
                let file = file.display();
                format!("{compare}, then accept it: ssh-keyscan {port}-t {kind} {host} >> {file}")
            }
            Some(_) => format!("{compare}, then accept it: ssh {}", self.destination),
            None => format!("{compare}; no file of known hosts is configured to note it in"),
        }
    }
}

fn name_without_port(name: &str) -> &str {
    name.strip_prefix('[')
        .and_then(|name| name.rsplit_once("]:"))
        .map_or(name, |(host, _)| host)
}
