//! Absolute paths that every generated file can carry.

use std::fmt;

use camino::{Utf8Path, Utf8PathBuf};

use crate::Invalid;
use crate::name::shown;

/// An absolute, normalised path: starts with `/`, has no `.`, `..`, `//` or trailing slash.
///
/// Its characters are those that shell, nginx, supervisor, cron, sudo, logrotate and Python files
/// all carry: letters (of any script), digits, space and `/ . _ - + @ = ~`. At most 1,000 bytes.
///
/// ```
/// use wsgi_model::AbsPath;
/// let path = AbsPath::parse("/srv//my app/./media/")?;
/// assert_eq!(path.as_str(), "/srv/my app/media");
/// assert_eq!(path.join("a.png").as_str(), "/srv/my app/media/a.png");
/// assert!(AbsPath::parse("/srv/../etc").is_err());
/// # Ok::<(), wsgi_model::Invalid>(())
/// ```
// Kept as a text: comparing paths part by part is what sorting a bundle would spend its time on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AbsPath(String);

impl AbsPath {
    /// Parses and normalises `text`.
    ///
    /// # Errors
    /// [`Invalid`] when the text is relative, climbs with `..`, is too long, or has a character
    /// that one of the generated files would misread.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        if text.is_empty() {
            return Err(Invalid::new("the path is empty"));
        }
        if let Some(rest) = text.strip_suffix(';') {
            return Err(
                Invalid::new(format!("the path `{}` ends in `;`", shown(text))).help(format!(
                    "the role's README shows it that way, but nginx refuses it; write `{}`",
                    shown(rest)
                )),
            );
        }
        if !text.starts_with('/') {
            let help = if text.starts_with('~') {
                "`~` is not expanded in a vars file; write the whole path, starting with `/`"
            } else {
                "write the whole path on the server, starting with `/`"
            };
            return Err(
                Invalid::new(format!("`{}` is not an absolute path", shown(text))).help(help),
            );
        }
        let normal = normalised(text)?;
        Ok(Self(if normal.is_empty() {
            "/".into()
        } else {
            normal
        }))
    }

    /// A path that this crate derives from legal parts.
    pub(crate) fn derived(text: String) -> Self {
        debug_assert!(
            Self::parse(&text).is_ok_and(|p| p.as_str() == text),
            "{text}"
        );
        Self(text)
    }

    /// The path below this one. `name` is a relative path of legal letters.
    ///
    /// # Panics
    /// In debug builds, when `name` is absolute or climbs.
    #[must_use]
    pub fn join(&self, name: &str) -> Self {
        self.join_all(&[name])
    }

    /// As [`join`](Self::join), with the name in parts.
    #[must_use]
    pub(crate) fn join_all(&self, parts: &[&str]) -> Self {
        let base = if self.is_root() { "" } else { self.as_str() };
        let length: usize = parts.iter().map(|part| part.len()).sum();
        let mut path = String::with_capacity(base.len() + 1 + length);
        path.push_str(base);
        path.push('/');
        path.extend(parts.iter().copied());
        Self::derived(path)
    }

    /// The path without a trailing slash, `/` for the root.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The path as camino's type.
    pub fn as_path(&self) -> &Utf8Path {
        Utf8Path::new(&self.0)
    }

    /// The path with one trailing slash, as directories are written in variables and nginx's `alias`.
    pub fn with_slash(&self) -> String {
        if self.is_root() {
            "/".to_owned()
        } else {
            [self.as_str(), "/"].concat()
        }
    }

    /// Whether it is `/`.
    pub fn is_root(&self) -> bool {
        self.0 == "/"
    }

    /// The directory it stands in, none for `/`.
    pub fn parent(&self) -> Option<Self> {
        self.as_path().parent().map(|p| Self(p.to_string()))
    }

    /// The last part of it, none for `/`.
    pub fn file_name(&self) -> Option<&str> {
        self.as_path().file_name()
    }

    /// Whether it is `other` or lies below it.
    pub fn is_within(&self, other: &Self) -> bool {
        lies_within(self.as_str(), other.as_str())
    }
}

