/// A line of a configuration that is neither empty nor a comment.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// In lower case: `ssh` takes any.
    pub(super) keyword: String,
    pub(super) words: Vec<String>,
}

impl Line {
    /// Reads a line as `ssh` does: words may be quoted, the first may follow a `=`, and what comes
    /// after a `#` is a comment.
    pub(super) fn read(text: &str) -> Result<Option<Self>, &'static str> {
        let text = text.trim();
        if text.is_empty() || text.starts_with('#') {
            return Ok(None);
        }
        let end = text
            .find(|c: char| c.is_whitespace() || c == '=')
            .unwrap_or(text.len());
        let (keyword, rest) = text.split_at(end);
        let rest = rest.trim_start();
        let words = words(rest.strip_prefix('=').unwrap_or(rest))?;
        Ok(Some(Self {
            keyword: keyword.to_ascii_lowercase(),
            words,
        }))
    }
}

/// The words of the rest of a line, as OpenSSH's `argv_split` finds them.
fn words(text: &str) -> Result<Vec<String>, &'static str> {
    let mut words = Vec::new();
    let mut chars = text.chars().peekable();
    loop {
        while chars.next_if(|c| c.is_whitespace()).is_some() {}
        match chars.peek() {
            None | Some('#') => return Ok(words),
            Some(_) => {}
        }
        let mut word = String::new();
        let mut quote = None;
        while let Some(&c) = chars.peek() {
            if quote.is_none() && c.is_whitespace() {
                break;
            }
            chars.next();
            match (c, quote) {
                ('\\', _) => match chars.next_if(|&next| {
                    matches!(next, '\'' | '"' | '\\') || (quote.is_none() && next == ' ')
                }) {
                    Some(escaped) => word.push(escaped),
                    None => word.push('\\'),
                },
                (c, Some(open)) if c == open => quote = None,
                ('\'' | '"', None) => quote = Some(c),
                (c, _) => word.push(c),
            }
        }
        if quote.is_some() {
            return Err("a quote is not closed");
        }
        words.push(word);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<(String, Vec<String>)> {
        let line = Line::read(text).expect(text)?;
        Some((line.keyword, line.words))
    }

    #[test]
    fn a_line_is_read_as_openssh_reads_it() {
        for (text, keyword, words) in [
            ("Host a b", "host", &["a", "b"][..]),
            (
                "\tHostName=web1.example.com",
                "hostname",
                &["web1.example.com"],
            ),
            ("Port = 22", "port", &["22"]),
            ("Port  22 # the usual", "port", &["22"]),
            (
                r#"IdentityFile "~/my keys/a""#,
                "identityfile",
                &["~/my keys/a"],
            ),
            (
                r"IdentityFile ~/my\ keys/a",
                "identityfile",
                &["~/my keys/a"],
            ),
            (r#"User "a\"b" 'c d'e"#, "user", &["a\"b", "c de"]),
            ("User a#b", "user", &["a#b"]),
            ("Compression", "compression", &[]),
        ] {
            let words = words.iter().map(|&word| word.to_owned()).collect();
            assert_eq!(read(text), Some((keyword.to_owned(), words)), "{text}");
        }
        assert_eq!(read("   "), None);
        assert_eq!(read("  # Host a"), None);
        assert!(Line::read("User \"a").is_err());
    }
}
