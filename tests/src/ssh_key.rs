use std::fs;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::program::remedy;

/// A key pair of a user in two files: the private one, and beside it the public one.
#[derive(Debug)]
pub struct SshKey;

impl SshKey {
    /// Makes a pair of this kind, the private one with a passphrase unless that is empty.
    ///
    /// # Panics
    ///
    /// With the reason, when that cannot be.
    #[track_caller]
    pub fn make(private: &Path, kind: &str, passphrase: &str) {
        if let Err(error) = make(private, kind, passphrase) {
            panic!("{}: {error}; {}", private.display(), remedy("ssh-keygen"));
        }
    }

    /// Writes a private key in another format: `PEM` or `PKCS8`.
    ///
    /// # Panics
    ///
    /// With the reason, when that cannot be.
    #[track_caller]
    pub fn convert(private: &Path, format: &str, passphrase: &str) {
        let converted = run(Command::new("ssh-keygen")
            .args([
                "-q", "-p", "-m", format, "-P", passphrase, "-N", passphrase, "-f",
            ])
            .arg(private));
        if let Err(error) = converted {
            panic!("{}: {error}; {}", private.display(), remedy("ssh-keygen"));
        }
    }
}

pub(crate) fn make(private: &Path, kind: &str, passphrase: &str) -> io::Result<()> {
    run(Command::new("ssh-keygen")
        .args(["-q", "-t", kind, "-C", "test", "-N", passphrase, "-f"])
        .arg(private))
}

fn run(command: &mut Command) -> io::Result<()> {
    let made = command.stdin(Stdio::null()).output()?;
    if made.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&made.stderr).into_owned();
    Err(io::Error::other(said))
}

/// The public key beside a private one: kind and key.
#[track_caller]
pub(crate) fn public(private: &Path) -> String {
    let mut path = private.as_os_str().to_owned();
    path.push(".pub");
    match fs::read_to_string(&path) {
        Ok(line) => {
            let words: Vec<_> = line.split_whitespace().take(2).collect();
            words.join(" ")
        }
        Err(error) => panic!("{}: {error}", private.display()),
    }
}
