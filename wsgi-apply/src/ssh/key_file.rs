use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustix::process::getuid;
use zeroize::Zeroizing;

use super::host_key::HostKey;
use super::key_problem::KeyProblem;
use super::wire::Reader;

/// A file that proves who the user is, or that says which key of the agent does.
pub(super) struct KeyFile {
    path: PathBuf,
    /// The public half, where it can be told without a passphrase.
    public: Option<HostKey>,
    private: Private,
}

enum Private {
    /// Here.
    Text {
        text: Zeroizing<String>,
        is_encrypted: bool,
    },
    /// Not here; perhaps the agent holds it.
    Elsewhere(fn() -> KeyProblem),
}

impl KeyFile {
    /// Reads a key as `ssh -i` does: the file may also hold the public half, or be missing while
    /// the one with `.pub` is there; then the agent has to hold the private one.
    pub(super) fn read(path: &Path) -> Result<Self, KeyProblem> {
        let path = path.to_owned();
        let beside = public_beside(&path);
        let text = match read_text(&path) {
            Ok(text) => text,
            Err(_) if beside.is_some() => {
                return Ok(Self {
                    path,
                    public: beside,
                    private: Private::Elsewhere(|| KeyProblem::PublicOnly),
                });
            }
            Err(error) => return Err(KeyProblem::Unreadable(error)),
        };
        if let Some(public) = public_line(&text) {
            return Ok(Self {
                path,
                public: Some(public),
                private: Private::Elsewhere(|| KeyProblem::PublicOnly),
            });
        }
        // As `ssh` does it: root may well use keys of others.
        let metadata = fs::metadata(&path).map_err(KeyProblem::Unreadable)?;
        if metadata.uid() == getuid().as_raw() && metadata.mode() & 0o077 != 0 {
            let mode = metadata.mode() & 0o7777;
            return Err(KeyProblem::OpenToOthers { mode });
        }
        let envelope = Envelope::read(&text).ok_or(KeyProblem::NotAKey)?;
        let public = envelope.public.or(beside);
        let is_hardware = public
            .as_ref()
            .is_some_and(|key| key.kind().starts_with("sk-"));
        Ok(Self {
            path,
            public,
            private: if is_hardware {
                Private::Elsewhere(|| KeyProblem::Hardware)
            } else {
                Private::Text {
                    text,
                    is_encrypted: envelope.is_encrypted,
                }
            },
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn public(&self) -> Option<&HostKey> {
        self.public.as_ref()
    }

    /// The private half as it stands in the file, and whether it is encrypted.
    pub(super) fn private(&self) -> Result<(&str, bool), KeyProblem> {
        match &self.private {
            Private::Text { text, is_encrypted } => Ok((text, *is_encrypted)),
            Private::Elsewhere(problem) => Err(problem()),
        }
    }
}

fn read_text(path: &Path) -> io::Result<Zeroizing<String>> {
    // No key is longer; a device or a video is none.
    const LONGEST: u64 = 1 << 20;
    let metadata = fs::metadata(path)?;
    if !metadata.is_file() || metadata.len() > LONGEST {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "it is no file of a key's size",
        ));
    }
    fs::read_to_string(path).map(Zeroizing::new)
}

fn public_beside(path: &Path) -> Option<HostKey> {
    let mut name = path.as_os_str().to_owned();
    name.push(".pub");
    public_line(&read_text(Path::new(&name)).ok()?)
}

/// A public key as it stands in `.pub` and `authorized_keys`: kind, base64, comment.
fn public_line(text: &str) -> Option<HostKey> {
    let mut words = text.split_ascii_whitespace();
    let kind = words.next()?;
    let blob = STANDARD.decode(words.next()?).ok()?;
    HostKey::from_blob(blob).filter(|key| key.kind() == kind)
}

/// What a private key says about itself without being decrypted.
struct Envelope {
    is_encrypted: bool,
    public: Option<HostKey>,
}

impl Envelope {
    fn read(text: &str) -> Option<Self> {
        let (_, rest) = text.split_once("-----BEGIN ")?;
        let (label, body) = rest.split_once("-----")?;
        if !label.ends_with("PRIVATE KEY") {
            return None;
        }
        if label != "OPENSSH PRIVATE KEY" {
            // PKCS#8 says it in the label, what came before in a header.
            let is_encrypted = label.starts_with("ENCRYPTED") || body.contains("4,ENCRYPTED");
            return Some(Self {
                is_encrypted,
                public: None,
            });
        }
        let (body, _) = body.split_once("-----END")?;
        let body: Zeroizing<String> =
            Zeroizing::new(body.chars().filter(|c| !c.is_ascii_whitespace()).collect());
        let decoded = Zeroizing::new(STANDARD.decode(body.as_bytes()).ok()?);
        // OpenSSH, PROTOCOL.key: cipher, key derivation and its options, number of keys, public key.
        let mut reader = Reader::new(decoded.strip_prefix(b"openssh-key-v1\0")?);
        let cipher = reader.text()?;
        let _derivation = reader.bytes()?;
        let _options = reader.bytes()?;
        let _count = reader.number()?;
        Some(Self {
            is_encrypted: cipher != "none",
            public: HostKey::from_blob(reader.bytes()?.to_vec()),
        })
    }
}
