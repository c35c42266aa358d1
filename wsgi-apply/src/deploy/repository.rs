//! A revision of a git repository, and what a host knows of it.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use super::{SURVEY_END, SourceError};
use crate::{Digest, HostError, Unreadable};

/// A revision of a git repository.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Repository {
    /// Where it is, as git(1) takes it.
    pub url: String,
    /// A branch, a tag or a commit.
    pub revision: String,
}

impl Repository {
    /// The one that `git:URL#REVISION` names; none when `text` names something else.
    ///
    /// # Errors
    /// [`SourceError`] when it names one that cannot be asked for, or not without somebody's password
    /// among a program's arguments.
    pub fn parse(text: &str) -> Result<Option<Self>, SourceError> {
        let Some(text) = text.strip_prefix("git:") else {
            return Ok(None);
        };
        let (url, revision) = text.split_once('#').unwrap_or((text, "HEAD"));
        let is_odd = |c: char| c.is_whitespace() || c.is_control();
        if url.is_empty() || [url, revision].iter().any(|name| name.starts_with('-')) {
            return Err(SourceError::Unnameable(text.to_owned()));
        }
        if revision.is_empty() || revision.contains(|c| is_odd(c) || c == ':' || c == '+') {
            return Err(SourceError::Unnameable(text.to_owned()));
        }
        if let Some((scheme, rest)) = url.split_once("://") {
            let authority = rest.split('/').next().unwrap_or_default();
            let user = authority.rsplit_once('@').map(|(user, _)| user);
            // ssh(1) logs in as somebody; of HTTP, a name alone may be a token.
            let is_named =
                user.is_some_and(|user| scheme.starts_with("http") || user.contains(':'));
            if is_named {
                return Err(SourceError::Named);
            }
        }
        Ok(Some(Self {
            url: url.to_owned(),
            revision: revision.to_owned(),
        }))
    }

    /// Whether it is on another machine than this.
    pub fn is_remote(&self) -> bool {
        if let Some((scheme, _)) = self.url.split_once("://") {
            return scheme != "file";
        }
        // As git(1) tells `host:path` from a path with a colon in it.
        let colon = self.url.find(':');
        colon.is_some_and(|colon| !self.url[..colon].contains('/'))
    }
}

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.revision, self.url)
    }
}

/// A revision that a host has fetched.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Fetched {
    /// The commit, all of its digits.
    pub commit: String,
    /// The submodules, which are empty directories in the release.
    pub submodules: Vec<String>,
    /// The files that may say what is to be installed.
    pub(super) files: BTreeMap<String, FetchedFile>,
}

/// A file of a revision that a host has fetched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct FetchedFile {
    pub(super) digest: Digest,
    /// Those of its lines that may lead to other files.
    pub(super) text: String,
}

/// Why a host has not fetched a revision.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// The host did not answer.
    #[error(transparent)]
    Host(#[from] HostError),
    /// There is no git(1) on the host.
    #[error("there is no git on the host")]
    NoGit,
    /// git(1) failed.
    #[error("git cannot fetch {what}: {said}")]
    Refused {
        /// The repository and revision.
        what: String,
        /// What it says.
        said: String,
    },
}

impl FetchError {
    /// What to do about it.
    pub fn help(&self) -> Option<&'static str> {
        match self {
            Self::Host(error) => error.help(),
            Self::NoGit => Some("install git there, or fetch it here: `--git-fetch here`"),
            Self::Refused { said, .. } if said.contains("Host key verification failed") => Some(
                "the app's user does not know the git server: add its key to that user's \
                 .ssh/known_hosts, or fetch it here: `--git-fetch here`",
            ),
            Self::Refused { .. } => Some(
                "it is fetched on the host as the app's user, with that one's keys; `--git-fetch here` \
                 fetches it with yours",
            ),
        }
    }
}

impl Fetched {
    /// The commit, as it names a release.
    pub fn revision(&self) -> &str {
        self.commit.get(..10).unwrap_or(&self.commit)
    }

    /// What the program says.
    pub(super) fn read(
        answer: &str,
        mark: &str,
        repository: &Repository,
    ) -> Result<Self, FetchError> {
        let cut = || HostError::from(Unreadable::Cut);
        let begun = answer.split_once(&format!("{mark}\0"));
        let ended = begun.and_then(|(_, rest)| rest.split_once(&format!("{mark}{SURVEY_END}\0")));
        let (records, _) = ended.ok_or_else(cut)?;
        let mut fetched = Self::default();
        for record in records.split_terminator('\0') {
            let (word, rest) = record.split_once('\t').unwrap_or((record, ""));
            match word {
                "nogit" => return Err(FetchError::NoGit),
                "refused" => {
                    return Err(FetchError::Refused {
                        what: repository.to_string(),
                        said: rest.to_owned(),
                    });
                }
                "commit" => rest.clone_into(&mut fetched.commit),
                "submodule" => fetched.submodules.push(rest.to_owned()),
                "file" => {
                    let mut fields = rest.splitn(3, '\t');
                    let mut field = || fields.next().ok_or_else(cut);
                    let (digest, path, text) = (field()?, field()?, field()?);
                    let digest = Digest::parse(digest).ok_or_else(cut)?;
                    let text = text.to_owned();
                    let file = FetchedFile { digest, text };
                    fetched.files.insert(path.to_owned(), file);
                }
                _ => {}
            }
        }
        let is_hash = |text: &str| text.len() >= 40 && text.bytes().all(|b| b.is_ascii_hexdigit());
        if !is_hash(&fetched.commit) {
            return Err(cut().into());
        }
        Ok(fetched)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repository(text: &str) -> Repository {
        let parsed = Repository::parse(text).expect("a repository");
        parsed.expect("a repository")
    }

    #[test]
    fn what_is_on_another_machine_is_told_from_a_path() {
        for remote in [
            "git:https://git.example.org/shop#v1.2",
            "git:ssh://git@git.example.org/shop",
            "git:git@git.example.org:ada/shop.git#main",
        ] {
            assert!(repository(remote).is_remote(), "{remote}");
        }
        for near in [
            "git:.#main",
            "git:/srv/shop.git",
            "git:file:///srv/shop.git",
            "git:./a:b",
        ] {
            assert!(!repository(near).is_remote(), "{near}");
        }
        assert_eq!(repository("git:.").revision, "HEAD");
        assert!(Repository::parse("shop.tar.gz").expect("a path").is_none());
    }

    #[test]
    fn no_password_becomes_an_argument() {
        for named in [
            "git:https://ada:pw@git.example.org/shop",
            "git:https://ghp_token@git.example.org/shop#main",
            "git:ssh://git:pw@git.example.org/shop",
        ] {
            let refused = Repository::parse(named).expect_err("refused");
            assert!(matches!(refused, SourceError::Named), "{named}");
            assert!(!refused.to_string().contains("pw"), "{refused}");
        }
        for odd in [
            "git:#main",
            "git:--upload-pack=x#main",
            "git:.#-x",
            "git:.#a:b",
            "git:.#",
        ] {
            let refused = Repository::parse(odd).expect_err("refused");
            assert!(matches!(refused, SourceError::Unnameable(_)), "{odd}");
        }
    }
}
