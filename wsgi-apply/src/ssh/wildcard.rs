/// Whether `text` is what `pattern` describes, in which `*` stands for any characters and `?` for
/// one; nothing else is special.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    // Where to go on when it fails later: after the last star, one character further. Going back
    // to the last one is enough, so the time is at most the product of both lengths.
    let mut retry = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                retry = Some((p + 1, t));
                p += 1;
            }
            Some(&c) if c == b'?' || c == text[t] => {
                p += 1;
                t += 1;
            }
            _ => match retry {
                Some((after, from)) => {
                    retry = Some((after, from + 1));
                    (p, t) = (after, from + 1);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|&c| c == b'*')
}

/// Whether a list of patterns describes `text`: one of them does, and none does that a `!` precedes.
pub(super) fn list_matches<'a>(patterns: impl IntoIterator<Item = &'a str>, text: &str) -> bool {
    let mut found = false;
    for pattern in patterns {
        match pattern.strip_prefix('!') {
            Some(denied) if matches(denied, text) => return false,
            Some(_) => {}
            None => found |= matches(pattern, text),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_and_question_marks_stand_for_characters() {
        for (pattern, text) in [
            ("*", ""),
            ("*", "web"),
            ("web?", "web1"),
            ("*.example.com", "a.b.example.com"),
            ("10.0.*.?", "10.0.17.3"),
            ("a*b*c", "aXbYbZc"),
            ("[::1]:22", "[::1]:22"),
        ] {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [
            ("", "web"),
            ("web?", "web"),
            ("*.example.com", "example.com"),
            ("a*b*c", "aXbYbZ"),
            ("web", "web1"),
        ] {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn one_denied_pattern_outweighs_all_others() {
        assert!(list_matches(["*.com", "!bad.com"], "good.com"));
        assert!(!list_matches(["!bad.com", "*.com"], "bad.com"));
        assert!(!list_matches(["*.com", "!bad.com"], "bad.com"));
        assert!(!list_matches(["!bad.com"], "good.com"));
    }
}
