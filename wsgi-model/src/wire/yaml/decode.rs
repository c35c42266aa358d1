//! From bytes to text: what is not a UTF-8 text file is refused by name.

use std::borrow::Cow;

use super::{MAX_BYTES, MAX_MARKS, YamlProblem};
use crate::place::Place;

const VAULT_HEADER: &[u8] = b"$ANSIBLE_VAULT;";

/// The text without a byte order mark, its lines ended by `\n`.
pub(super) fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, YamlProblem> {
    if bytes.len() > MAX_BYTES {
        let message = format!(
            "the file is too large: {} bytes, and at most {} MiB are read",
            bytes.len(),
            MAX_BYTES >> 20
        );
        return Err(YamlProblem::new(None, "too-large", message));
    }
    if let Some(name) = utf16(bytes) {
        let help = format!("convert it: iconv -f {name} -t utf-8");
        let first = Place {
            line: 1,
            column: 1,
            length: 1,
        };
        return Err(
            YamlProblem::new(first, "encoding", format!("the file is {name}, not UTF-8"))
                .help(help),
        );
    }
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    if bytes.starts_with(VAULT_HEADER) {
        let message =
            "the whole file is encrypted with ansible-vault, and such a file is not read yet";
        let help = "encrypt only the secret values, with `ansible-vault encrypt_string`";
        return Err(YamlProblem::new(None, "vault-file", message).help(help));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| not_utf8(bytes, error.valid_up_to()))?;
    if let Some(at) = text.find(is_forbidden) {
        return Err(forbidden(text, at));
    }
    if marks(bytes) > MAX_MARKS {
        let message =
            format!("the file has more than {MAX_MARKS} signs such as brackets, quotes and commas");
        return Err(YamlProblem::new(None, "too-large", message));
    }
    if text.contains('\r') {
        return Ok(Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n")));
    }
    Ok(Cow::Borrowed(text))
}

/// Text in UTF-16 or UTF-32 begins with a byte order mark, or has a NUL beside its first character.
fn utf16(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xFF, 0xFE, 0, 0, ..] => Some("UTF-32LE"),
        [0, 0, 0xFE, 0xFF, ..] => Some("UTF-32BE"),
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => Some("UTF-16"),
        [first, 0, second, 0, ..] if *first != 0 && *second != 0 => Some("UTF-16LE"),
        [0, first, 0, second, ..] if *first != 0 && *second != 0 => Some("UTF-16BE"),
        _ => None,
    }
}

fn not_utf8(bytes: &[u8], at: usize) -> YamlProblem {
    let before = std::str::from_utf8(&bytes[..at]).unwrap_or_default();
    let place = end_of(before);
    if bytes.contains(&0) {
        return YamlProblem::new(place, "encoding", "the file is binary, not text");
    }
    let message = format!(
        "the file is not UTF-8: byte 0x{:02x} does not belong here",
        bytes[at]
    );
    YamlProblem::new(place, "encoding", message)
        .help("convert it, for example from Latin-1: iconv -f latin1 -t utf-8")
}

/// The characters that YAML does not allow in a file, and those beside `\n` and `\r` that Ansible's
/// YAML 1.1 takes for line ends and newer parsers for text.
fn is_forbidden(c: char) -> bool {
    match c {
        '\u{85}' | '\u{2028}' | '\u{2029}' => true,
        '\t' | '\n' | '\r' | '\u{20}'..='\u{7E}' | '\u{A0}'..='\u{FFFD}' | '\u{10000}'.. => false,
        _ => true,
    }
}

fn forbidden(text: &str, at: usize) -> YamlProblem {
    let place = end_of(&text[..at]);
    match text[at..].chars().next() {
        Some('\0') => YamlProblem::new(
            place,
            "control-character",
            "the file holds a NUL byte: it is binary, not text",
        ),
        c => {
            let code = u32::from(c.unwrap_or_default());
            let message = format!("the character U+{code:04X} may not stand in a vars file");
            YamlProblem::new(place, "control-character", message).help(format!(
                "remove it, or write it as an escape in double quotes: \"\\u{code:04X}\""
            ))
        }
    }
}

/// The place after a text.
fn end_of(before: &str) -> Place {
    let before = before.replace("\r\n", "\n").replace('\r', "\n");
    let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let line = before.rsplit('\n').next().unwrap_or_default();
    Place {
        line: count(before.matches('\n').count() + 1),
        column: count(line.chars().count() + 1),
        length: 1,
    }
}

/// How many tokens the text can have at most, beside plain scalars between them.
fn marks(bytes: &[u8]) -> usize {
    let mut line_start = true;
    let mut marks = 0;
    for byte in bytes {
        let sign = b",[]{}:?\"'&*!#%".contains(byte);
        // `---` and `...` are tokens of their own, even in brackets.
        if sign || (line_start && matches!(byte, b'-' | b'.')) {
            marks += 1;
        }
        line_start = matches!(byte, b'\n' | b'\r');
    }
    marks
}