impl fmt::Display for AbsPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl AsRef<Utf8Path> for AbsPath {
    fn as_ref(&self) -> &Utf8Path {
        self.as_path()
    }
}

impl std::str::FromStr for AbsPath {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        Self::parse(text)
    }
}

/// A directory that the app's container creates, owns or fills: an [`AbsPath`] that is no
/// directory of the system.
///
/// `/`, `/etc`, `/home`, `/var/www` and their like, and everything below `/etc`, `/usr`, `/boot`,
/// `/proc` and other trees where an app has no business, are refused: the container gives what it
/// owns to the app's user.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OwnedDir(AbsPath);

impl OwnedDir {
    /// Parses and normalises `text`, with or without a trailing slash.
    ///
    /// # Errors
    /// As [`AbsPath::parse`], and for directories of the system.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        /// Nothing at or below these.
        const TREES: &[&str] = &[
            "/bin",
            "/boot",
            "/dev",
            "/etc",
            "/lib",
            "/lib32",
            "/lib64",
            "/libx32",
            "/proc",
            "/run",
            "/sbin",
            "/sys",
            "/usr",
            "/lost+found",
            "/var/run",
            "/var/lock",
            "/var/backups",
            "/var/spool",
            "/var/mail",
            "/var/cache/apt",
            "/var/lib/dpkg",
            "/var/lib/apt",
            "/var/lib/wsgi",
            "/var/lib/systemd",
            "/var/lib/nginx",
            "/var/log/nginx",
            "/var/log/supervisor",
            "/var/log/journal",
            "/root",
            "/tmp",
            "/var/tmp",
        ];
        /// Not these themselves; below them is fine.
        const PLACES: &[&str] = &[
            "/",
            "/home",
            "/media",
            "/mnt",
            "/opt",
            "/srv",
            "/var",
            "/var/cache",
            "/var/lib",
            "/var/local",
            "/var/log",
            "/var/opt",
            "/var/www",
            "/var/www/html",
            "/data",
        ];
        /// Local software may live here, as an exception from `/usr`.
        const LOCAL: &str = "/usr/local";

        let path = AbsPath::parse(text)?;
        let within = |tree: &str| lies_within(path.as_str(), tree);
        let below_local = within(LOCAL) && path.as_path().components().count() > 4;
        if PLACES.contains(&path.as_str()) || (TREES.iter().any(|t| within(t)) && !below_local) {
            return Err(Invalid::new(format!("`{path}` is a directory of the system"))
                .help("an app gets directories of its own, such as `/srv/shop`; its user would own this one"));
        }
        Ok(Self(path))
    }

    /// The path.
    pub fn path(&self) -> &AbsPath {
        &self.0
    }
}

impl std::ops::Deref for OwnedDir {
    type Target = AbsPath;

    fn deref(&self) -> &AbsPath {
        &self.0
    }
}

impl fmt::Display for OwnedDir {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A path below a release, such as `media/uploads`: relative, without `..`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RelativePath(Utf8PathBuf);

impl RelativePath {
    /// Parses and normalises `text`.
    ///
    /// # Errors
    /// [`Invalid`] when it is absolute, climbs, is empty, or has a letter that a path cannot have here.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        if text.is_empty() {
            return Err(Invalid::new("the path is empty"));
        }
        if text.starts_with('/') {
            return Err(Invalid::new(format!("`{}` is absolute", shown(text)))
                .help("write it as seen from the release's directory, such as `uploads`"));
        }
        let normal = normalised(text)?;
        match normal.strip_prefix('/') {
            Some(path) => Ok(Self(path.into())),
            None => Err(
                Invalid::new(format!("`{}` is the release itself", shown(text)))
                    .help("name a file or directory in it"),
            ),
        }
    }

    /// The path without a trailing slash.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

