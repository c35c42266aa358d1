//! POSIX shell.

use std::borrow::Cow;

use super::Unquotable;
use super::bare::Bare;

static BARE: Bare = Bare::and(b"/._-+@:,");

/// Bare where every letter is plain, else in single quotes, which carry every byte but the quote
/// itself (POSIX.1-2024, Shell Command Language, 2.2.2).
pub(super) fn quote(value: &str) -> Result<Cow<'_, str>, Unquotable> {
    if BARE.holds(value) {
        return Ok(Cow::Borrowed(value));
    }
    if value.contains('\0') {
        return Err(Unquotable {
            reason: "a shell word cannot hold a NUL byte",
        });
    }
    let mut quoted = String::with_capacity(value.len() + 8);
    quoted.push('\'');
    for (i, part) in value.split('\'').enumerate() {
        if i > 0 {
            quoted.push_str(r"'\''");
        }
        quoted.push_str(part);
    }
    quoted.push('\'');
    Ok(Cow::Owned(quoted))
}

#[cfg(test)]
mod tests {
    use super::quote;

    #[test]
    fn only_what_no_shell_reads_anything_into_stays_bare() {
        for (value, word) in [
            ("/srv/shop", "/srv/shop"),
            ("", "''"),
            ("~/x", "'~/x'"),
            ("a b", "'a b'"),
            ("a=b", "'a=b'"),
            ("{a,b}", "'{a,b}'"),
            ("it's", r"'it'\''s'"),
            ("é", "'é'"),
            ("a\nb", "'a\nb'"),
        ] {
            assert_eq!(quote(value).ok().as_deref(), Some(word));
        }
        assert!(quote("a\0b").is_err());
    }
}
