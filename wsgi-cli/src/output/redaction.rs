//! Which parts of a line of a vars file may be shown.
//!
//! A report shows the line that it is about, and a line of a vars file may hold a password. The
//! file may be one that cannot be parsed, so what may be shown is decided from its text: what
//! belongs to a variable that never holds a secret is shown, everything else is masked. A value is
//! shown only where it is known to be harmless; what cannot be told apart is masked.

mod line;
mod variable;

use std::ops::Range;

use wsgi_model::Definition;

use line::{entry_of, name_column, names, split_lines};
use variable::{holds_secret, is_key, key, last_step, steps, type_at, variable};

/// Instead of a secret; its length says nothing of the secret's.
pub(super) const MASK: &str = "********";

/// The text of a vars file, and whose each line is.
pub(super) struct SourceText<'a> {
    lines: Vec<Line<'a>>,
}

struct Line<'a> {
    text: &'a str,
    /// The variable that the line belongs to; none for names that are not ours.
    owner: Option<&'static Definition>,
    /// Whether the name of the variable stands in this line.
    begins: bool,
}

/// A part of a line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// It is shown.
    Open(&'a str),
    /// It is shown as [`MASK`].
    Masked(&'a str),
}

impl<'a> SourceText<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut owner = None;
        let mut lines = Vec::new();
        for text in split_lines(text) {
            let name = top_level_name(text);
            if let Some(name) = name {
                owner = variable(name);
            } else if !text.starts_with([' ', '\t', '#', '-']) && !text.is_empty() {
                // Something went wrong here, and who knows what is below.
                owner = None;
            }
            lines.push(Line {
                text,
                owner,
                begins: name.is_some(),
            });
        }
        Self { lines }
    }

    /// The pieces of a line, counted from 1, when a problem of `variable` marks the characters
    /// `marked` in it. None when there is no such line.
    pub(super) fn pieces(
        &self,
        number: usize,
        variable: &str,
        marked: Range<usize>,
    ) -> Option<Vec<Piece<'a>>> {
        let index = number.checked_sub(1)?;
        let line = self.lines.get(index)?;
        let about = type_at(variable);
        // Somebody may give a private key where a public one belongs.
        let holds_key = line.text.contains("PRIVATE KEY");
        let about_secret = holds_key || about.is_some_and(holds_secret);
        // What cannot be parsed may not be what its indentation says either.
        let open = self.is_of_open_variable(index, variable)
            || (!variable.is_empty() && self.is_open_entry(index));
        if open && !about_secret {
            return Some(vec![Piece::Open(line.text)]);
        }
        let shown = Self::shown_name(line, variable);
        let value = &line.text[shown.len()..];
        let mut pieces = vec![Piece::Open(shown)];
        let marked = bytes(line.text, marked);
        let span = &line.text[marked.clone()];
        let names_itself = last_step(variable).is_some_and(|step| is_name(span, step));
        let harmless = names_itself || (is_scalar(span) && about.is_some() && !about_secret);
        if harmless && marked.start >= shown.len() {
            pieces.push(closed(&line.text[shown.len()..marked.start]));
            pieces.push(Piece::Open(span));
            pieces.push(closed(&line.text[marked.end..]));
        } else {
            pieces.push(closed(value));
        }
        Some(pieces)
    }

    /// Whether a line may be in brackets that an earlier line of its variable opened, where several
    /// entries can share it.
    fn is_in_brackets(&self, index: usize) -> bool {
        let first = self.lines[..=index].iter().rposition(|line| line.begins);
        let mut open = 0_i32;
        for line in &self.lines[first.unwrap_or(0)..index] {
            for c in line.text.chars() {
                match c {
                    '{' | '[' => open += 1,
                    '}' | ']' => open -= 1,
                    _ => {}
                }
                if open < 0 {
                    return true;
                }
            }
        }
        open != 0
    }

    /// The beginning of a line up to its value, when the name there is harmless.
    fn shown_name(line: &Line<'a>, variable: &str) -> &'a str {
        let Some((name, value_at)) = entry_of(line.text) else {
            let indent = line.text.len() - line.text.trim_start_matches([' ', '-']).len();
            return &line.text[..indent];
        };
        let known = line.begins
            || line.owner.is_some_and(|d| is_key(d.takes, name))
            || steps(variable).any(|step| is_name(name, step));
        if known {
            return &line.text[..value_at];
        }
        let indent = line.text.len() - line.text.trim_start_matches([' ', '-']).len();
        &line.text[..indent]
    }

    /// Whether a line belongs to a variable that holds no secret. After a slip in the line that begins
    /// a variable, its lines seem to be of the one before, so they must look like that one's.
    fn is_of_open_variable(&self, index: usize, variable: &str) -> bool {
        let line = &self.lines[index];
        let Some(owner) = line.owner.filter(|d| !holds_secret(d.takes)) else {
            return false;
        };
        if line.begins {
            return true;
        }
        let mut names = names(line.text).peekable();
        if names.peek().is_some() {
            return names.all(|name| {
                is_key(owner.takes, name) || steps(variable).any(|step| is_name(name, step))
            });
        }
        let first = self.lines[..index].iter().rfind(|line| line.begins);
        let value = first.and_then(|first| Some(&first.text[entry_of(first.text)?.1..]));
        let item = line.text.trim_start_matches(' ').starts_with("- ");
        value.is_some_and(|value| match value.chars().next() {
            None | Some('#') => item && !line.text.contains('{'),
            Some(sign) => "[|>".contains(sign) && !line.text.contains('{'),
        })
    }

    /// Whether a line is `name: value` of a mapping, and neither the name nor what is around it takes
    /// secrets.
    fn is_open_entry(&self, index: usize) -> bool {
        let Some(owner) = self.lines[index].owner else {
            return false;
        };
        let Some((name, value_at)) = entry_of(self.lines[index].text) else {
            return false;
        };
        let value = &self.lines[index].text[value_at..];
        if value.starts_with(['&', '*', '|', '>', '!']) || self.is_in_brackets(index) {
            return false;
        }
        let mut names = vec![name];
        let mut indent = name_column(self.lines[index].text);
        for line in self.lines[..index].iter().rev() {
            if indent == 0 || line.begins {
                break;
            }
            if let Some((name, _)) = entry_of(line.text) {
                let column = name_column(line.text);
                if column < indent {
                    names.push(name);
                    indent = column;
                }
            }
        }
        let mut takes = owner.takes;
        for name in names.iter().rev() {
            match key(takes, name) {
                Some(inner) => takes = inner,
                None => return false,
            }
        }
        !holds_secret(takes)
    }
}

