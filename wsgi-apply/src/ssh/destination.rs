use std::fmt;
use std::str::FromStr;

/// Where to connect to, as a person writes it: `[USER@]HOST[:PORT]`, where HOST may be a name that
/// only `~/.ssh/config` knows, or an IPv6 address in brackets.
///
/// ```
/// let web: wsgi_apply::ssh::Destination = "deploy@web1:2222".parse()?;
/// assert_eq!(web.host(), "web1");
/// assert_eq!(web.port(), Some(2222));
/// # Ok::<(), wsgi_apply::ssh::InvalidDestination>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    user: Option<String>,
    host: String,
    port: Option<u16>,
}

impl Destination {
    /// The user, when one was named.
    pub fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// The host as written, without brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port, when one was named.
    pub fn port(&self) -> Option<u16> {
        self.port
    }
}

impl FromStr for Destination {
    type Err = InvalidDestination;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = |reason| InvalidDestination {
            text: text.escape_debug().to_string(),
            reason,
        };
        let bare = text.strip_prefix("ssh://").unwrap_or(text);
        let bare = bare.strip_suffix('/').unwrap_or(bare);
        // A user's name may hold an @, a host's not.
        let (user, place) = match bare.rsplit_once('@') {
            Some((user, place)) => (Some(user), place),
            None => (None, bare),
        };
        let (host, port) = if let Some(bracketed) = place.strip_prefix('[') {
            let (host, rest) = bracketed
                .split_once(']')
                .ok_or_else(|| invalid("a bracket is not closed"))?;
            match rest.strip_prefix(':') {
                Some(port) => (host, Some(port)),
                None if rest.is_empty() => (host, None),
                None => return Err(invalid("text follows the bracket")),
            }
        } else {
            match place.split_once(':') {
                // More than one colon: an IPv6 address, which leaves no room for a port.
                Some((_, port)) if port.contains(':') => (place, None),
                Some((host, port)) => (host, Some(port)),
                None => (place, None),
            }
        };
        let port = port
            .map(|port| port.parse().ok().filter(|port| *port != 0))
            .map(|port| port.ok_or_else(|| invalid("the port is not a number from 1 to 65535")))
            .transpose()?;
        for (name, empty, dash) in [
            (
                user,
                "the user is empty",
                "a user's name does not start with a dash",
            ),
            (
                Some(host),
                "the host is empty",
                "a host's name does not start with a dash",
            ),
        ] {
            let Some(name) = name else { continue };
            if name.is_empty() {
                return Err(invalid(empty));
            }
            if name.starts_with('-') {
                return Err(invalid(dash));
            }
            if name.contains(|c: char| c.is_control() || c.is_whitespace()) {
                return Err(invalid("a name has no blanks"));
            }
        }
        Ok(Self {
            user: user.map(str::to_owned),
            host: host.to_owned(),
            port,
        })
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(user) = &self.user {
            write!(f, "{user}@")?;
        }
        match self.port {
            Some(port) if self.host.contains(':') => write!(f, "[{}]:{port}", self.host),
            Some(port) => write!(f, "{}:{port}", self.host),
            None => f.write_str(&self.host),
        }
    }
}

/// Text that names no host.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no host: {reason}; write [USER@]HOST[:PORT]")]
pub struct InvalidDestination {
    text: String,
    reason: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_is_understood_and_written_back() {
        for (text, user, host, port) in [
            ("web1", None, "web1", None),
            ("deploy@web1:2222", Some("deploy"), "web1", Some(2222)),
            ("me@corp@web1", Some("me@corp"), "web1", None),
            ("[2001:db8::1]:22", None, "2001:db8::1", Some(22)),
            ("2001:db8::1", None, "2001:db8::1", None),
            ("root@[::1]", Some("root"), "::1", None),
            ("ssh://root@web1:22/", Some("root"), "web1", Some(22)),
        ] {
            let parsed: Destination = text.parse().expect(text);
            assert_eq!(
                (parsed.user(), parsed.host(), parsed.port()),
                (user, host, port),
                "{text}"
            );
            assert_eq!(parsed.to_string().parse(), Ok(parsed));
        }
    }

    #[test]
    fn what_names_no_host_is_refused() {
        for text in [
            "",
            "@",
            "root@",
            "@web1",
            "web1:",
            "web1:0",
            "web1:65536",
            "web1:ssh",
            "[::1",
            "[::1]22",
            "-oProxyCommand=x",
            "-l@web1",
            "web 1",
            "web1\n",
            "\u{1b}[2J",
        ] {
            assert!(text.parse::<Destination>().is_err(), "{text:?}");
        }
    }
}
