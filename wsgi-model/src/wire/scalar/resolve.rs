//! The YAML 1.1 rules by which Ansible's loader (`PyYAML`'s safe loader) types a plain scalar.
//!
//! The rules are `PyYAML`'s regular expressions, not the specification's: `1e3` and `-.5` are strings,
//! `010` is eight and `1:30` is ninety.

use super::Kind;
use super::python::{Moment, Natural, Time};

/// Python refuses to read or print an integer with more digits.
const MAX_DIGITS: usize = 4300;
/// 60 to a higher power is no longer exact in a float.
const MAX_SEXAGESIMAL_PARTS: usize = 13;

/// Why Ansible's loader cannot make a value of a scalar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unreadable {
    /// It has the form of a date, and there is no such day or time.
    Date,
    /// `0x_`, or too many digits.
    Number,
    /// A lone `=`.
    Equals,
    /// `<<` where a value should be.
    Merge,
    /// The text does not fit its `!!int`, `!!float`, `!!bool`, `!!null` or `!!timestamp` tag.
    Tag,
}

impl Unreadable {
    /// A lower-case clause without the text itself.
    pub(crate) fn message(self) -> &'static str {
        match self {
            Self::Date => "this has the form of a date, but there is no such day or time",
            Self::Number => "this has the form of a number that Ansible cannot read",
            Self::Equals => "a lone `=` is a special value that Ansible refuses",
            Self::Merge => "`<<` is the merge key and cannot be a value",
            Self::Tag => "the text does not fit its tag",
        }
    }

    pub(crate) fn help(self) -> &'static str {
        match self {
            Self::Tag => "remove the tag, or correct the value",
            _ => "put it in quotes if it is meant as text",
        }
    }
}

/// Types a plain scalar.
pub(crate) fn resolve(text: &str) -> Result<Kind, Unreadable> {
    // Most values begin with a letter or a slash; only these can be anything but strings.
    match text.as_bytes().first() {
        None => Ok(Kind::Null),
        Some(b'~' | b'n' | b'N' | b'y' | b'Y' | b't' | b'T' | b'f' | b'F' | b'o' | b'O') => {
            Ok(word(text))
        }
        Some(b'=') if text == "=" => Err(Unreadable::Equals),
        Some(b'<') if text == "<<" => Err(Unreadable::Merge),
        Some(b'-' | b'+' | b'.' | b'0'..=b'9') => number_or_date(text),
        Some(_) => Ok(Kind::Str),
    }
}

/// Reads text under an explicit `!!int`, `!!float`, … tag; `None` for a tag that is not one of them.
pub(crate) fn resolve_as(tag: &str, text: &str) -> Option<Result<Kind, Unreadable>> {
    let wrong = Err(Unreadable::Tag);
    Some(match tag {
        "str" => Ok(Kind::Str),
        "null" => resolve(text)
            .ok()
            .filter(|kind| *kind == Kind::Null)
            .map_or(wrong, Ok),
        "bool" => match word(&text.to_ascii_lowercase()) {
            Kind::Bool(value) => Ok(Kind::Bool(value)),
            _ => wrong,
        },
        "int" => match resolve(text) {
            Ok(Kind::Int(digits)) => Ok(Kind::Int(digits)),
            _ => wrong,
        },
        "float" => match resolve(text) {
            Ok(Kind::Float(number)) => Ok(Kind::Float(number)),
            _ if text
                .bytes()
                .all(|b| matches!(b, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-')) =>
            {
                text.parse().map_or(wrong, |number| Ok(Kind::Float(number)))
            }
            _ => wrong,
        },
        "timestamp" => match moment(text, Days::OneDigitAllowed) {
            Some(moment) => moment
                .text()
                .map_or(Err(Unreadable::Date), |text| Ok(Kind::Date(text))),
            None => wrong,
        },
        _ => return None,
    })
}

fn word(text: &str) -> Kind {
    match text {
        "~" | "null" | "Null" | "NULL" => Kind::Null,
        "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Kind::Bool(true),
        "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            Kind::Bool(false)
        }
        _ => Kind::Str,
    }
}

fn number_or_date(text: &str) -> Result<Kind, Unreadable> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if let Some(number) = float(text, unsigned)? {
        return Ok(Kind::Float(number));
    }
    if let Some(natural) = integer(unsigned)? {
        let digits = natural.into_digits();
        let negative = text.starts_with('-') && digits != "0";
        if digits.len() > MAX_DIGITS {
            return Err(Unreadable::Number);
        }
        return Ok(Kind::Int(if negative {
            format!("-{digits}")
        } else {
            digits
        }));
    }
    match moment(text, Days::TwoDigits) {
        Some(moment) => moment.text().map(Kind::Date).ok_or(Unreadable::Date),
        None => Ok(Kind::Str),
    }
}

