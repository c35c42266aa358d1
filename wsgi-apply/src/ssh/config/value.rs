use std::path::PathBuf;
use std::time::Duration;

use super::error::ConfigError;
use super::selection::{Selection, Written};
use super::tokens::Tokens;

/// A value that is none of its option's.
pub(super) fn wrong(
    written: &Written,
    option: &'static str,
    expected: &'static str,
) -> ConfigError {
    ConfigError::Value {
        place: written.place.clone(),
        option,
        value: written.words.join(" "),
        expected,
    }
}

/// One of several words.
pub(super) fn word<T: Copy>(
    selection: &Selection<'_>,
    option: &'static str,
    words: &[(&str, T)],
    expected: &'static str,
) -> Result<Option<T>, ConfigError> {
    let Some(written) = selection.option(&option.to_ascii_lowercase()) else {
        return Ok(None);
    };
    words
        .iter()
        .find(|(word, _)| written.words[0].eq_ignore_ascii_case(word))
        .map(|(_, meaning)| Some(*meaning))
        .ok_or_else(|| wrong(written, option, expected))
}

/// Yes or no, in the words that OpenSSH takes.
pub(super) fn yes(
    selection: &Selection<'_>,
    option: &'static str,
    usual: bool,
) -> Result<bool, ConfigError> {
    let words = [
        ("yes", true),
        ("true", true),
        ("no", false),
        ("false", false),
        // PubkeyAuthentication knows two more.
        ("unbound", true),
        ("host-bound", true),
    ];
    Ok(word(selection, option, &words, "yes or no")?.unwrap_or(usual))
}

pub(super) fn number(
    selection: &Selection<'_>,
    option: &'static str,
) -> Result<Option<u32>, ConfigError> {
    let Some(written) = selection.option(&option.to_ascii_lowercase()) else {
        return Ok(None);
    };
    match written.words[0].parse() {
        Ok(number) => Ok(Some(number)),
        Err(_) => Err(wrong(written, option, "a number")),
    }
}

pub(super) fn port(written: Option<&Written>) -> Result<Option<u16>, ConfigError> {
    let Some(written) = written else {
        return Ok(None);
    };
    match written.words[0].parse() {
        Ok(port) if port != 0 => Ok(Some(port)),
        _ => Err(wrong(written, "Port", "a number from 1 to 65535")),
    }
}

/// Seconds, or numbers with units as in `1m30s`.
pub(super) fn duration(
    selection: &Selection<'_>,
    option: &'static str,
) -> Result<Option<Duration>, ConfigError> {
    let Some(written) = selection.option(&option.to_ascii_lowercase()) else {
        return Ok(None);
    };
    let text = written.words[0].to_ascii_lowercase();
    if text == "none" {
        return Ok(None);
    }
    match seconds(&text) {
        Some(seconds) => Ok(Some(Duration::from_secs(seconds))),
        None => Err(wrong(written, option, "seconds, or a time as 1m30s")),
    }
}

fn seconds(text: &str) -> Option<u64> {
    let mut total: u64 = 0;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(rest.len());
        let number: u64 = rest[..digits].parse().ok()?;
        let mut unit = rest[digits..].chars();
        let factor = match unit.next() {
            None | Some('s') => 1,
            Some('m') => 60,
            Some('h') => 60 * 60,
            Some('d') => 24 * 60 * 60,
            Some('w') => 7 * 24 * 60 * 60,
            Some(_) => return None,
        };
        total = total.checked_add(number.checked_mul(factor)?)?;
        rest = unit.as_str();
    }
    Some(total).filter(|_| !text.is_empty())
}

pub(super) fn path(
    written: &Written,
    tokens: &Tokens<'_>,
    option: &'static str,
) -> Result<PathBuf, ConfigError> {
    tokens
        .path(&written.words[0])
        .map_err(|expected| wrong(written, option, expected))
}
