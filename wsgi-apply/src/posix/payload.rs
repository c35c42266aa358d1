//! The contents of files, as they follow a program.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Cursor, Read, Seek as _};

use sha2::{Digest as _, Sha256};
use wsgi_model::Contents;

use super::words::call;
use crate::Digest;

/// The contents of files, in the order in which they are sent.
#[derive(Debug, Default)]
pub(crate) struct Payload {
    blobs: Vec<Blob>,
}

#[derive(Debug)]
struct Blob {
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
        let bytes = contents.expose();
        self.blobs.push(Blob {
            size: bytes.len() as u64,
            digest: Digest::of(bytes),
            bytes: Bytes::Shared(contents.clone(), 0),
        });
        self.last()
    }

    /// The same for what nobody else has.
    pub(crate) fn push(&mut self, bytes: Vec<u8>) -> String {
        self.blobs.push(Blob {
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
            size,
            digest: Digest::finished(hasher),
            bytes: Bytes::File(file),
        });
        Ok(self.last())
    }

    fn last(&self) -> String {
        format!("b{}", self.blobs.len() - 1)
    }

    /// How many bytes are sent.
    pub(crate) fn length(&self) -> u64 {
        self.blobs.iter().map(|blob| blob.size).sum()
    }

    /// The functions that take them from stdin, and check them.
    pub(crate) fn arrival(&self) -> String {
        let mut calls = "blobs() {\n:\n".to_owned();
        let mut sums = String::new();
        for (number, blob) in self.blobs.iter().enumerate() {
            // Neither can fail: they write to memory.
            let _ = writeln!(calls, "blob b{number} {}", blob.size);
            let _ = writeln!(sums, "{}  b{number}", blob.digest);
        }
        [
            &calls,
            "}\narrive() {\n",
            &call(["receive", &self.length().to_string()]),
            &call(["arrived", &sums]),
            "}\n",
        ]
        .concat()
    }

    /// The bytes, one after the other.
    pub(crate) fn into_reader(self) -> impl Read {
        Joined {
            rest: self.blobs.into_iter(),
            current: None,
        }
    }
}

/// Reads one after the other, and lets go of each.
struct Joined {
    rest: std::vec::IntoIter<Blob>,
    current: Option<Bytes>,
}

impl Read for Joined {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if let Some(current) = &mut self.current {
                let count = current.read(buffer)?;
                if count > 0 || buffer.is_empty() {
                    return Ok(count);
                }
            }
            match self.rest.next() {
                Some(blob) => self.current = Some(blob.bytes),
                None => return Ok(0),
            }
        }
    }
}