fn all(text: &str, allowed: impl Fn(u8) -> bool) -> bool {
    text.bytes().all(allowed)
}

fn digit_or_underscore(byte: u8) -> bool {
    byte.is_ascii_digit() || byte == b'_'
}

/// `[0-5]?[0-9]`
fn is_sixtieth(part: &str) -> bool {
    match part.as_bytes() {
        [digit] => digit.is_ascii_digit(),
        [tens, digit] => (b'0'..=b'5').contains(tens) && digit.is_ascii_digit(),
        _ => false,
    }
}

fn integer(text: &str) -> Result<Option<Natural>, Unreadable> {
    let (base, digits) = if let Some(digits) = text.strip_prefix("0b") {
        (2, digits)
    } else if let Some(digits) = text.strip_prefix("0x") {
        (16, digits)
    } else if text != "0" && text.starts_with('0') {
        (8, &text[1..])
    } else {
        (10, text)
    };
    if base == 10 && digits.contains(':') {
        return sexagesimal_integer(digits);
    }
    let fits = !digits.is_empty()
        && all(digits, |b| b == b'_' || char::from(b).is_digit(base))
        && (base != 10 || digits.as_bytes()[0].is_ascii_digit());
    if !fits {
        return Ok(None);
    }
    let count = digits.bytes().filter(|b| *b != b'_').count();
    // `0_` is a zero to PyYAML, `0x_` an error.
    if (count == 0 && base != 8) || count > MAX_DIGITS {
        return Err(Unreadable::Number);
    }
    let mut natural = Natural::zero();
    for digit in digits.chars().filter_map(|c| c.to_digit(base)) {
        natural.push(base, digit);
    }
    Ok(Some(natural))
}

/// `[1-9][0-9_]*(:[0-5]?[0-9])+`
fn sexagesimal_integer(text: &str) -> Result<Option<Natural>, Unreadable> {
    let mut parts = text.split(':');
    let first = parts.next().unwrap_or_default();
    let fits = matches!(first.as_bytes().first(), Some(b'1'..=b'9'))
        && all(first, digit_or_underscore)
        && parts.clone().all(is_sixtieth);
    if !fits {
        return Ok(None);
    }
    if text.len() > MAX_DIGITS {
        return Err(Unreadable::Number);
    }
    let mut natural = Natural::zero();
    for digit in first.chars().filter_map(|c| c.to_digit(10)) {
        natural.push(10, digit);
    }
    for part in parts {
        natural.push(60, part.parse().unwrap_or_default());
    }
    Ok(Some(natural))
}

fn float(text: &str, unsigned: &str) -> Result<Option<f64>, Unreadable> {
    let signed = text.len() != unsigned.len();
    let sign = if text.starts_with('-') { -1.0 } else { 1.0 };
    match unsigned {
        ".inf" | ".Inf" | ".INF" => return Ok(Some(sign * f64::INFINITY)),
        ".nan" | ".NaN" | ".NAN" if !signed => return Ok(Some(f64::NAN)),
        _ => {}
    }
    let Some((whole, rest)) = unsigned.split_once('.') else {
        return Ok(None);
    };
    if whole.contains(':') {
        return sexagesimal_float(whole, rest).map(|number| number.map(|number| sign * number));
    }
    let (fraction, exponent) = match rest.find(['e', 'E']) {
        Some(at) => (&rest[..at], Some(&rest[at + 1..])),
        None => (rest, None),
    };
    let starts_right = match whole.as_bytes().first() {
        Some(first) => first.is_ascii_digit() && all(whole, digit_or_underscore),
        // `.5`, but neither `-.5` nor `._5`.
        None => !signed && fraction.as_bytes().first().is_some_and(u8::is_ascii_digit),
    };
    let exponent_fits = exponent.is_none_or(|exponent| {
        exponent
            .strip_prefix(['-', '+'])
            .is_some_and(|digits| !digits.is_empty() && all(digits, |b| b.is_ascii_digit()))
    });
    if !(starts_right && exponent_fits && all(fraction, digit_or_underscore)) {
        return Ok(None);
    }
    let digits: String = unsigned.chars().filter(|c| *c != '_').collect();
    digits
        .parse()
        .map(|number: f64| Some(sign * number))
        .map_err(|_| Unreadable::Number)
}

