//! Backslashes in an expression's texts, which Ansible leaves to YAML alone.
//!
//! `"{{ 'a\\nb' }}"` is a backslash and an `n` in Ansible, and a line feed in Jinja: Ansible's lexer
//! (`AnsibleLexer`) doubles every backslash in the texts of `{{ … }}`, and of no other tag.

use std::borrow::Cow;

/// What the engine reads as Ansible reads `template`.
pub(super) fn escape(template: &str) -> Cow<'_, str> {
    if !template.contains('\\') {
        return Cow::Borrowed(template);
    }
    let mut out = String::with_capacity(template.len() + 16);
    let mut rest = template;
    while let Some(at) = rest
        .find("{{")
        .into_iter()
        .chain(rest.find("{%"))
        .chain(rest.find("{#"))
        .min()
    {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = match &rest[..2] {
            "{{" => {
                rest = expression(rest, &mut out);
                continue;
            }
            "{#" => rest.find("#}").map(|end| end + 2),
            _ if is_raw(rest) => end_of_raw(rest),
            _ => end_of_statement(rest),
        };
        let (tag, after) = rest.split_at(end.unwrap_or(rest.len()));
        out.push_str(tag);
        rest = after;
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// Copies the expression that `rest` begins with; what is after it is returned.
fn expression<'t>(rest: &'t str, out: &mut String) -> &'t str {
    let mut quote = None;
    let mut depth = 0_usize;
    let mut chars = rest.char_indices().skip(2).peekable();
    out.push_str("{{");
    while let Some((at, c)) = chars.next() {
        match (quote, c) {
            (Some(open), '\\') => {
                out.push_str("\\\\");
                match chars.next() {
                    Some((_, '\\')) => out.push_str("\\\\"),
                    // Jinja's lexer does not end the text here, and Ansible keeps the backslash.
                    Some((_, next)) if next == open => out.extend(['\\', next]),
                    next => out.extend(next.map(|(_, next)| next)),
                }
                continue;
            }
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"') => quote = Some(c),
            (None, '{' | '[' | '(') => depth += 1,
            (None, '}') if depth == 0 && rest[at..].starts_with("}}") => {
                out.push_str("}}");
                return &rest[at + 2..];
            }
            (None, '}' | ']' | ')') => depth = depth.saturating_sub(1),
            (Some(_) | None, _) => {}
        }
        out.push(c);
    }
    ""
}

pub(super) fn is_raw(rest: &str) -> bool {
    let tag = rest[2..].trim_start_matches(['-', '+']).trim_start();
    tag.strip_prefix("raw").is_some_and(|rest| {
        rest.trim_start()
            .trim_start_matches(['-', '+'])
            .starts_with("%}")
    })
}

pub(super) fn end_of_raw(rest: &str) -> Option<usize> {
    let last = rest.find("endraw")?;
    rest[last..].find("%}").map(|end| last + end + 2)
}

fn end_of_statement(rest: &str) -> Option<usize> {
    let mut quote = None;
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(2) {
        match quote {
            Some(_) if std::mem::take(&mut escaped) => {}
            Some(_) if c == '\\' => escaped = true,
            Some(open) if c == open => quote = None,
            None if c == '\'' || c == '"' => quote = Some(c),
            None if rest[at..].starts_with("%}") => return Some(at + 2),
            Some(_) | None => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_texts_of_expressions_are_escaped() {
        for (template, escaped) in [
            (r"{{ 'a\nb' }}\n", r"{{ 'a\\nb' }}\n"),
            (r"{{ 'a\\b' }}", r"{{ 'a\\\\b' }}"),
            (r"{{ 'it\'s' }}", r"{{ 'it\\\'s' }}"),
            (
                r#"{{ "}}\d" ~ {'a': {'b\c': 1}} }}\x"#,
                r#"{{ "}}\\d" ~ {'a': {'b\\c': 1}} }}\x"#,
            ),
            (
                r"{% set a = 'x\n%}' %}{{ '\n' }}",
                r"{% set a = 'x\n%}' %}{{ '\\n' }}",
            ),
            (
                r"{% raw %}{{ '\n' }}{% endraw %}{{ '\n' }}",
                r"{% raw %}{{ '\n' }}{% endraw %}{{ '\\n' }}",
            ),
            (r"{# {{ '\n' }} #}\n", r"{# {{ '\n' }} #}\n"),
        ] {
            assert_eq!(escape(template), escaped);
        }
    }
}
