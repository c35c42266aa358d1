//! What the exit status of `wsgi-cli` means.

/// Done, or nothing to do.
pub const DONE: u8 = 0;
/// A bug of ours.
pub const BUG: u8 = 1;
/// Wrong usage.
pub const USAGE: u8 = 2;
/// A vars file was refused; nothing was written.
pub const REFUSED: u8 = 3;
/// `plan --exit-code`: there are changes. `status`: an app does not run, or its host differs.
pub const DIFFERS: u8 = 4;
/// A host cannot be reached or logged in to, is not known, or gives no right to become root.
pub const UNREACHABLE: u8 = 5;
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

/// The most severe of the statuses of several hosts.
pub(crate) fn most_severe(statuses: impl IntoIterator<Item = u8>) -> u8 {
    // What was begun and not ended is worse than what was not begun.
    const BY_SEVERITY: &[u8] = &[DONE, DIFFERS, CONFLICT, UNREACHABLE, REFUSED, PART_WAY, BUG];
    let severity = |status: &u8| {
        let place = BY_SEVERITY.iter().position(|other| other == status);
        // A signal.
        place.unwrap_or(BY_SEVERITY.len())
    };
    statuses.into_iter().max_by_key(severity).unwrap_or(DONE)
}