/// `[0-9][0-9_]*(:[0-5]?[0-9])+\.[0-9_]*`, summed in `PyYAML`'s order so that it rounds alike.
fn sexagesimal_float(whole: &str, fraction: &str) -> Result<Option<f64>, Unreadable> {
    let mut parts: Vec<&str> = whole.split(':').collect();
    let fits = parts[0].as_bytes().first().is_some_and(u8::is_ascii_digit)
        && all(parts[0], digit_or_underscore)
        && parts[1..].iter().all(|part| is_sixtieth(part))
        && all(fraction, digit_or_underscore);
    if !fits {
        return Ok(None);
    }
    if parts.len() > MAX_SEXAGESIMAL_PARTS {
        return Err(Unreadable::Number);
    }
    let last = format!("{}.{fraction}", parts.pop().unwrap_or_default());
    let (mut sum, mut base) = (0.0, 1.0);
    for part in std::iter::once(last.as_str()).chain(parts.into_iter().rev()) {
        let digits: String = part.chars().filter(|c| *c != '_').collect();
        let digit: f64 = digits.parse().map_err(|_| Unreadable::Number)?;
        sum += digit * base;
        base *= 60.0;
    }
    Ok(Some(sum))
}

#[derive(Clone, Copy, PartialEq)]
enum Days {
    /// A date without a time must be written `2024-01-01`.
    TwoDigits,
    /// Under `!!timestamp`, `2024-1-1` will do.
    OneDigitAllowed,
}

fn moment(text: &str, days: Days) -> Option<Moment> {
    let mut rest = Cursor(text.as_bytes());
    let year = rest.digits(4, 4)?;
    rest.take(b'-')?;
    let month = rest.digits(1, 2)?;
    rest.take(b'-')?;
    let day = rest.digits(1, 2)?;
    let mut moment = Moment {
        year,
        month,
        day,
        time: None,
    };
    if rest.0.is_empty() {
        return (days == Days::OneDigitAllowed || text.len() == 10).then_some(moment);
    }
    if rest.take(b'T').or_else(|| rest.take(b't')).is_none() && rest.blanks() == 0 {
        return None;
    }
    let mut time = Time {
        hour: rest.digits(1, 2)?,
        ..Time::default()
    };
    rest.take(b':')?;
    time.minute = rest.digits(2, 2)?;
    rest.take(b':')?;
    time.second = rest.digits(2, 2)?;
    if rest.take(b'.').is_some() {
        let mut scale = 100_000;
        while let Some(digit) = rest.digits(1, 1) {
            time.microsecond += digit * scale;
            scale /= 10;
        }
    }
    if !rest.0.is_empty() {
        rest.blanks();
        time.offset = Some(if rest.take(b'Z').is_some() {
            0
        } else {
            rest.offset()?
        });
    }
    moment.time = Some(time);
    rest.0.is_empty().then_some(moment)
}

struct Cursor<'a>(&'a [u8]);

impl Cursor<'_> {
    fn take(&mut self, byte: u8) -> Option<()> {
        self.0 = self.0.strip_prefix(&[byte])?;
        Some(())
    }

    /// Between `least` and `most` digits, as many as there are.
    fn digits(&mut self, least: usize, most: usize) -> Option<u32> {
        let count = self
            .0
            .iter()
            .take(most)
            .take_while(|b| b.is_ascii_digit())
            .count();
        let (digits, rest) = self.0.split_at(count);
        if count < least {
            return None;
        }
        self.0 = rest;
        Some(
            digits
                .iter()
                .fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0')),
        )
    }

    fn blanks(&mut self) -> usize {
        let count = self
            .0
            .iter()
            .take_while(|b| matches!(b, b' ' | b'\t'))
            .count();
        self.0 = &self.0[count..];
        count
    }

    /// `[-+][0-9][0-9]?(:[0-9][0-9])?` in minutes.
    fn offset(&mut self) -> Option<i32> {
        let negative = self.take(b'-').is_some();
        if !negative {
            self.take(b'+')?;
        }
        let mut minutes = self.digits(1, 2)? * 60;
        if self.take(b':').is_some() {
            minutes += self.digits(2, 2)?;
        }
        let minutes = i32::try_from(minutes).ok()?;
        Some(if negative { -minutes } else { minutes })
    }
}
