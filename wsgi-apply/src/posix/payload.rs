//! The contents of files, as they follow a program.

use std::fmt::Write as _;
use std::io::{self, Read};

use super::words::call;
use crate::Digest;

/// The contents of files, in the order in which they are sent.
#[derive(Debug, Default)]
pub(super) struct Payload {
    blobs: Vec<Vec<u8>>,
}

impl Payload {
    /// Adds contents, and gives the name of the file that they arrive in.
    pub(super) fn push(&mut self, bytes: Vec<u8>) -> String {
        self.blobs.push(bytes);
        format!("b{}", self.blobs.len() - 1)
    }

    /// The functions that take them from stdin, and check them.
    pub(super) fn arrival(&self) -> String {
        let mut calls = "blobs() {\n:\n".to_owned();
        let mut length = 0;
        let mut sums = String::new();
        for (number, blob) in self.blobs.iter().enumerate() {
            // Neither can fail: they write to memory.
            let _ = writeln!(calls, "blob b{number} {}", blob.len());
            let _ = writeln!(sums, "{}  b{number}", Digest::of(blob));
            length += blob.len();
        }
        [
            &calls,
            "}\narrive() {\n",
            &call(["receive", &length.to_string()]),
            &call(["arrived", &sums]),
            "}\n",
        ]
        .concat()
    }

    /// The bytes, one after the other.
    pub(super) fn into_reader(self) -> impl Read {
        Joined {
            blobs: self.blobs.into_iter(),
            current: io::Cursor::new(Vec::new()),
        }
    }
}

/// Reads one buffer after the other, and lets go of each.
struct Joined {
    blobs: std::vec::IntoIter<Vec<u8>>,
    current: io::Cursor<Vec<u8>>,
}

impl Read for Joined {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let count = self.current.read(buffer)?;
            if count > 0 || buffer.is_empty() {
                return Ok(count);
            }
            match self.blobs.next() {
                Some(blob) => self.current = io::Cursor::new(blob),
                None => return Ok(0),
            }
        }
    }
}
