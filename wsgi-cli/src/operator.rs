//! What loading asks of the machine that it runs on.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use camino::Utf8Path;
use rustix::process::getuid;
use rustix::system::uname;
use wsgi_model::{LookupError, Lookups};

use crate::vars_file::bounded;

/// The public keys that ssh(1) has by default, ed25519 first: what `ssh-keygen` makes today.
const KEYS: &[&str] = &[
    "id_ed25519.pub",
    "id_ecdsa.pub",
    "id_ecdsa_sk.pub",
    "id_ed25519_sk.pub",
    "id_rsa.pub",
];

/// The largest file that a vars file may name.
const MAX_BYTES: u64 = 1 << 20;

/// Who runs this.
#[derive(Debug)]
pub(crate) struct Operator {
    home: Option<PathBuf>,
}

impl Operator {
    /// Who runs this process.
    pub(crate) fn of_process() -> Self {
        let home = std::env::var_os("HOME").filter(|home| !home.is_empty());
        Self {
            home: home.map(PathBuf::from),
        }
    }

    /// What others call whoever runs this process: `ada@laptop`.
    pub(crate) fn name() -> String {
        let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        let user = ["SUDO_USER", "USER", "LOGNAME"]
            .into_iter()
            .find_map(variable);
        let user = user.unwrap_or_else(|| format!("uid {}", getuid().as_raw()));
        format!("{user}@{}", uname().nodename().to_string_lossy())
    }

    /// Lookups of a vars file in a directory.
    pub(crate) fn seen_from<'a>(&'a self, directory: &'a Path) -> impl Lookups + 'a {
        LookupsFrom {
            operator: self,
            directory,
        }
    }
}

struct LookupsFrom<'a> {
    operator: &'a Operator,
    directory: &'a Path,
}

impl Lookups for LookupsFrom<'_> {
    fn file(&self, path: &Utf8Path) -> Result<Vec<u8>, LookupError> {
        let path = match path.strip_prefix("~") {
            Ok(rest) => {
                let home = self.operator.home.as_ref();
                home.ok_or_else(|| LookupError::new("HOME is not set"))?
                    .join(rest)
            }
            Err(_) => self.directory.join(path),
        };
        let found = std::fs::metadata(&path).map_err(|error| failed(&error))?;
        if !found.is_file() {
            // A named pipe would wait for its writer.
            return Err(LookupError::new("it is no file"));
        }
        let bytes = read(&path).map_err(|error| failed(&error))?;
        bytes.ok_or_else(|| LookupError::new("it has more than 1 MiB"))
    }

    fn environment(&self, name: &str) -> Result<Option<String>, LookupError> {
        let Some(value) = std::env::var_os(name) else {
            return Ok(None);
        };
        let text = value.into_string();
        text.map(Some)
            .map_err(|_| LookupError::new("the variable holds something other than text"))
    }

    /// The first of [`KEYS`] that is there.
    fn operator_keys(&self) -> Result<Vec<String>, LookupError> {
        let Some(home) = &self.operator.home else {
            return Ok(Vec::new());
        };
        for name in KEYS {
            let path = home.join(".ssh").join(name);
            match read(&path) {
                Ok(bytes) => {
                    let bytes = bytes.unwrap_or_default();
                    let text = String::from_utf8_lossy(&bytes);
                    return Ok(text
                        .lines()
                        .map(str::to_owned)
                        .filter(|l| !l.trim().is_empty())
                        .collect());
                }
                Err(error) if is_missing(&error) => {}
                Err(error) => return Err(LookupError::new(format!("{}: {error}", path.display()))),
            }
        }
        Ok(Vec::new())
    }
}

fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    bounded(File::open(path)?, MAX_BYTES)
}

fn is_missing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

fn failed(error: &io::Error) -> LookupError {
    LookupError::new(match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        _ => error.to_string(),
    })
}
