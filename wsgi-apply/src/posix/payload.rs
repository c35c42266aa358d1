//! The contents of files, as they follow a program.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Cursor, Read, Seek as _};

use sha2::{Digest as _, Sha256};
use wsgi_model::Contents;

use super::words::call;
use crate::Digest;

/// The contents of files, in the order in which they are sent: an archive, of which one process of
/// the host makes all of them.
#[derive(Debug, Default)]
pub(crate) struct Payload {
    blobs: Vec<Blob>,
}

#[derive(Debug)]
struct Blob {
    /// None for one whose number is its name.
    name: Option<String>,
    size: u64,
    digest: Digest,
    bytes: Bytes,
}

/// In memory, or in a file of this machine when there are many.
#[derive(Debug)]
enum Bytes {
    Memory(Cursor<Vec<u8>>),
    /// Shared with whoever else has them.
    Shared(Contents, usize),
    File(File),
}

impl Read for Bytes {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Memory(bytes) => bytes.read(buffer),
            Self::Shared(contents, read) => {
                let count = (&contents.expose()[*read..]).read(buffer)?;
                *read += count;
                Ok(count)
            }
            Self::File(file) => file.read(buffer),
        }
    }
}

impl Payload {
    /// Adds the contents of a file, and gives the name of the file that they arrive in.
    pub(crate) fn push_contents(&mut self, contents: &Contents) -> String {
        self.push_shared(contents, None);
        self.last()
    }

    /// The same for a file of this name, in a directory. Gives the hash of the contents.
    pub(crate) fn push_named(&mut self, contents: &Contents, name: String) -> Digest {
        self.push_shared(contents, Some(name))
    }

    fn push_shared(&mut self, contents: &Contents, name: Option<String>) -> Digest {
        let bytes = contents.expose();
        let digest = Digest::of(bytes);
        self.blobs.push(Blob {
            name,
            size: bytes.len() as u64,
            digest,
            bytes: Bytes::Shared(contents.clone(), 0),
        });
        digest
    }

    /// The same for what nobody else has.
    pub(crate) fn push(&mut self, bytes: Vec<u8>) -> String {
        self.blobs.push(Blob {
            name: None,
            size: bytes.len() as u64,
            digest: Digest::of(&bytes),
            bytes: Bytes::Memory(Cursor::new(bytes)),
        });
        self.last()
    }

    /// The same for what is in a file.
    pub(crate) fn push_file(&mut self, mut file: File) -> io::Result<String> {
        file.rewind()?;
        let mut hasher = Sha256::new();
        let size = io::copy(&mut file, &mut hasher)?;
        file.rewind()?;
        self.blobs.push(Blob {
            name: None,
            size,
            digest: Digest::finished(hasher),
            bytes: Bytes::File(file),
        });
        Ok(self.last())
    }

    fn last(&self) -> String {
        numbered(self.blobs.len() - 1)
    }

    /// How many bytes are sent.
    pub(crate) fn length(&self) -> u64 {
        let files = self.blobs.iter().enumerate().map(|(number, blob)| {
            header(&blob.name(number), blob.size).len() as u64 + blob.size + padding(blob.size)
        });
        files.sum::<u64>() + END.len() as u64
    }

    /// The functions that take them from stdin, and check them.
    pub(crate) fn arrival(&self) -> String {
        let mut sums = String::new();
        for (number, blob) in self.blobs.iter().enumerate() {
            // It writes to memory.
            let _ = writeln!(sums, "{}  {}", blob.digest, blob.name(number));
        }
        let archive = self.length() - 1;
        [
            "arrive() {\n",
            &call(["receive", &archive.to_string()]),
            &call(["arrived", &sums]),
            "}\n",
        ]
        .concat()
    }

    /// The bytes, one after the other.
    pub(crate) fn into_reader(self) -> impl Read {
        Joined {
            rest: self.blobs.into_iter().enumerate(),
            current: Box::new(io::empty()),
            is_over: false,
        }
    }
}

impl Blob {
    fn name(&self, number: usize) -> String {
        self.name.clone().unwrap_or_else(|| numbered(number))
    }
}

fn numbered(number: usize) -> String {
    format!("b{number}")
}

/// What ends an archive, and a byte behind it. tar(1) takes an archive of which the end is cut off for a
/// whole one: it is whole when this byte is there.
const END: [u8; 1025] = {
    let mut end = [0; 1025];
    end[1024] = b'.';
    end
};

/// What stands before a file in an archive.
fn header(name: &str, size: u64) -> Vec<u8> {
    let mut header = tar::Header::new_gnu();
    header.set_mode(0o600);
    header.set_size(size);
    header.set_mtime(0);
    let mut archive = tar::Builder::new(Vec::new());
    // It writes to memory, and the name is neither absolute nor does it climb. A long one gets a
    // header of its own.
    let _ = archive.append_data(&mut header, name, io::empty());
    archive.get_ref().clone()
}

/// How many bytes follow a file, so that the next begins with a block.
const fn padding(size: u64) -> u64 {
    size.next_multiple_of(512) - size
}

/// Reads one after the other, and lets go of each.
struct Joined {
    rest: std::iter::Enumerate<std::vec::IntoIter<Blob>>,
    current: Box<dyn Read>,
    is_over: bool,
}

impl Read for Joined {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let count = self.current.read(buffer)?;
            if count > 0 || buffer.is_empty() {
                return Ok(count);
            }
            self.current = match self.rest.next() {
                Some((number, blob)) => {
                    let header = Cursor::new(header(&blob.name(number), blob.size));
                    let padding = io::repeat(0).take(padding(blob.size));
                    Box::new(header.chain(blob.bytes).chain(padding))
                }
                None if self.is_over => return Ok(0),
                None => {
                    self.is_over = true;
                    Box::new(Cursor::new(END))
                }
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent_is_an_archive_as_long_as_was_said() {
        let sizes = [0, 1, 511, 512, 513];
        let mut payload = Payload::default();
        let mut sent = Vec::new();
        for size in sizes {
            let bytes = vec![b'x'; size];
            sent.push((payload.push(bytes.clone()), bytes));
        }
        // Longer than an archive's header has room for.
        let name = format!("d1/{}", "n".repeat(200));
        payload.push_named(&Contents::public("named"), name.clone());
        sent.push((name, b"named".to_vec()));

        let arrival = payload.arrival();
        let mut bytes = Vec::new();
        payload
            .into_reader()
            .read_to_end(&mut bytes)
            .expect("it is in memory");
        assert_eq!(bytes.pop(), Some(b'.'));
        let length = format!("receive {}\n", bytes.len());
        assert!(arrival.contains(&length), "{length}{arrival}");
        let mut archive = tar::Archive::new(bytes.as_slice());
        let arrived = archive.entries().expect("an archive").map(|entry| {
            let mut entry = entry.expect("a file");
            let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).expect("it is in memory");
            (name, bytes)
        });
        assert_eq!(arrived.collect::<Vec<_>>(), sent);
    }
}
