//! Which keys of a host are known, from the files that `ssh` keeps.
//!
//! libssh2 has functions for it, which know neither `@revoked` nor patterns, and cannot say in
//! which line a key stands.

mod entry;
mod note;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use self::entry::{Entry, Marker};
use super::config::Settings;
use super::host_key::HostKey;
use super::place::Place;

pub(super) use self::note::note;

/// The names under which a host stands in the files.
#[derive(Debug)]
pub(super) struct HostNames {
    /// With the port, unless it is the usual one.
    exact: String,
    /// Without; a key that stands there is trusted on any port, as `ssh` does.
    any_port: Option<String>,
}

impl HostNames {
    pub(super) fn new(settings: &Settings) -> Self {
        if let Some(alias) = &settings.host_keys.alias {
            return Self {
                exact: alias.to_ascii_lowercase(),
                any_port: None,
            };
        }
        let host = settings.host.to_ascii_lowercase();
        if settings.port == 22 {
            Self {
                exact: host,
                any_port: None,
            }
        } else {
            Self {
                exact: format!("[{host}]:{}", settings.port),
                any_port: Some(host),
            }
        }
    }

    pub(super) fn exact(&self) -> &str {
        &self.exact
    }
}

/// What the files say about one host.
#[derive(Debug, Default)]
pub(super) struct KnownHosts {
    keys: Vec<Known>,
    revoked: Vec<Known>,
    authority: Option<Place>,
}

#[derive(Debug)]
struct Known {
    key: HostKey,
    place: Place,
    /// Not only under the name without the port.
    exact: bool,
}

/// What is to be thought of the key that a host showed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Trusted,
    /// Nothing is known about the host, unless that an authority vouches for it.
    Unknown {
        authority: Option<Place>,
    },
    /// Another key of this kind is known.
    Changed {
        place: Place,
    },
    /// Keys of other kinds are known, none of this one.
    OtherKind {
        known: Vec<(String, Place)>,
    },
    Revoked {
        place: Place,
    },
}

impl KnownHosts {
    /// Reads what concerns a host. A file that is not there says nothing; one that cannot be read
    /// is an error, because it could say that a key was revoked.
    pub(super) fn read<'a>(
        files: impl IntoIterator<Item = &'a PathBuf>,
        names: &HostNames,
    ) -> Result<Self, (PathBuf, io::Error)> {
        let mut known = Self::default();
        for file in files {
            match fs::read(file) {
                Ok(bytes) => known.add(file, &String::from_utf8_lossy(&bytes), names),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err((file.clone(), error)),
            }
        }
        Ok(known)
    }

    fn add(&mut self, file: &Path, text: &str, names: &HostNames) {
        let file = Arc::new(file.to_owned());
        for (number, line) in (1..).zip(text.lines()) {
            let Some(entry) = Entry::read(line) else {
                continue;
            };
            let exact = entry.names(&names.exact);
            if !exact
                && !names
                    .any_port
                    .as_ref()
                    .is_some_and(|host| entry.names(host))
            {
                continue;
            }
            let place = Place::new(&file, number);
            let known = |key| Known {
                key,
                place: place.clone(),
                exact,
            };
            match (entry.marker, entry.key()) {
                (Marker::Authority, _) => self.authority = Some(place),
                (Marker::None, Some(key)) => self.keys.push(known(key)),
                (Marker::Revoked, Some(key)) => self.revoked.push(known(key)),
                (_, None) => {}
            }
        }
    }

    /// The kinds of the keys that are known.
    pub(super) fn kinds(&self) -> Vec<&str> {
        self.keys.iter().map(|known| known.key.kind()).collect()
    }

    pub(super) fn judge(&self, shown: &HostKey) -> Verdict {
        if let Some(known) = self.revoked.iter().find(|known| known.key == *shown) {
            let place = known.place.clone();
            return Verdict::Revoked { place };
        }
        if self.keys.iter().any(|known| known.key == *shown) {
            return Verdict::Trusted;
        }
        let mut exact = self.keys.iter().filter(|known| known.exact);
        if let Some(known) = exact.clone().find(|known| known.key.kind() == shown.kind()) {
            let place = known.place.clone();
            return Verdict::Changed { place };
        }
        if exact.clone().next().is_some() {
            let known = exact
                .by_ref()
                .map(|known| (known.key.kind().to_owned(), known.place.clone()))
                .collect();
            return Verdict::OtherKind { known };
        }
        Verdict::Unknown {
            authority: self.authority.clone(),
        }
    }
}

#[cfg(test)]
mod tests;
