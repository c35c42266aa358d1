//! Which parts of a line of a vars file may be shown.
//!
//! A report shows the line that it is about, and a line of a vars file may hold a password. The
//! file may be one that cannot be parsed, so what may be shown is decided from its text: what
//! belongs to a variable that never holds a secret is shown, everything else is masked. A value is
//! shown only where it is known to be harmless; what cannot be told apart is masked.

use std::ops::Range;

use wsgi_model::{Definition, Type, VARIABLES, nearest};

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
        let owner_is_open = line.owner.is_some_and(|d| !holds_secret(d.takes));
        if owner_is_open && !about_secret {
            return Some(vec![Piece::Open(line.text)]);
        }
        // What cannot be parsed may not be what its indentation says either.
        if !variable.is_empty() && !about_secret && self.is_open_entry(index) {
            return Some(vec![Piece::Open(line.text)]);
        }
        let shown = self.shown_name(line, variable);
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
    fn shown_name(&self, line: &Line<'a>, variable: &str) -> &'a str {
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

/// The lines as the loader counts them.
fn split_lines(text: &str) -> impl Iterator<Item = &str> {
    text.split('\n').flat_map(|line| {
        let line = line.strip_suffix('\r').unwrap_or(line);
        line.split('\r')
    })
}

/// A text that may only be shown when it is punctuation.
fn closed(text: &str) -> Piece<'_> {
    if text.chars().all(|c| " ,:{}[]-".contains(c)) {
        Piece::Open(text)
    } else {
        Piece::Masked(text)
    }
}

/// The variable of a top-level name, also of one that was mistyped.
fn variable(name: &str) -> Option<&'static Definition> {
    let find = |name: &str| {
        VARIABLES
            .iter()
            .copied()
            .find(|d| d.name == name || d.aliases.contains(&name))
    };
    find(name).or_else(|| {
        let ours = name.to_ascii_lowercase().starts_with("wsgi");
        let known = VARIABLES.iter().map(|d| d.name);
        find(nearest(name, known).filter(|_| ours)?)
    })
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

/// The name of a `name: value` line, possibly of a list's item, and where the value begins.
fn entry_of(line: &str) -> Option<(&str, usize)> {
    let start = name_column(line);
    let rest = &line[start..];
    let (name, after) = match rest.chars().next()? {
        quote @ ('"' | '\'') => {
            let end = rest[1..].find(quote)? + 1;
            (&rest[1..end], end + 1)
        }
        _ => {
            let end = rest
                .find(|c: char| !(c.is_alphanumeric() || "_-.".contains(c)))
                .unwrap_or(rest.len());
            (&rest[..end], end)
        }
    };
    let value = rest[after..].trim_start_matches(' ').strip_prefix(':')?;
    if name.is_empty() || !(value.is_empty() || value.starts_with([' ', '\t'])) {
        return None;
    }
    let value = value.trim_start_matches([' ', '\t']);
    Some((name, line.len() - value.len()))
}

/// Where the name of a line begins, after blanks and the dashes of lists.
fn name_column(line: &str) -> usize {
    let mut rest = line.trim_start_matches(' ');
    while let Some(item) = rest.strip_prefix("- ") {
        rest = item.trim_start_matches(' ');
    }
    line.len() - rest.len()
}

/// The range of bytes of a range of characters.
fn bytes(line: &str, chars: Range<usize>) -> Range<usize> {
    let at = |n: usize| line.char_indices().nth(n).map_or(line.len(), |(i, _)| i);
    let start = at(chars.start);
    start..at(chars.end).max(start)
}

/// The steps of a variable's path, without brackets.
fn steps(path: &str) -> impl Iterator<Item = &str> {
    path.split(['.', '['])
        .map(|step| step.trim_end_matches(']'))
        .filter(|step| !step.is_empty())
}

fn last_step(path: &str) -> Option<&str> {
    steps(path).last()
}

/// Whether a text is this name as it may be written.
fn is_name(text: &str, name: &str) -> bool {
    text.trim_matches(['"', '\'']).eq_ignore_ascii_case(name)
}

/// What the variable at a path takes.
fn type_at(path: &str) -> Option<Type> {
    let mut steps = steps(path);
    let mut takes = variable(steps.next()?)?.takes;
    for step in steps {
        if step.bytes().all(|b| b.is_ascii_digit()) {
            takes = items(takes);
            continue;
        }
        if matches!(takes, Type::Environment) {
            return Some(takes);
        }
        takes = key(takes, step)?;
    }
    Some(takes)
}

/// What is in a list.
fn items(takes: Type) -> Type {
    match takes {
        Type::Optional(inner) => items(*inner),
        Type::List(inner) | Type::OneOrList(inner) => *inner,
        other => other,
    }
}

/// What a key of a mapping takes; a list stands for its items.
fn key(takes: Type, name: &str) -> Option<Type> {
    match takes {
        Type::Optional(inner) | Type::List(inner) | Type::OneOrList(inner) => key(*inner, name),
        Type::Record(keys) | Type::RecordOrText(keys) => {
            keys.iter().find(|d| d.name == name).map(|d| d.takes)
        }
        _ => None,
    }
}

/// Whether a name is a key anywhere in a type.
fn is_key(takes: Type, name: &str) -> bool {
    match takes {
        Type::Optional(inner) | Type::List(inner) | Type::OneOrList(inner) => is_key(*inner, name),
        Type::Record(keys) | Type::RecordOrText(keys) => {
            keys.iter().any(|d| d.name == name || is_key(d.takes, name))
        }
        _ => false,
    }
}

/// Whether a value of a type may be, or hold, a secret. So does a type that is not known here.
fn holds_secret(takes: Type) -> bool {
    match takes {
        Type::Switch
        | Type::Integer { .. }
        | Type::Text { .. }
        | Type::Directory
        | Type::File
        | Type::Choice(_) => false,
        Type::Optional(inner) | Type::List(inner) | Type::OneOrList(inner) => holds_secret(*inner),
        Type::Record(keys) | Type::RecordOrText(keys) => keys.iter().any(|d| holds_secret(d.takes)),
        _ => true,
    }
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
