//! A line of a file with a marker below it, as a terminal shows it.

use std::ops::Range;

use unicode_width::UnicodeWidthChar as _;

use super::redaction::{MASK, Piece};

/// The most columns of a line that are shown.
const WIDEST: usize = 100;
/// How many columns before the marker stay when the beginning is cut off.
const BEFORE: usize = 30;
const CUT: char = '…';

/// A line and its marker, ready to be printed behind a gutter.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Excerpt {
    pub(super) text: String,
    /// How many columns stand before the marker.
    pub(super) indent: usize,
    /// How wide the marker is, at least 1.
    pub(super) width: usize,
}

/// What one or more characters of the file look like.
struct Cell {
    shown: String,
    width: usize,
    /// Their indices in the line, in characters.
    of: Range<usize>,
}

impl Excerpt {
    /// The excerpt of a line with the characters `marked` marked.
    pub(super) fn new(pieces: &[Piece<'_>], marked: &Range<usize>) -> Self {
        let cells = cells(pieces);
        let touched = |cell: &Cell| cell.of.start < marked.end && marked.start < cell.of.end;
        let first = cells.iter().position(touched).unwrap_or(cells.len());
        let last = cells
            .iter()
            .rposition(touched)
            .map_or(first, |last| last + 1);
        let width = |cells: &[Cell]| cells.iter().map(|cell| cell.width).sum::<usize>();
        let (start, end) = window(&cells, first, last);
        let mut text: String = cells[start..end].iter().map(|c| c.shown.as_str()).collect();
        let mut indent = width(&cells[start..first]);
        if start > 0 {
            text.insert(0, CUT);
            indent += 1;
        }
        if end < cells.len() {
            text.push(CUT);
        }
        Self {
            text: text.trim_end().to_owned(),
            indent,
            width: width(&cells[first..last.min(end).max(first)]).max(1),
        }
    }
}

/// The range of cells that are shown: all, or as many as fit, with the marker's beginning.
fn window(cells: &[Cell], first: usize, last: usize) -> (usize, usize) {
    let fits = |start: usize| {
        let mut width = 0;
        let rest = cells[start..].iter();
        start
            + rest
                .take_while(|cell| {
                    width += cell.width;
                    width <= WIDEST
                })
                .count()
    };
    let end = fits(0);
    if end == cells.len() || last <= end {
        return (0, end);
    }
    let mut width = 0;
    let before = cells[..first].iter().rev();
    let kept = before
        .take_while(|cell| {
            width += cell.width;
            width <= BEFORE
        })
        .count();
    let start = first - kept;
    (start, fits(start))
}

fn cells(pieces: &[Piece<'_>]) -> Vec<Cell> {
    let mut cells = Vec::new();
    let mut at = 0;
    for piece in pieces {
        match piece {
            Piece::Open(text) => {
                for c in text.chars() {
                    let shown = shown(c);
                    let width = shown.chars().map(|c| c.width().unwrap_or(1)).sum();
                    cells.push(Cell {
                        shown,
                        width,
                        of: at..at + 1,
                    });
                    at += 1;
                }
            }
            Piece::Masked(text) => {
                let length = text.chars().count();
                cells.push(Cell {
                    shown: MASK.to_owned(),
                    width: MASK.len(),
                    of: at..at + length,
                });
                at += length;
            }
        }
    }
    cells
}

/// What a terminal is given for a line of a file, or one that a program has printed.
pub(crate) fn shown_line(line: &str) -> String {
    line.chars().map(shown).collect()
}

/// What a terminal is given for a character: nothing that it obeys, and nothing invisible.
fn shown(c: char) -> String {
    match c {
        '\t' => "    ".to_owned(),
        // Unicode has a picture of each.
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(c))
            .unwrap_or('�')
            .to_string(),
        '\u{7f}' => '␡'.to_string(),
        c if c.is_control() || is_invisible(c) => '�'.to_string(),
        c => c.to_string(),
    }
}

/// Characters without a glyph; some turn what follows around, so that a line reads other than it is
/// (CVE-2021-42574).
pub(super) fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn excerpt(line: &str, marked: Range<usize>) -> (String, String) {
        let excerpt = Excerpt::new(&[Piece::Open(line)], &marked);
        let below = format!(
            "{}{}",
            " ".repeat(excerpt.indent),
            "^".repeat(excerpt.width)
        );
        (excerpt.text, below)
    }

    fn both(text: &str, marker: &str) -> (String, String) {
        (text.to_owned(), marker.to_owned())
    }

    #[test]
    fn the_marker_stands_below_what_it_marks() {
        assert_eq!(excerpt("a: bcd", 3..6), both("a: bcd", "   ^^^"));
        assert_eq!(excerpt("\ta: b", 4..5), both("    a: b", "       ^"));
        assert_eq!(excerpt("名: b", 3..4), both("名: b", "    ^"));
        assert_eq!(excerpt("a: 名前", 3..5), both("a: 名前", "   ^^^^"));
        // A combining accent takes no column.
        assert_eq!(excerpt("e\u{301}: b", 4..5), both("e\u{301}: b", "   ^"));
        assert_eq!(excerpt("a:", 2..3), both("a:", "  ^"));
        assert_eq!(excerpt("", 0..1), both("", "^"));
    }

    #[test]
    fn a_terminal_gets_nothing_to_obey() {
        assert_eq!(excerpt("a\u{1b}[2Jb", 5..6), both("a␛[2Jb", "     ^"));
        assert_eq!(excerpt("a\u{202e}b", 2..3), both("a�b", "  ^"));
        assert_eq!(excerpt("a\u{9b}b\u{7f}", 2..3), both("a�b␡", "  ^"));
    }

    #[test]
    fn a_long_line_is_cut_around_its_marker() {
        let (text, marker) = excerpt(&"x".repeat(1000), 0..1);
        assert_eq!((text.chars().count(), marker.as_str()), (101, "^"));
        let long = format!("{}HERE{}", "x".repeat(5000), "y".repeat(5000));
        let (text, marker) = excerpt(&long, 5000..5004);
        assert!(text.starts_with("…x") && text.ends_with("y…"));
        assert_eq!(text.chars().skip(31).take(4).collect::<String>(), "HERE");
        assert_eq!(marker, format!("{}^^^^", " ".repeat(31)));
        let (text, marker) = excerpt(&long, 5000..9000);
        assert_eq!(marker.len(), text.chars().count() - 1);
    }

    #[test]
    fn a_mask_tells_no_length() {
        let pieces = [Piece::Open("a: "), Piece::Masked("s3cret value")];
        let excerpt = Excerpt::new(&pieces, &(7..9));
        assert_eq!(
            excerpt,
            Excerpt {
                text: "a: ********".to_owned(),
                indent: 3,
                width: 8
            }
        );
    }
}
