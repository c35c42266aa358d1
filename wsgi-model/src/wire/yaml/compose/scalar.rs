//! Scalars: their type, and the place of those that the parser places elsewhere.

use saphyr_parser::{ScalarStyle, Tag};

use super::super::text::At;
use super::super::{Node, Value, YamlProblem};
use super::budget::Weight;
use super::tag::Wanted;
use super::{Composer, Open, Pending, Stop};
use crate::place::Place;
use crate::wire::scalar::{Kind, Scalar, Style, Unreadable, resolve, resolve_as};

impl Composer<'_> {
    pub(super) fn scalar(
        &mut self,
        written: &str,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<&Tag>,
        start: At,
        end: At,
    ) -> Result<(), Stop> {
        let style = match style {
            ScalarStyle::Plain => Style::Plain,
            ScalarStyle::SingleQuoted => Style::SingleQuoted,
            ScalarStyle::DoubleQuoted => Style::DoubleQuoted,
            ScalarStyle::Literal => Style::Literal,
            ScalarStyle::Folded => Style::Folded,
        };
        let bare = tag.is_none() && anchor == 0;
        let (place, end) = match style {
            Style::Plain if bare && written.is_empty() => self.place_of_nothing(start),
            // The parser reports where the text begins, not the `|`.
            Style::Literal | Style::Folded if bare => {
                match self.text.next_sign(self.last_end, ":-?") {
                    Some((sign, '|' | '>')) => (self.text.place(sign, end.index), end),
                    _ => (self.text.place(start, end.index), end),
                }
            }
            Style::SingleQuoted | Style::DoubleQuoted => {
                // The parser counts blanks and comments after the closing quote in.
                let length = quoted_length(self.text.between(start.index, end.index));
                (self.text.place(start, start.index + length), end)
            }
            _ => (self.text.place(start, end.index), end),
        };
        self.last_end = end;
        let written = match style {
            // The parser ends the last line of a file that does not end it; Ansible's does not.
            Style::Literal | Style::Folded if self.text.ends_within_line(end) => {
                written.strip_suffix('\n').unwrap_or(written)
            }
            _ => written,
        };
        let weight = Weight {
            nodes: 1,
            bytes: written.len(),
            depth: 0,
        };
        self.spend(weight, place)?;
        let inherited = self.is_unsafe();
        let Some(wanted) = self.wanted(tag, place) else {
            return self.attach(null(place), weight, anchor);
        };
        let is_unsafe = inherited || matches!(wanted, Wanted::Unsafe);
        let kind = match wanted {
            Wanted::Untagged if style != Style::Plain => Ok(Kind::Str),
            // As a name, `<<` merges and `=` is text.
            Wanted::Untagged if self.awaits_key() && matches!(written, "<<" | "=") => Ok(Kind::Str),
            // Ansible types the text below these tags even when it is in quotes.
            Wanted::Untagged | Wanted::Unsafe | Wanted::Vault => resolve(written),
            Wanted::Core(name) => resolve_as(name, written).unwrap_or(Err(Unreadable::Tag)),
        };
        let value = match kind {
            Ok(Kind::Str) if matches!(wanted, Wanted::Vault) => Value::Vault(written.to_owned()),
            Ok(_) if matches!(wanted, Wanted::Vault) => {
                self.refuse(
                    YamlProblem::new(
                        place,
                        "vault",
                        "`!vault` must be followed by the text that ansible-vault wrote",
                    )
                    .help(
                        "write `!vault |` and the lines of `ansible-vault encrypt_string` below it",
                    ),
                );
                return self.attach(null(place), weight, anchor);
            }
            Ok(kind) => Value::Scalar(Scalar {
                written: written.to_owned(),
                style,
                kind,
                unsafe_: is_unsafe,
            }),
            Err(why) => {
                self.refuse(
                    YamlProblem::new(place, "unreadable-value", why.message()).help(why.help()),
                );
                return self.attach(null(place), weight, anchor);
            }
        };
        self.attach(Node::new(place, value), weight, anchor)
    }

    /// The parser reports a value left empty where the next thing begins.
    fn place_of_nothing(&self, start: At) -> (Place, At) {
        match self.frames.last().map(|frame| &frame.open) {
            Some(Open::Map {
                pending: Pending::Key(_, place) | Pending::Merge(place) | Pending::Refused(place),
                ..
            }) => (*place, self.last_end),
            Some(Open::List(_)) => match self.text.next_sign(self.last_end, "") {
                Some((mut dash, '-')) => {
                    let place = self.text.place(dash, dash.index + 1);
                    dash.index += 1;
                    dash.column += 1;
                    (place, dash)
                }
                _ => (self.text.place(start, start.index), self.last_end),
            },
            _ => (self.text.place(start, start.index), self.last_end),
        }
    }
}

/// How many characters a tag, an anchor and the quoted text after them take.
fn quoted_length(written: &str) -> usize {
    let mut quote = None;
    let mut prefix = false;
    let mut chars = written.chars().enumerate().peekable();
    while let Some((index, c)) = chars.next() {
        match (quote, c) {
            (None, '!' | '&') => prefix = true,
            (None, '\'' | '"') if !prefix => quote = Some(c),
            (None, c) if c.is_whitespace() => prefix = false,
            (Some('"'), '\\') => _ = chars.next(),
            (Some('\''), '\'') if chars.peek().is_some_and(|(_, next)| *next == '\'') => {
                chars.next();
            }
            (Some(open), c) if c == open => return index + 1,
            _ => {}
        }
    }
    written.chars().count()
}

/// Stands for a value that was refused.
fn null(place: Place) -> Node {
    let scalar = Scalar {
        written: String::new(),
        style: Style::Plain,
        kind: Kind::Null,
        unsafe_: true,
    };
    Node::new(place, Value::Scalar(scalar))
}
