use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustix::rand::{GetRandomFlags, getrandom};

use super::HostNames;
use super::entry::hash_of;
use crate::ssh::host_key::HostKey;

/// Adds the key of a host to a file, which is made where it is missing.
pub(in crate::ssh) fn note(
    file: &Path,
    names: &HostNames,
    key: &HostKey,
    hash: bool,
) -> io::Result<()> {
    if let Some(directory) = file.parent() {
        let made = DirBuilder::new()
            .mode(0o700)
            .recursive(true)
            .create(directory);
        made?;
    }
    let mut file = OpenOptions::new()
        .read(true)
        .append(true)
        .create(true)
        .mode(0o600)
        .open(file)?;
    let name = if hash {
        hashed(names.exact())?
    } else {
        names.exact().to_owned()
    };
    let mut line = format!("{name} {}\n", key.line());
    if !ends_a_line(&mut file)? {
        line.insert(0, '\n');
    }
    // One write: several of us may be adding to the file.
    file.write_all(line.as_bytes())
}

fn hashed(name: &str) -> io::Result<String> {
    // As long as the hash, as OpenSSH makes it.
    let mut salt = [0; 20];
    let filled = getrandom(&mut salt[..], GetRandomFlags::empty())?;
    debug_assert_eq!(filled, salt.len(), "up to 256 bytes come at once");
    let hash = hash_of(&salt, name);
    Ok(format!(
        "|1|{}|{}",
        STANDARD.encode(salt),
        STANDARD.encode(hash)
    ))
}

/// Whether a line can be added as it is. A file without an end, such as `/dev/null`, is taken for one.
fn ends_a_line(file: &mut std::fs::File) -> io::Result<bool> {
    let length = file.metadata()?.len();
    if length == 0 {
        return Ok(true);
    }
    file.seek(SeekFrom::Start(length - 1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}
