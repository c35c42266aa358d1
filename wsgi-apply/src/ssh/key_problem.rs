use std::io;

/// Why a private key cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyProblem {
    /// It cannot be read, or is not there.
    #[error("it cannot be read")]
    Unreadable(#[source] io::Error),
    /// Others can read it, so it proves nothing.
    #[error("other users can read it (mode {mode:04o})")]
    OpenToOthers {
        /// Its permissions.
        mode: u32,
    },
    /// It is the public half, and no agent holds the private one.
    #[error("it is a public key, and the agent does not hold its private half")]
    PublicOnly,
    /// It is something else.
    #[error("it is no private key in a format that is known here")]
    NotAKey,
    /// It lies in a device.
    #[error("it lies in a security key, which only an agent can use")]
    Hardware,
    /// It is encrypted, and nobody gave a passphrase.
    #[error("it is encrypted, and no passphrase was given")]
    NoPassphrase,
    /// It is encrypted with another passphrase.
    #[error("the passphrase is wrong")]
    WrongPassphrase,
}

impl KeyProblem {
    /// What to do about it.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Unreadable(_) => "name a file that is there and readable",
            Self::OpenToOthers { .. } => "make it private: chmod 600",
            Self::PublicOnly => "name the file without .pub, or add it to the agent: ssh-add",
            Self::NotAKey => "convert it: ssh-keygen -p rewrites a key in OpenSSH's format",
            Self::Hardware | Self::NoPassphrase => "add it to the agent: ssh-add",
            Self::WrongPassphrase => "try again, or add it to the agent: ssh-add",
        }
    }
}
