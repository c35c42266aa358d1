//! `name: {{ other }}` without quotes: YAML takes the braces for mappings.

use super::super::text::{At, Text};
use super::super::{YamlProblem, shown};
use super::{Composer, Open, Pending};

/// Refuses a mapping that is the name in a mapping whose brace stands right before it.
pub(super) fn in_braces(composer: &Composer<'_>, start: At, open: &Open) -> Option<YamlProblem> {
    let outer = composer.frames.last()?;
    let doubled = matches!(open, Open::Map { .. })
        && composer.awaits_key()
        && outer.start.index + 1 == start.index
        && composer.text.from(outer.start.index).starts_with("{{");
    if !doubled {
        return None;
    }
    let name = composer
        .frames
        .iter()
        .rev()
        .nth(1)
        .and_then(|frame| match &frame.open {
            Open::Map {
                pending: Pending::Key(key, _),
                ..
            } => Some(key.python_text()),
            _ => None,
        });
    Some(problem(composer.text, outer.start, name.as_deref()))
}

/// The refusal of the expression that begins here.
pub(in super::super) fn problem(text: &Text<'_>, start: At, name: Option<&str>) -> YamlProblem {
    let line = text
        .from(start.index)
        .split('\n')
        .next()
        .unwrap_or_default();
    let expression = line.find("}}").map(|end| &line[..end + 2]);
    let place = text.place(
        start,
        start.index + expression.unwrap_or(line).trim_end().chars().count(),
    );
    // Only names are shown: a literal in an expression may be a secret.
    let harmless = |text: &&str| {
        text.len() <= 60
            && text
                .chars()
                .all(|c| c.is_alphanumeric() || "_.{} |".contains(c))
            && !text
                .split([' ', '{'])
                .any(|word| word.starts_with(|c: char| c.is_numeric()))
    };
    let expression = expression.filter(harmless).unwrap_or("{{ … }}");
    let example = match name {
        Some(name) => format!("{}: \"{expression}\"", shown(name)),
        None => format!("\"{expression}\""),
    };
    YamlProblem::new(
        place,
        "unquoted-template",
        "a value that begins with `{{` or `{%` must be in quotes",
    )
    .help(format!("quote it: {example}"))
}

/// Finds `name: {{` or `- {%` in the line of an error.
pub(in super::super) fn in_line(text: &Text<'_>, at: At) -> Option<YamlProblem> {
    let line = text.line(at);
    let brace = line.find("{{").into_iter().chain(line.find("{%")).min()?;
    let before = line[..brace].trim_end_matches([' ', '\t']);
    let item = before.trim_start_matches([' ', '\t', '-']);
    let name = item
        .strip_suffix(':')
        .filter(|name| !name.contains([':', '"', '\'', '#', '{', '[']));
    if name.is_none() && !(item.is_empty() && before.ends_with('-')) {
        return None;
    }
    let column = line[..brace].chars().count();
    let line_start = at.index - at.column.min(at.index);
    Some(problem(
        text,
        At {
            index: line_start + column,
            line: at.line,
            column,
        },
        name,
    ))
}
