//! What the exit status of `wsgi-cli` means.

/// Done, or nothing to do.
pub const DONE: u8 = 0;
/// A bug of ours.
pub const BUG: u8 = 1;
/// Wrong usage.
pub const USAGE: u8 = 2;
/// A vars file was refused; nothing was written.
pub const REFUSED: u8 = 3;
/// Stopped part-way: the report says what was done, what was put back, what is owed.
pub const PART_WAY: u8 = 6;
/// Refused because of what is there already; nothing changed.
pub const CONFLICT: u8 = 7;
/// Ended by SIGHUP, after putting back what was begun, or finishing what could not be left half-way.
pub const HUNG_UP: u8 = 129;
/// Ended by SIGINT, likewise.
pub const INTERRUPTED: u8 = 130;
/// Ended by SIGTERM, likewise.
pub const TERMINATED: u8 = 143;
