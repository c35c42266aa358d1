//! Who may log in as the app, and what the app may do as root.

use base64::Engine as _;

use crate::Invalid;
use crate::name::shown;
use crate::text::checked_text;

checked_text! {
    /// One line of `authorized_keys`: options, type, key and comment, as sshd(8) reads it.
    ///
    /// A private key is refused, as is anything whose base64 part does not start with the type it
    /// claims.
    PublicKey, |text| {
        let refuse = |reason: &'static str| Err(Invalid::new(reason)
            .help("one line of a `.pub` file, such as `ssh-ed25519 AAAA… you@laptop`"));
        if text.contains("PRIVATE KEY") {
            return Err(Invalid::new("this is a private key")
                .help("it must not leave your machine: make a new pair with `ssh-keygen -t ed25519`, and give the line of its `.pub` file"));
        }
        if text.chars().any(char::is_control) {
            return refuse("a public key is one line");
        }
        let Some((kind, blob)) = key_words(text) else {
            return refuse("this is no public SSH key");
        };
        let Some(bytes) = base64::engine::general_purpose::STANDARD.decode(blob).ok() else {
            return refuse("the key is cut off or damaged: its base64 part cannot be read");
        };
        // RFC 4253 §6.6: the blob starts with the length and name of its type.
        let named = bytes.get(4..4 + kind.len()) == Some(kind.as_bytes())
            && bytes.get(..4) == u32::try_from(kind.len()).ok().map(u32::to_be_bytes).as_ref().map(|b| &b[..]);
        if !named || bytes.len() < kind.len() + 4 + 20 {
            return refuse("the key is cut off or damaged: it does not hold what its first word says");
        }
        if kind == "ssh-dss" {
            return Err(Invalid::new("DSA keys are refused by OpenSSH since 7.0").help("make a new pair with `ssh-keygen -t ed25519`"));
        }
        Ok(())
    }
}

impl PublicKey {
    /// Whether a text has the type of a key in it, and so is no path of one, whatever its comment
    /// ends in.
    pub(crate) fn is_like(text: &str) -> bool {
        key_words(text).is_some()
    }

    /// Type and base64 part: what makes two lines the same key, whatever their comment.
    pub fn identity(&self) -> (&str, &str) {
        key_words(self.as_str()).unwrap_or((self.as_str(), ""))
    }
}

/// The type of key and the base64 text, which may follow options.
fn key_words(text: &str) -> Option<(&str, &str)> {
    const KINDS: &[&str] = &[
        "ssh-ed25519",
        "ssh-rsa",
        "ecdsa-sha2-nistp256",
        "ecdsa-sha2-nistp384",
        "ecdsa-sha2-nistp521",
        "sk-ssh-ed25519@openssh.com",
        "sk-ecdsa-sha2-nistp256@openssh.com",
        "ssh-dss",
    ];
    let mut words = text.split_ascii_whitespace();
    while let Some(word) = words.next() {
        if KINDS.contains(&word) {
            return words.next().map(|blob| (word, blob));
        }
    }
    None
}

/// What the app's user may do as root.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sudo {
    /// Start, stop, restart, ask the status and read the log of its own program (`yes`).
    #[default]
    OwnProgram,
    /// Everything, without a password (`full`): code execution in the app is root.
    Full,
    /// Nothing (`no`).
    Nothing,
}

/// Logins and rights.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Access {
    /// Whether the app's user has a login shell and keys.
    pub ssh: bool,
    /// The keys that may log in.
    pub keys: Vec<PublicKey>,
    /// The right to run commands as root.
    pub sudo: Sudo,
}

checked_text! {
    /// An email address, as a link on the error pages carries it: `local@domain`.
    EmailAddress, |text| {
        let ok = match text.rsplit_once('@') {
            Some((local, domain)) => !local.is_empty() && !domain.is_empty() && text.len() <= 254
                && !text.chars().any(|c| c.is_control() || c.is_whitespace() || matches!(c, '<' | '>' | '"' | ',' | ';' | '\\'))
                && !local.contains('@') && !domain.starts_with('.') && !domain.ends_with('.'),
            None => false,
        };
        if ok { Ok(()) } else {
            Err(Invalid::new(format!("`{}` is not an email address", shown(text)))
                .help("one address such as `help@example.org`, without a name around it"))
        }
    }
}

impl EmailAddress {
    /// Whether it is the role's default, `support@example.com`, which reaches nobody.
    pub fn is_placeholder(&self) -> bool {
        self.as_str() == "support@example.com"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ED25519: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f me@laptop";

    #[test]
    fn a_key_is_what_its_first_word_says() {
        assert!(PublicKey::parse(ED25519).is_ok());
        assert!(PublicKey::parse(&format!("restrict,command=\"ls -l\" {ED25519}")).is_ok());
        assert!(PublicKey::parse(&ED25519.replace("ssh-ed25519 ", "ssh-rsa ")).is_err());
        assert!(PublicKey::parse("ssh-ed25519 AAAAC3NzaC1lZDI1").is_err());
        assert!(PublicKey::parse("-----BEGIN OPENSSH PRIVATE KEY-----").is_err());
        assert!(PublicKey::parse("~/.ssh/id_rsa.pub").is_err());
    }
}
