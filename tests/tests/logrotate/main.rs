//! Log rotation, by the real logrotate, of logs that real programs write.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

mod accepted;
mod load;
mod rights;
mod rotated;
