//! Words that supervisor, systemd and sudoers all take as they stand.

use std::borrow::Cow;

use super::Unquotable;

/// Refuses what any of the readers gives a meaning to. Each has traps of its own: supervisor
/// expands `%` up to twice and cuts at ` ;`, systemd expands `%` and `$`, and to sudoers a word in
/// capitals is an alias, of which `ALL` is everybody.
pub(super) fn quote(value: &str) -> Result<Cow<'_, str>, Unquotable> {
    let plain = |b: u8| {
        b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'/' | b'.' | b'_' | b'-')
    };
    if value.is_empty() || value.starts_with('-') || !value.bytes().all(plain) {
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