/// Whether a marked text can be a single value: what is said of a value that is missing marks the
/// whole mapping that lacks it.
fn is_scalar(span: &str) -> bool {
    !span.contains(['{', '[', ':', ','])
}

/// A text that may only be shown when it is punctuation.
fn closed(text: &str) -> Piece<'_> {
    if text.chars().all(|c| " ,:{}[]-".contains(c)) {
        Piece::Open(text)
    } else {
        Piece::Masked(text)
    }
}

/// The name at the very beginning of a line. A line without a colon counts when its first word is
/// one of our variables.
fn top_level_name(line: &str) -> Option<&str> {
    if line.starts_with([' ', '\t', '#', '-']) {
        return None;
    }
    if let Some((name, _)) = entry_of(line) {
        return Some(name);
    }
    let word = line.split([' ', '\t', ':', '=']).next()?;
    variable(word).map(|_| word)
}

/// The range of bytes of a range of characters.
fn bytes(line: &str, chars: Range<usize>) -> Range<usize> {
    let at = |n: usize| line.char_indices().nth(n).map_or(line.len(), |(i, _)| i);
    let start = at(chars.start);
    start..at(chars.end).max(start)
}

/// Whether a text is this name as it may be written.
fn is_name(text: &str, name: &str) -> bool {
    let bare = |text: &'_ str| text.trim_matches(['"', '\'']).to_ascii_lowercase();
    bare(text) == bare(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CANARY: &str = "CANARY";

    /// What is shown of the line that has `marked` in it, when a problem of `variable` marks that.
    fn shown(text: &str, variable: &str, marked: &str) -> String {
        let source = SourceText::new(text);
        let (number, line) = text
            .lines()
            .enumerate()
            .find(|(_, l)| l.contains(marked))
            .unwrap_or_default();
        let before = line
            .split(marked)
            .next()
            .unwrap_or_default()
            .chars()
            .count();
        let marked = before..before + marked.chars().count();
        let pieces = source
            .pieces(number + 1, variable, marked)
            .unwrap_or_default();
        pieces
            .iter()
            .map(|piece| match piece {
                Piece::Open(text) => text,
                Piece::Masked(_) => "***",
            })
            .collect()
    }

    #[test]
    fn lines_of_variables_without_secrets_are_shown() {
        let text = "wsgi_ssl: maybe # why\nwsgi_server_names:\n- 'a b'\nwsgi_servernames: x\n";
        assert_eq!(shown(text, "wsgi_ssl", "maybe"), "wsgi_ssl: maybe # why");
        assert_eq!(shown(text, "wsgi_server_names[0]", "'a b'"), "- 'a b'");
        assert_eq!(shown(text, "", "a b"), "- 'a b'");
        assert_eq!(
            shown(text, "wsgi_servernames", "wsgi_servernames"),
            "wsgi_servernames: x"
        );
        assert_eq!(shown("wsgi_ssl yes\n", "", "yes"), "wsgi_ssl yes");
    }

    #[test]
    fn values_of_secret_and_unknown_variables_are_masked() {
        let text = "wsgi_env_vars:\n  KEY: CANARY # CANARY\nwsgi_env_var: {A: CANARY2}\nmy_password: CANARY3\n";
        assert_eq!(shown(text, "wsgi_env_vars.KEY", "CANARY"), "  KEY: ***");
        assert_eq!(shown(text, "", "CANARY"), "  ***");
        assert_eq!(
            shown(text, "wsgi_env_var", "wsgi_env_var:"),
            "wsgi_env_var: ***"
        );
        assert_eq!(shown(text, "wsgi_env_var", "{A"), "wsgi_env_var: ***");
        assert_eq!(shown(text, "my_password", "CANARY3"), "my_password: ***");
    }

    #[test]
    fn of_a_mapping_with_secrets_only_harmless_entries_are_shown() {
        let text = "wsgi_cron_tasks:\n- name: a\n  frequency: {minute: 61}\n  environment:\n    name: CANARY\n";
        assert_eq!(
            shown(text, "wsgi_cron_tasks[0].name", "- name: a"),
            "- name: a"
        );
        let minute = "wsgi_cron_tasks[0].frequency.minute";
        assert_eq!(shown(text, minute, "61"), "  frequency: {minute: 61}");
        let name = "wsgi_cron_tasks[0].environment.name";
        assert_eq!(shown(text, name, CANARY), "    name: ***");
        let text = "wsgi_cron_tasks: [{name: a, environment: {A: CANARY},\n name: b, environment: {B: CANARY}, frequency: {minute: 61}}]\n";
        assert_eq!(shown(text, minute, "61"), " name: ***61}}]");
        assert_eq!(
            shown(
                text,
                "wsgi_cron_tasks[0].command",
                "{name: a, environment: {A: CANARY},"
            ),
            "wsgi_cron_tasks: ***"
        );
    }

    #[test]
    fn no_line_of_a_secret_that_was_put_in_askew_is_shown() {
        let text = "wsgi_env_vars:\n  KEY: |\n-----BEGIN PRIVATE KEY-----\nCANARY1\nCANARY2: x\n- CANARY3\n  CANARY4: x\n\tCANARY5\n";
        for canary in ["CANARY1", "CANARY3", "CANARY4", "CANARY5"] {
            assert!(!shown(text, "", canary).contains(CANARY), "{canary}");
        }
        assert_eq!(shown(text, "", "CANARY2"), "CANARY2: ***");
    }
}
