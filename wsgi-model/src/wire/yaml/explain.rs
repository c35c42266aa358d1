//! The parser's errors in the words of somebody who edits a vars file.

use saphyr_parser::ScanError;

use super::YamlProblem;
use super::compose::{Composer, unquoted};
use super::text::{At, Text};
use crate::place::Place;

pub(super) fn explain(error: &ScanError, composer: &Composer<'_>, text: &Text<'_>) -> YamlProblem {
    let at = At::from(*error.marker());
    let here = text.place(at, at.index + 1);
    let info = error.info();
    if let Some(problem) = unquoted::in_line(text, at) {
        return problem;
    }
    let has = |part: &str| info.contains(part);
    if has("unknown anchor") {
        // Without its name: it may be a password that begins with `*`.
        let alias = |c: &char| !c.is_whitespace() && !",]}".contains(*c);
        let length = text.from(at.index).chars().take_while(alias).count();
        let place = text.place(at, at.index + length);
        return YamlProblem::new(
            place,
            "unknown-alias",
            "no anchor above has the name of this alias",
        )
        .help("put the value in quotes if the `*` belongs to it");
    }
    if has("quoted scalar")
        && (has("end of stream") || has("document indicator") || has("invalid indentation"))
    {
        return YamlProblem::new(
            here,
            "unclosed-quote",
            "the quote that opens here is not closed",
        )
        .help("close it; inside single quotes write '' for ', inside double quotes \\\" for \"");
    }
    if has("escape") || has("hexadecimal number") {
        return YamlProblem::new(
            here,
            "escape",
            "in double quotes a backslash begins an escape, and this one is not known",
        )
        .help("double the backslash, or use single quotes");
    }
    let tab = indenting_tab(text, at, if has("found a tab") { 100 } else { 1 });
    if has("tabs ") || has("tab cannot") || has("a tab") || tab.is_some() {
        return YamlProblem::new(tab.unwrap_or(here), "tab", "a tab cannot indent in YAML")
            .help("use spaces");
    }
    if let Some(problem) = stray_quote(composer, text, at) {
        return problem;
    }
    if let Some(problem) = unclosed_bracket(info, composer, text, at, here) {
        return problem;
    }
    if let Some(place) = composer.lone_scalar() {
        return no_colon(place);
    }
    if has("simple key expect") {
        return no_colon(line_of_missing_colon(composer, text).unwrap_or(here));
    }
    by_words(info, text, at, here)
}

/// The errors that say all by themselves.
fn by_words(info: &str, text: &Text<'_>, at: At, here: Place) -> YamlProblem {
    let has = |part: &str| info.contains(part);
    if has("mapping values are not allowed") {
        return YamlProblem::new(here, "unquoted-colon", "a colon before a space cannot stand here")
            .help("put the whole value in quotes if the colon belongs to it; otherwise check how the line is indented");
    }
    if has("unexpected character") {
        let sign = match text.from(at.index).chars().next() {
            Some('`') | None => "a backtick".to_owned(),
            Some(sign) => format!("`{sign}`"),
        };
        let message = format!("a value cannot begin with {sign}");
        return YamlProblem::new(here, "reserved-character", message)
            .help("put the value in quotes");
    }
    if has("expected comment or line break") {
        let message = "the text of a `|` or `>` value begins on the next line";
        return YamlProblem::new(here, "block-scalar", message)
            .help("put the value in quotes if the sign belongs to it");
    }
    if has("block sequence entries are not allowed") {
        return YamlProblem::new(
            here,
            "list-on-line",
            "a list cannot begin on the line of its name",
        )
        .help("put each `- item` on a line of its own, or put the value in quotes");
    }
    if has("misplaced bracket") {
        return YamlProblem::new(here, "bracket", "this bracket closes nothing")
            .help("put the value in quotes if the bracket belongs to it");
    }
    if has("did not find expected key")
        || has("invalid indentation")
        || has("'-' indicator")
        || has("block sequence entries")
        || has("<document start>")
        || has("wrongly indented")
        || has("expected node content")
    {
        return YamlProblem::new(here, "indentation", "this does not fit what stands above it")
            .help("names of one mapping and dashes of one list begin in the same column; quote a value that begins with a special sign");
    }
    if has("directive") {
        return YamlProblem::new(here, "directive", "this directive is not known").help(
            "a line before `---` that begins with `%` is an instruction to the parser: remove it",
        );
    }
    if has("handle wasn't declared") || has("tag") {
        return YamlProblem::new(here, "tag", "this tag cannot be read")
            .help("put the value in quotes if the `!` belongs to it");
    }
    let mut message = info.to_owned();
    if let Some(first) = message.get_mut(..1) {
        first.make_ascii_lowercase();
    }
    YamlProblem::new(here, "syntax", message.trim_end_matches('.').to_owned())
}

