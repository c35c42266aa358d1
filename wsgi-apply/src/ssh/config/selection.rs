use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::process::getuid;

use super::error::ConfigError;
use super::include;
use super::line::Line;
use super::tokens::host_name;
use crate::ssh::place::Place;
use crate::ssh::wildcard::list_matches;

/// OpenSSH's own limit.
const DEEPEST: usize = 16;

/// An option as written.
#[derive(Clone, Debug)]
pub(super) struct Written {
    pub(super) words: Vec<String>,
    pub(super) place: Place,
    /// The number of options before it: of two that exclude each other, the first wins.
    pub(super) order: usize,
}

/// The lines of the configuration that concern one host.
#[derive(Debug)]
pub(super) struct Selection<'a> {
    original: &'a str,
    /// The user that the person named.
    user: Option<&'a str>,
    local_user: &'a str,
    home: &'a Path,
    /// Of each option, the first.
    first: BTreeMap<String, Written>,
    /// Of `IdentityFile`, all.
    identity_files: Vec<Written>,
    order: usize,
    /// Whether a second reading was asked for (`Match final`), and whether this is it.
    wants_final: bool,
    is_final: bool,
}

/// Whose file it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    User,
    System,
}

impl<'a> Selection<'a> {
    pub(super) fn read(
        files: &[(&Path, Scope)],
        original: &'a str,
        user: Option<&'a str>,
        local_user: &'a str,
        home: &'a Path,
    ) -> Result<Self, ConfigError> {
        let mut selection = Self {
            original,
            user,
            local_user,
            home,
            first: BTreeMap::new(),
            identity_files: Vec::new(),
            order: 0,
            wants_final: false,
            is_final: false,
        };
        let read_all = |selection: &mut Self| {
            files
                .iter()
                .try_for_each(|(file, scope)| selection.file(file, *scope, None, 0))
        };
        read_all(&mut selection)?;
        if selection.wants_final {
            // What was set before stays: the first one wins.
            selection.is_final = true;
            read_all(&mut selection)?;
        }
        Ok(selection)
    }

    pub(super) fn option(&self, keyword: &str) -> Option<&Written> {
        self.first.get(keyword)
    }

    pub(super) fn identity_files(&self) -> &[Written] {
        &self.identity_files
    }

    fn file(
        &mut self,
        path: &Path,
        scope: Scope,
        included: Option<&Place>,
        depth: usize,
    ) -> Result<(), ConfigError> {
        if let Some(place) = included.filter(|_| depth > DEEPEST) {
            let place = place.clone();
            return Err(ConfigError::IncludedTooDeep { place });
        }
        let unreadable = |source| ConfigError::Unreadable {
            path: path.to_owned(),
            source,
        };
        let bytes = match fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(unreadable(error)),
        };
        if scope == Scope::User {
            let metadata = fs::metadata(path).map_err(unreadable)?;
            let owned = [0, getuid().as_raw()].contains(&metadata.uid());
            if !owned || metadata.mode() & 0o022 != 0 {
                let path = path.to_owned();
                return Err(ConfigError::WritableByOthers { path });
            }
        }
        let file = Arc::new(path.to_owned());
        let text = String::from_utf8_lossy(&bytes);
        let mut active = true;
        for (number, line) in (1..).zip(text.lines()) {
            let place = Place::new(&file, number);
            let line = match Line::read(line) {
                Ok(Some(line)) => line,
                Ok(None) => continue,
                Err(reason) => return Err(ConfigError::Syntax { place, reason }),
            };
            match line.keyword.as_str() {
                "host" => active = list_matches(words(&line), self.original),
                "match" => active = self.is_match(&line.words, &place)?,
                _ if !active => {}
                "include" => {
                    for word in &line.words {
                        for path in include::files(&self.included_path(word, scope)) {
                            self.file(&path, scope, Some(&place), depth + 1)?;
                        }
                    }
                }
                _ => self.note(line, place)?,
            }
        }
        Ok(())
    }

    fn note(&mut self, line: Line, place: Place) -> Result<(), ConfigError> {
        if line.words.is_empty() {
            let reason = "the option has no value";
            return Err(ConfigError::Syntax { place, reason });
        }
        self.order += 1;
        let written = Written {
            words: line.words,
            place,
            order: self.order,
        };
        if line.keyword == "identityfile" {
            let known = |other: &Written| other.words == written.words;
            if !self.identity_files.iter().any(known) {
                self.identity_files.push(written);
            }
        } else {
            self.first.entry(line.keyword).or_insert(written);
        }
        Ok(())
    }

    fn included_path(&self, word: &str, scope: Scope) -> PathBuf {
        match word.strip_prefix("~/") {
            Some(rest) => self.home.join(rest),
            // Relative to where the configuration lies, an absolute path stays.
            None if scope == Scope::User => self.home.join(".ssh").join(word),
            None => Path::new("/etc/ssh").join(word),
        }
    }

    fn is_match(&mut self, words: &[String], place: &Place) -> Result<bool, ConfigError> {
        let syntax = |reason| ConfigError::Syntax {
            place: place.clone(),
            reason,
        };
        if words.is_empty() {
            return Err(syntax("`Match` has no condition"));
        }
        let mut holds = true;
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let (negated, condition) = match word.strip_prefix('!') {
                Some(condition) => (true, condition),
                None => (false, word.as_str()),
            };
            let condition = condition.to_ascii_lowercase();
            let fulfilled = match condition.as_str() {
                "all" => true,
                // Host names are not made canonical here, so there is one reading more at most.
                "canonical" | "final" => {
                    self.wants_final |= condition == "final";
                    self.is_final
                }
                _ => {
                    let patterns = words
                        .next()
                        .ok_or_else(|| syntax("a condition of `Match` has no value"))?;
                    if !holds {
                        // `ssh` does not look at it either.
                        continue;
                    }
                    let subject = self.subject(&condition, place)?;
                    list_matches(patterns.split(','), &subject)
                }
            };
            holds &= fulfilled != negated;
        }
        Ok(holds)
    }

    /// What a condition of `Match` looks at.
    fn subject(&self, condition: &str, place: &Place) -> Result<String, ConfigError> {
        let first_word = |keyword| {
            let written = self.option(keyword)?;
            written.words.first().map(String::as_str)
        };
        Ok(match condition {
            "host" => match first_word("hostname") {
                Some(name) => host_name(name, self.original)
                    .unwrap_or_else(|_| name.to_owned())
                    .to_ascii_lowercase(),
                None => self.original.to_ascii_lowercase(),
            },
            "originalhost" => self.original.to_owned(),
            "user" => self
                .user
                .or_else(|| first_word("user"))
                .unwrap_or(self.local_user)
                .to_owned(),
            "localuser" => self.local_user.to_owned(),
            _ => {
                return Err(ConfigError::Refused {
                    place: place.clone(),
                    option: format!("Match {condition}"),
                    remedy: "use `Host`, or `Match` with host, originalhost, user or localuser",
                });
            }
        })
    }
}

fn words(line: &Line) -> impl Iterator<Item = &str> {
    line.words.iter().map(String::as_str)
}
