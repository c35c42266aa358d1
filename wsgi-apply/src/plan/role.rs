//! What the Ansible role left on a host.

/// Whether a file was written from one of the role's templates.
///
/// They have no common first line; each of these stands in just one of them, and in nothing that
/// an administrator writes by hand.
pub(super) fn wrote(text: &str) -> bool {
    const MARKS: &[&[&str]] = &[];
    MARKS
        .iter()
        .any(|marks| marks.iter().all(|mark| text.contains(mark)))
}
