//! Python 3.

use std::fmt::Write as _;

/// A string literal: everything but printable text is escaped, so that it stays on one line.
pub(super) fn quote(value: &str) -> String {
    let mut literal = String::with_capacity(value.len() + 2);
    literal.push('\'');
    for c in value.chars() {
        match c {
            '\'' | '\\' => literal.extend(['\\', c]),
            // Python ends a line at CR, too, and refuses NUL in a source file.
            c if c.is_control() => {
                // Writing to a string does not fail.
                let _ = write!(literal, "\\x{:02x}", u32::from(c));
            }
            c => literal.push(c),
        }
    }
    literal.push('\'');
    literal
}

#[cfg(test)]
mod tests {
    use super::quote;

    #[test]
    fn a_literal_stays_on_its_line_and_ends_where_it_should() {
        assert_eq!(quote(r"it's C:\x"), r"'it\'s C:\\x'");
        assert_eq!(quote("a\n\r\0\u{85}é"), r"'a\x0a\x0d\x00\x85é'");
    }
}
