//! Words that supervisor, systemd and sudoers all take as they stand.

use std::borrow::Cow;

use super::Unquotable;
use super::bare::Bare;

static PLAIN: Bare = Bare::only(b"abcdefghijklmnopqrstuvwxyz0123456789/._-");

/// Refuses what any of the readers gives a meaning to. Each has traps of its own: supervisor
/// expands `%` up to twice and cuts at ` ;`, systemd expands `%` and `$`, and to sudoers a word in
/// capitals is an alias, of which `ALL` is everybody.
pub(super) fn quote(value: &str) -> Result<Cow<'_, str>, Unquotable> {
    if value.starts_with('-') || !PLAIN.holds(value) {
        return Err(Unquotable {
            reason: "only lower-case letters, digits and `/ . _ -` are safe there",
        });
    }
    Ok(Cow::Borrowed(value))
}

#[cfg(test)]
mod tests {
    use super::quote;

    #[test]
    fn what_a_reader_gives_a_meaning_to_is_refused() {
        for bad in [
            "", "ALL", "a b", "-x", "%u", "$x", "a;b", "#1", "a,b", "a\n", "ä",
        ] {
            assert!(quote(bad).is_err(), "{bad:?}");
        }
        assert_eq!(quote("my_shop").ok().as_deref(), Some("my_shop"));
        assert_eq!(
            quote("/etc/wsgi/a.b").ok().as_deref(),
            Some("/etc/wsgi/a.b")
        );
    }
}