/// The parts of a path, each after a slash, without those that lead nowhere.
fn normalised(text: &str) -> Result<String, Invalid> {
    let refuse = |reason: String, help: &'static str| Err(Invalid::new(reason).help(help));
    if let Some(bad) = text.chars().find(|&c| !is_path_letter(c)) {
        return refuse(
            format!("`{}` has {} in it", shown(text), shown_letter(bad)),
            "a path here takes letters, digits, space and `. _ - + @ = ~`; nginx, supervisor or logrotate would misread the rest",
        );
    }
    if text.len() > 1000 {
        return refuse(
            format!("the path is {} bytes long", text.len()),
            "at most 1,000 bytes",
        );
    }
    let mut out = String::with_capacity(text.len());
    for part in text.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                return refuse(
                    format!("`{}` climbs with `..`", shown(text)),
                    "write where it leads to",
                );
            }
            _ if part != part.trim() => {
                return refuse(
                    format!("`{}` has a space beside a `/`, or at an end", shown(text)),
                    "take the space out",
                );
            }
            // NAME_MAX of Linux's file systems.
            _ if part.len() > 255 => {
                return refuse(
                    format!("a part of `{}` is {} bytes long", shown(text), part.len()),
                    "at most 255 bytes between two slashes",
                );
            }
            _ => {
                out.push('/');
                out.push_str(part);
            }
        }
    }
    Ok(out)
}

/// Whether a normalised path is another one, or lies below it.
fn lies_within(path: &str, tree: &str) -> bool {
    tree == "/"
        || path
            .strip_prefix(tree)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn is_path_letter(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '/' | '.' | '_' | '-' | '+' | '@' | '=' | '~' | ' ')
}

/// A character as a message names it.
fn shown_letter(c: char) -> String {
    match c {
        '\n' | '\r' => "a line break".to_owned(),
        '\t' => "a tab".to_owned(),
        c if c.is_control() => format!("the control character U+{:04X}", u32::from(c)),
        c => format!("`{c}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trailing_slash_changes_nothing() {
        assert_eq!(AbsPath::parse("/srv/shop"), AbsPath::parse("/srv/shop//"));
    }

    #[test]
    fn directories_of_the_system_are_never_owned() {
        for bad in [
            "/",
            "/etc",
            "/etc/shop",
            "/home/",
            "/var/www",
            "/usr/share/x",
            "/usr/local",
            "/usr/local/lib",
            "/root/app",
            "/var/lib/wsgi/x",
            "/run/shop",
            "/proc/1",
            "//",
            "/./",
        ] {
            assert!(OwnedDir::parse(bad).is_err(), "{bad}");
        }
        for good in [
            "/srv/shop",
            "/var/www/shop",
            "/home/shop",
            "/opt/shop/",
            "/usr/local/lib/shop",
        ] {
            assert!(OwnedDir::parse(good).is_ok(), "{good}");
        }
    }

    #[test]
    fn a_directory_beside_is_not_within() -> Result<(), Invalid> {
        let shop = AbsPath::parse("/srv/shop")?;
        assert!(AbsPath::parse("/srv/shop/media")?.is_within(&shop));
        assert!(shop.is_within(&shop));
        assert!(shop.is_within(&AbsPath::parse("/")?));
        assert!(!AbsPath::parse("/srv/shop-old")?.is_within(&shop));
        Ok(())
    }

    #[test]
    fn letters_that_a_generated_file_would_misread_are_refused() {
        for bad in [
            "/a$b", "/a;b", "/a\nb", "/a'b", "/a\"b", "/a%b", "/a{b", "/a#b", "/a*b", "/a\\b",
            "/a /b", "/a:b",
        ] {
            assert!(AbsPath::parse(bad).is_err(), "{bad}");
        }
        assert!(AbsPath::parse("/srv/my app/ärger").is_ok());
    }
}