fn no_colon(place: Place) -> YamlProblem {
    YamlProblem::new(place, "no-colon", "this line has no `name:` before its value").help(
        "write `name: value` with a space after the colon, or indent a continued value deeper than its name",
    )
}

/// The tab that indents a line; an error of a value may be in the lines after its first.
fn indenting_tab(text: &Text<'_>, at: At, lines: usize) -> Option<Place> {
    let mut start = At {
        index: at.index - at.column.min(at.index),
        column: 0,
        ..at
    };
    for line in text.from(start.index).split('\n').take(lines) {
        let column = line.chars().take_while(|c| *c == ' ').count();
        if line.chars().nth(column) == Some('\t') && !line.trim().is_empty() {
            let tab = At {
                index: start.index + column,
                line: start.line,
                column,
            };
            return Some(text.place(tab, tab.index + 1));
        }
        start.index += line.chars().count() + 1;
        start.line += 1;
    }
    None
}

/// `a: "one" two`, or a quote that a later line closed by accident.
fn stray_quote(composer: &Composer<'_>, text: &Text<'_>, at: At) -> Option<YamlProblem> {
    let (quote, sign) = text.next_sign(composer.last_end(), ":-?,[{")?;
    if !matches!(sign, '"' | '\'') || quote.index >= at.index {
        return None;
    }
    let here = text.place(at, at.index + 1);
    let place = text.place(quote, quote.index + 1);
    let problem = if quote.line == at.line {
        YamlProblem::new(here, "text-after-quote", "text follows a closed quote")
            .related(place, "the quote opens here")
    } else {
        YamlProblem::new(
            place,
            "unclosed-quote",
            "the quote that opens here is closed on a later line, and text follows it",
        )
        .related(here, "the text that follows")
    };
    Some(problem.help("put the whole value in quotes; inside single quotes write '' for ', inside double quotes \\\" for \""))
}

fn unclosed_bracket(
    info: &str,
    composer: &Composer<'_>,
    text: &Text<'_>,
    at: At,
    here: Place,
) -> Option<YamlProblem> {
    let flow = info.contains("flow")
        || info.contains("illegal placement")
        || text.from(at.index).is_empty()
        || info.contains("node content")
        || info.contains("plain scalar");
    let opened = composer.open_bracket().or_else(|| {
        let (start, sign) = text.next_sign(composer.last_end(), ":-?")?;
        matches!(sign, '[' | '{').then(|| (text.place(start, start.index + 1), sign))
    });
    let (place, sign) = opened.filter(|_| flow)?;
    let close = if sign == '[' { ']' } else { '}' };
    let problem = YamlProblem::new(
        place,
        "unclosed-bracket",
        format!("the `{sign}` that opens here has no `{close}`, or a comma is missing"),
    )
    .help(format!(
        "close it with `{close}`, or put the value in quotes if the bracket belongs to it"
    ));
    Some(problem.related(here, "the parser gave up here"))
}

fn line_of_missing_colon(composer: &Composer<'_>, text: &Text<'_>) -> Option<Place> {
    let (start, _) = text.next_sign(composer.last_end(), "")?;
    let length = text
        .from(start.index)
        .split('\n')
        .next()?
        .trim_end()
        .chars()
        .count();
    Some(text.place(start, start.index + length))
}
