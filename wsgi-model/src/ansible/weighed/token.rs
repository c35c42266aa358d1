//! The words of an expression.

/// What Ansible's own filters, tests and lookups may be called by in full. Ansible 2.19 knows those of
/// Jinja2 by the first as well, and by the second only what it has made its own.
const COLLECTIONS: [&str; 2] = ["ansible.builtin.", "ansible.legacy."];

/// A name without the collection of what is built in.
pub(in crate::ansible) fn short(name: &str) -> &str {
    let stripped = COLLECTIONS.iter().find_map(|own| name.strip_prefix(own));
    stripped.unwrap_or(name)
}

/// The length of the collection that `rest` begins with, when it is that of what is built in. Between its
/// words may be white space.
pub(super) fn collection(rest: &str) -> Option<usize> {
    let after = |own: &&str| {
        let mut after = rest;
        for part in own.split_inclusive('.') {
            let (word, dot) = part.split_at(part.len() - 1);
            after = after.strip_prefix(word)?.trim_start();
            after = after.strip_prefix(dot)?.trim_start();
        }
        after
            .starts_with(|c: char| c.is_ascii_alphabetic())
            .then_some(after)
    };
    let after = COLLECTIONS.iter().find_map(after)?;
    Some(rest.len() - after.len())
}

/// The length of the token that `rest` begins with, by the rules of Jinja's lexer.
pub(super) fn length(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    match bytes[0] {
        quote @ (b'\'' | b'"') => {
            let mut escaped = false;
            for (at, byte) in bytes.iter().enumerate().skip(1) {
                match byte {
                    _ if std::mem::take(&mut escaped) => {}
                    b'\\' => escaped = true,
                    byte if *byte == quote => return at + 1,
                    _ => {}
                }
            }
            rest.len()
        }
        b'0'..=b'9' => {
            let digits = |from: usize| {
                let is_digit = |byte: &&u8| byte.is_ascii_alphanumeric() || **byte == b'_';
                from + bytes[from..].iter().take_while(is_digit).count()
            };
            let whole = digits(0);
            let fraction = bytes.get(whole) == Some(&b'.')
                && bytes.get(whole + 1).is_some_and(u8::is_ascii_digit);
            if fraction { digits(whole + 1) } else { whole }
        }
        _ => {
            let is_word = |c: &char| c.is_ascii_alphanumeric() || *c == '_' || !c.is_ascii();
            let word: usize = rest.chars().take_while(is_word).map(char::len_utf8).sum();
            let pairs = ["//", "**", "==", "!=", ">=", "<="];
            match word {
                0 if pairs.iter().any(|pair| rest.starts_with(pair)) => 2,
                0 => 1,
                word => word,
            }
        }
    }
}
