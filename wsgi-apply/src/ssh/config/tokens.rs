use std::env;
use std::path::{Path, PathBuf};

use rustix::process::getuid;
use rustix::system::uname;

/// What the `%` tokens of a configuration stand for.
pub(super) struct Tokens<'a> {
    pub(super) home: &'a Path,
    pub(super) local_user: &'a str,
    /// As named by the person.
    pub(super) original: &'a str,
    /// As it is connected to.
    pub(super) host: &'a str,
    pub(super) port: u16,
    pub(super) user: &'a str,
    /// The name in `known_hosts`, where it is another.
    pub(super) alias: Option<&'a str>,
}

impl Tokens<'_> {
    /// A path with `~`, tokens and variables replaced.
    pub(super) fn path(&self, text: &str) -> Result<PathBuf, &'static str> {
        let text = match text.strip_prefix('~') {
            None => text.to_owned(),
            Some(rest) if rest.is_empty() || rest.starts_with('/') => {
                format!("%d{rest}")
            }
            Some(_) => return Err("a path without another user's ~"),
        };
        self.expand(&text).map(PathBuf::from)
    }

    fn expand(&self, text: &str) -> Result<String, &'static str> {
        let mut expanded = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find(['%', '$']) {
            expanded.push_str(&rest[..at]);
            let special = &rest[at..];
            rest = if let Some(named) = special.strip_prefix("${") {
                let (name, after) = named.split_once('}').ok_or("a path whose ${ is closed")?;
                let value = env::var(name).map_err(|_| "a path of variables that are set")?;
                expanded.push_str(&value);
                after
            } else if let Some(after) = special.strip_prefix('$') {
                expanded.push('$');
                after
            } else {
                let mut chars = special[1..].chars();
                expanded.push_str(&self.token(chars.next())?);
                chars.as_str()
            };
        }
        expanded.push_str(rest);
        Ok(expanded)
    }

    fn token(&self, token: Option<char>) -> Result<String, &'static str> {
        let node = || uname().nodename().to_string_lossy().into_owned();
        Ok(match token {
            Some('%') => "%".to_owned(),
            Some('d') => self.home.to_str().ok_or("a path in UTF-8")?.to_owned(),
            Some('h') => self.host.to_owned(),
            Some('i') => getuid().as_raw().to_string(),
            Some('k') => self.alias.unwrap_or(self.original).to_owned(),
            Some('L') => node().split('.').next().unwrap_or_default().to_owned(),
            Some('l') => node(),
            Some('n') => self.original.to_owned(),
            Some('p') => self.port.to_string(),
            Some('r') => self.user.to_owned(),
            Some('u') => self.local_user.to_owned(),
            _ => return Err("a path with the tokens %% %d %h %i %k %L %l %n %p %r %u"),
        })
    }
}

/// The `HostName` of a host: there, `%h` is the name as the person wrote it.
pub(super) fn host_name(text: &str, original: &str) -> Result<String, &'static str> {
    let mut name = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '%' => match chars.next() {
                Some('%') => name.push('%'),
                Some('h' | 'n') => name.push_str(original),
                _ => return Err("a name with the tokens %% and %h"),
            },
            c => name.push(c),
        }
    }
    Ok(name)
}
