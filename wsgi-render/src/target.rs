//! The host that files are rendered for.

use std::fmt;

/// A dotted version, compared part by part.
///
/// ```
/// use wsgi_render::Version;
/// assert!(Version::new(1, 22, 1) < Version::new(1, 25, 1));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(u16, u16, u16);

impl Version {
    /// A version of three parts.
    pub const fn new(major: u16, minor: u16, patch: u16) -> Self {
        Self(major, minor, patch)
    }

    /// Parses `1.22.1`, `3.0` or `3`, and what programs say of themselves, as `nginx/1.22.1 (Debian)`:
    /// the first number and what its dots join to it.
    pub fn parse(text: &str) -> Option<Self> {
        let numbers = text
            .split(|c: char| !c.is_ascii_digit() && c != '.')
            .find(|part| part.starts_with(|c: char| c.is_ascii_digit()))?;
        let mut parts = numbers.split('.').map(str::parse::<u16>);
        let major = parts.next()?.ok()?;
        let mut next = || parts.next().and_then(Result::ok).unwrap_or(0);
        Some(Self(major, next(), next()))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

/// What starts services on the host.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Init {
    /// systemd.
    #[default]
    Systemd,
    /// Scripts in `/etc/init.d`.
    SysV,
}

/// The host that files are rendered for. The *paths* of a bundle never depend on it, only contents.
///
/// The default suits Debian 12 and everything newer: the oldest syntax that they all take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Target {
    /// nginx's version (`nginx -v`).
    pub nginx: Version,
    /// The version of OpenSSL that nginx runs with (`nginx -V`).
    pub openssl: Version,
    /// The init system.
    pub init: Init,
}

impl Default for Target {
    fn default() -> Self {
        Self {
            nginx: Version::new(1, 22, 1),
            openssl: Version::new(3, 0, 0),
            init: Init::Systemd,
        }
    }
}

impl Target {
    /// A host with the nginx whose `nginx -V` printed `nginx`, if it has one, and this init system.
    /// What is not said is as by default.
    pub fn reported(nginx: Option<&str>, init: Init) -> Self {
        let mut target = Self {
            init,
            ..Self::default()
        };
        let after = |mark: &str| {
            let (_, rest) = nginx?.split_once(mark)?;
            Version::parse(rest.lines().next()?)
        };
        if let Some(version) = after("nginx version:") {
            target.nginx = version;
        }
        // It says `running with` where that is another one than it was built with.
        if let Some(version) = after("running with OpenSSL").or_else(|| after("built with OpenSSL"))
        {
            target.openssl = version;
        }
        target
    }
}

#[cfg(test)]
mod tests {
    use super::{Init, Target, Version};

    #[test]
    fn a_host_is_known_from_what_its_nginx_says() {
        let text = "nginx version: nginx/1.26.3\nbuilt with OpenSSL 3.4.0 22 Oct 2024 (running \
                    with OpenSSL 3.5.1 1 Jul 2025)\nconfigure arguments: --with-cc-opt='-g -O2'\n";
        let target = Target::reported(Some(text), Init::SysV);
        assert_eq!(target.nginx, Version::new(1, 26, 3));
        assert_eq!(target.openssl, Version::new(3, 5, 1));
        assert_eq!(target.init, Init::SysV);
        let text = "nginx version: nginx/1.18.0 (Ubuntu)\nbuilt with OpenSSL 1.1.1f  31 Mar 2020\n";
        let target = Target::reported(Some(text), Init::Systemd);
        assert_eq!(target.nginx, Version::new(1, 18, 0));
        assert_eq!(target.openssl, Version::new(1, 1, 1));
        assert_eq!(Target::reported(None, Init::Systemd), Target::default());
    }

    #[test]
    fn a_version_is_read_from_what_programs_say() {
        for (text, version) in [
            (
                "nginx version: nginx/1.22.1 (Debian)",
                Some(Version::new(1, 22, 1)),
            ),
            ("nginx/1.18.0", Some(Version::new(1, 18, 0))),
            ("OpenSSL 3.0.2 15 Mar 2022", Some(Version::new(3, 0, 2))),
            ("1.25.1-beta", Some(Version::new(1, 25, 1))),
            ("3", Some(Version::new(3, 0, 0))),
            ("nginx", None),
        ] {
            assert_eq!(Version::parse(text), version, "{text}");
        }
    }
}
