//! How Python prints numbers and dates.

use std::fmt::Write as _;

/// `str()` of a Python float: the shortest digits that read back, an exponent below 1e-4 and from 1e16.
pub(crate) fn float_text(number: f64) -> String {
    if number.is_nan() {
        return "nan".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let shortest = format!("{number:e}");
    let (mantissa, exponent) = shortest.split_once('e').unwrap_or((&shortest, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..16).contains(&exponent) {
        let plain = format!("{number}");
        return if plain.contains('.') {
            plain
        } else {
            plain + ".0"
        };
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}

/// An unsigned integer of any size as decimal digits, built up digit by digit.
pub(super) struct Natural {
    /// Base 1e9, least significant first.
    limbs: Vec<u32>,
}

impl Natural {
    const BASE: u64 = 1_000_000_000;

    pub(super) fn zero() -> Self {
        Self { limbs: Vec::new() }
    }

    /// `self * factor + digit`.
    pub(super) fn push(&mut self, factor: u32, digit: u32) {
        let mut carry = u64::from(digit);
        for limb in &mut self.limbs {
            let sum = u64::from(*limb) * u64::from(factor) + carry;
            *limb = u32::try_from(sum % Self::BASE).unwrap_or_default();
            carry = sum / Self::BASE;
        }
        while carry > 0 {
            self.limbs
                .push(u32::try_from(carry % Self::BASE).unwrap_or_default());
            carry /= Self::BASE;
        }
    }

    pub(super) fn into_digits(self) -> String {
        let mut limbs = self.limbs.iter().rev();
        let mut digits = limbs.next().map_or_else(|| "0".to_owned(), u32::to_string);
        for limb in limbs {
            let _ = write!(digits, "{limb:09}");
        }
        digits
    }
}

/// A calendar date with an optional time, checked as Python's `datetime` checks it.
#[derive(Default)]
pub(super) struct Moment {
    pub(super) year: u32,
    pub(super) month: u32,
    pub(super) day: u32,
    pub(super) time: Option<Time>,
}

#[derive(Default)]
pub(super) struct Time {
    pub(super) hour: u32,
    pub(super) minute: u32,
    pub(super) second: u32,
    pub(super) microsecond: u32,
    /// Minutes east of Greenwich.
    pub(super) offset: Option<i32>,
}

impl Moment {
    /// What Python prints, or `None` where Python refuses the date.
    pub(super) fn text(&self) -> Option<String> {
        let leap = self.year % 4 == 0 && (self.year % 100 != 0 || self.year % 400 == 0);
        let days = match self.month {
            2 if leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => return None,
        };
        if self.year == 0 || !(1..=days).contains(&self.day) {
            return None;
        }
        let mut text = format!("{:04}-{:02}-{:02}", self.year, self.month, self.day);
        let Some(time) = &self.time else {
            return Some(text);
        };
        if time.hour > 23 || time.minute > 59 || time.second > 59 {
            return None;
        }
        let _ = write!(
            text,
            " {:02}:{:02}:{:02}",
            time.hour, time.minute, time.second
        );
        if time.microsecond > 0 {
            let _ = write!(text, ".{:06}", time.microsecond);
        }
        if let Some(offset) = time.offset {
            if offset.abs() >= 24 * 60 {
                return None;
            }
            let sign = if offset < 0 { '-' } else { '+' };
            let _ = write!(
                text,
                "{sign}{:02}:{:02}",
                offset.abs() / 60,
                offset.abs() % 60
            );
        }
        Some(text)
    }
}
