//! The decoded text, found by the character index that the parser counts in.

use saphyr_parser::Marker;

use crate::place::Place;

/// One remembered byte offset per so many characters.
const STRIDE: usize = 64;

pub(super) struct Text<'t> {
    pub(super) all: &'t str,
    /// Byte offsets of every `STRIDE`th character; empty if a character is a byte.
    offsets: Vec<usize>,
}

/// A position in characters.
#[derive(Clone, Copy, Debug)]
pub(super) struct At {
    pub(super) index: usize,
    pub(super) line: usize,
    /// From 0.
    pub(super) column: usize,
}

impl From<Marker> for At {
    fn from(marker: Marker) -> Self {
        Self {
            index: marker.index(),
            line: marker.line(),
            column: marker.col(),
        }
    }
}

impl<'t> Text<'t> {
    pub(super) fn new(all: &'t str) -> Self {
        let offsets = if all.is_ascii() {
            Vec::new()
        } else {
            all.char_indices()
                .step_by(STRIDE)
                .map(|(byte, _)| byte)
                .collect()
        };
        Self { all, offsets }
    }

    /// The byte offset of a character, at most the length of the text.
    fn byte(&self, index: usize) -> usize {
        if self.offsets.is_empty() {
            return index.min(self.all.len());
        }
        let Some(base) = self.offsets.get(index / STRIDE) else {
            return self.all.len();
        };
        let mut rest = self.all[*base..].char_indices();
        rest.nth(index % STRIDE)
            .map_or(self.all.len(), |(byte, _)| base + byte)
    }

    pub(super) fn from(&self, index: usize) -> &'t str {
        &self.all[self.byte(index)..]
    }

    pub(super) fn between(&self, start: usize, end: usize) -> &'t str {
        let start = self.byte(start);
        &self.all[start..self.byte(end).max(start)]
    }

    /// Whether the file ends here, in a line with text and without a line end.
    pub(super) fn ends_within_line(&self, at: At) -> bool {
        self.byte(at.index) == self.all.len() && !self.line(at).trim_end_matches(' ').is_empty()
    }

    /// The whole line that a position is in.
    pub(super) fn line(&self, at: At) -> &'t str {
        let line = self.from(at.index - at.column.min(at.index));
        line.split('\n').next().unwrap_or_default()
    }

    /// The place of what begins at one character and ends before another, as far as its first line goes.
    pub(super) fn place(&self, start: At, end: usize) -> Place {
        let written = self.between(start.index, end);
        let length = match written.split_once('\n') {
            None => end.saturating_sub(start.index),
            Some((line, _)) => line.trim_end().chars().count(),
        };
        Place {
            line: number(start.line),
            column: number(start.column + 1),
            length: number(length).max(1),
        }
    }

    /// The next place of a character that begins something, after blanks, comments and the signs in `skipped`.
    pub(super) fn next_sign(&self, from: At, skipped: &str) -> Option<(At, char)> {
        let mut at = from;
        let mut comment = false;
        let mut before = ' ';
        for c in self.from(from.index).chars() {
            match c {
                '\n' => comment = false,
                '#' if before.is_whitespace() => comment = true,
                _ if comment || c.is_whitespace() || skipped.contains(c) => {}
                _ => return Some((at, c)),
            }
            before = c;
            at.index += 1;
            at.column += 1;
            if c == '\n' {
                at.line += 1;
                at.column = 0;
            }
        }
        None
    }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
