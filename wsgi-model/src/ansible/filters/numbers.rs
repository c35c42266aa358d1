//! Filters of numbers and switches.

use minijinja::Error;
use minijinja::value::{Value, ValueKind};

use super::filters;
use crate::ansible::call::Call;

filters! {
    "abs" => abs,
    "bool" => bool,
    "filesizeformat" => filesizeformat,
    "float" => float,
    "human_readable" => human_readable,
    "human_to_bytes" => human_to_bytes,
    "int" => int,
    "log" => log,
    "pow" => |call| {
        let base = number(call, None)?;
        let [power] = call.bind(["y"])?;
        let power = power.ok_or_else(|| call.wrong("it wants a power"))?;
        let power = number(call, Some(&power))?;
        Ok(Value::from(base.powf(power)))
    },
    "root" => |call| {
        let of = number(call, None)?;
        let [base] = call.bind(["base"])?;
        let base = base.map_or(Ok(2.0), |base| number(call, Some(&base)))?;
        #[expect(clippy::float_cmp, reason = "as Ansible compares it")]
        let square = base == 2.0;
        Ok(Value::from(if square { of.sqrt() } else { of.powf(1.0 / base) }))
    },
    "round" => round,
}

/// A number, or a boolean as one.
fn number(call: &Call<'_, '_, '_>, value: Option<&Value>) -> Result<f64, Error> {
    let value = value.unwrap_or(&call.value);
    match value.kind() {
        ValueKind::Number => f64::try_from(value.clone()).ok(),
        ValueKind::Bool => Some(f64::from(u8::from(value.is_true()))),
        _ => None,
    }
    .ok_or_else(|| call.wrong("it wants a number"))
}

fn abs(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    if let (true, Some(number)) = (call.value.is_integer(), call.value.as_i64()) {
        return Ok(Value::from(i128::from(number).abs()));
    }
    Ok(Value::from(number(call, None)?.abs()))
}

/// Ansible's words for true and false; others it takes for false with a warning, and will refuse.
fn bool(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    if call.value.kind() == ValueKind::Bool {
        return Ok(call.value.clone());
    }
    let word = call.text()?.to_lowercase();
    Ok(Value::from(match call.value.kind() {
        ValueKind::String => matches!(word.as_str(), "yes" | "on" | "1" | "true"),
        ValueKind::Number => matches!(word.as_str(), "1" | "1.0"),
        _ => false,
    }))
}

/// `int(default=0, base=10)`
fn int(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let value = call.value.clone();
    let [otherwise, base] = call.bind(["default", "base"])?;
    let otherwise = otherwise.unwrap_or_else(|| Value::from(0));
    let base = base.and_then(|b| u32::try_from(b).ok()).unwrap_or(10);
    let made = match value.kind() {
        ValueKind::String => {
            let text = value.as_str().unwrap_or_default();
            python_int(text, base).or_else(|| python_float(text).and_then(truncated))
        }
        ValueKind::Number if value.is_integer() => return Ok(value),
        ValueKind::Number => f64::try_from(value).ok().and_then(truncated),
        ValueKind::Bool => Some(i128::from(value.is_true())),
        _ => None,
    };
    Ok(made.map_or(otherwise, Value::from))
}

/// `int(text, base)`
fn python_int(text: &str, base: u32) -> Option<i128> {
    let text = text.trim();
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let lower = digits.to_ascii_lowercase();
    let (base, digits) = match (base, lower.get(..2)) {
        (16 | 0, Some("0x")) => (16, &lower[2..]),
        (8 | 0, Some("0o")) => (8, &lower[2..]),
        (2 | 0, Some("0b")) => (2, &lower[2..]),
        (0, _) => (10, lower.as_str()),
        (base, _) => (base, lower.as_str()),
    };
    // Single underscores between digits are Python's.
    let digits = digits.strip_prefix('_').unwrap_or(digits);
    if !(2..=36).contains(&base)
        || digits.is_empty()
        || digits.contains("__")
        || digits.ends_with('_')
        || digits.starts_with(['+', '-', '_'])
    {
        return None;
    }
    let number = i128::from_str_radix(&digits.replace('_', ""), base).ok()?;
    Some(if negative { -number } else { number })
}

/// `float(text)`
fn python_float(text: &str) -> Option<f64> {
    let text = text.trim();
    let fits =
        !text.is_empty() && !text.starts_with('_') && !text.ends_with('_') && !text.contains("__");
    let text = text.replace('_', "");
    fits.then(|| text.parse().ok()).flatten()
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the range is checked first"
)]
fn truncated(number: f64) -> Option<i128> {
    (number.is_finite() && number.abs() < 1e38).then_some(number as i128)
}

/// `float(default=0.0)`
fn float(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let value = call.value.clone();
    let [otherwise] = call.bind(["default"])?;
    let made = match value.kind() {
        ValueKind::String => python_float(value.as_str().unwrap_or_default()),
        ValueKind::Number => f64::try_from(value).ok(),
        ValueKind::Bool => Some(f64::from(u8::from(value.is_true()))),
        _ => None,
    };
    Ok(match made {
        Some(number) => Value::from(number),
        None => otherwise.unwrap_or_else(|| Value::from(0.0)),
    })
}

fn log(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let of = number(call, None)?;
    let [base] = call.bind(["base"])?;
    let base = base.map(|base| number(call, Some(&base))).transpose()?;
    if of <= 0.0 {
        return Err(call.wrong("it wants a number above 0"));
    }
    let made = match base {
        None => of.ln(),
        Some(10.0) => of.log10(),
        Some(base) => of.ln() / base.ln(),
    };
    Ok(Value::from(made))
}

/// `round(precision=0, method='common')`: always a float.
fn round(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let of = number(call, None)?;
    let is_integer = call.value.is_integer();
    let value = call.value.clone();
    let [precision, method] = call.bind(["precision", "method"])?;
    let precision = precision.and_then(|p| p.as_i64()).unwrap_or(0);
    let Ok(precision) = i32::try_from(precision) else {
        return Err(call.wrong("the precision is too large"));
    };
    let method = call.text_or(method.as_ref(), "common")?;
    let scale = 10f64.powi(precision);
    match method.as_str() {
        // Python rounds an integer to an integer.
        "common" if is_integer && precision >= 0 => Ok(value),
        "common" if precision < 0 => Ok(Value::from((of * scale).round_ties_even() / scale)),
        "common" => Ok(Value::from(rounded(of, precision.unsigned_abs()))),
        "ceil" => Ok(Value::from((of * scale).ceil() / scale)),
        "floor" => Ok(Value::from((of * scale).floor() / scale)),
        _ => Err(call.wrong("the method is `common`, `ceil` or `floor`")),
    }
}

/// To even on a tie, of the exact binary value: what formatting does, too.
fn rounded(number: f64, precision: u32) -> f64 {
    if precision > 300 || !number.is_finite() {
        return number;
    }
    format!("{number:.*}", precision as usize)
        .parse()
        .unwrap_or(number)
}

/// `human_readable(isbits=false, unit=none)`
fn human_readable(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let size = number(call, None)?;
    let [bits, unit] = call.bind(["isbits", "unit"])?;
    let base = if bits.is_some_and(|flag| flag.is_true()) {
        "bits"
    } else {
        "Bytes"
    };
    let unit = unit.filter(|u| !u.is_none());
    let unit = unit
        .map(|u| call.text_of(&u))
        .transpose()?
        .map(|u| u.to_uppercase());
    for (suffix, limit) in UNITS {
        let wanted = match &unit {
            None => size >= *limit,
            Some(unit) => unit.starts_with(*suffix),
        };
        if wanted {
            let small = &base[..1];
            return Ok(Value::from(format!("{:.2} {suffix}{small}", size / limit)));
        }
    }
    Ok(Value::from(format!("{size:.2} {base}")))
}

const UNITS: &[(&str, f64)] = &[
    ("Y", 1_208_925_819_614_629_174_706_176.0),
    ("Z", 1_180_591_620_717_411_303_424.0),
    ("E", 1_152_921_504_606_846_976.0),
    ("P", 1_125_899_906_842_624.0),
    ("T", 1_099_511_627_776.0),
    ("G", 1_073_741_824.0),
    ("M", 1_048_576.0),
    ("K", 1024.0),
];

/// `human_to_bytes(default_unit=none, isbits=false)`
fn human_to_bytes(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let text = call.text()?;
    let [default_unit, bits] = call.bind(["default_unit", "isbits"])?;
    let letter = if bits.is_some_and(|flag| flag.is_true()) {
        'b'
    } else {
        'B'
    };
    let text = text.trim();
    let digits = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let wrong = || call.wrong("it wants a size such as `10M` or `2 KB`");
    let number: f64 = text[..digits].parse().map_err(|_| wrong())?;
    let unit = text[digits..].trim();
    let unit = match (unit, default_unit.filter(|u| !u.is_none())) {
        ("", Some(unit)) => call.text_of(&unit)?,
        (unit, _) => unit.to_owned(),
    };
    let mut rest = unit.chars();
    let limit = match rest.next() {
        None => return Ok(Value::from(truncated(number.round()).unwrap_or_default())),
        Some(c) => match UNITS
            .iter()
            .find(|(suffix, _)| suffix.starts_with(c.to_ascii_uppercase()))
        {
            Some((_, limit)) => *limit,
            None if c.eq_ignore_ascii_case(&'b') && unit.len() == 1 => 1.0,
            None => return Err(wrong()),
        },
    };
    match rest.as_str() {
        "" => {}
        rest if rest.len() == 1 && rest.starts_with(letter) => {}
        _ => return Err(wrong()),
    }
    Ok(Value::from(
        truncated((number * limit).round_ties_even()).unwrap_or_default(),
    ))
}

fn filesizeformat(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let size = number(call, None)?;
    let [binary] = call.bind(["binary"])?;
    let (base, names): (f64, [&str; 8]) = if binary.is_some_and(|flag| flag.is_true()) {
        (
            1024.0,
            ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"],
        )
    } else {
        (1000.0, ["kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"])
    };
    if size < base {
        #[expect(clippy::float_cmp, reason = "one byte exactly")]
        let one = size == 1.0;
        return Ok(Value::from(if one {
            "1 Byte".to_owned()
        } else {
            format!("{} Bytes", size.trunc())
        }));
    }
    let mut unit = base;
    let mut name = names[0];
    for next in names {
        unit *= base;
        name = next;
        if size < unit {
            break;
        }
    }
    Ok(Value::from(format!("{:.1} {name}", base * size / unit)))
}

impl Call<'_, '_, '_> {
    /// A whole number of an argument, or `otherwise`.
    pub(in crate::ansible) fn whole_or(
        &self,
        value: Option<&Value>,
        otherwise: i64,
    ) -> Result<i64, Error> {
        match value.filter(|v| !v.is_none()) {
            None => Ok(otherwise),
            Some(value) => value
                .as_i64()
                .ok_or_else(|| self.wrong("it wants a whole number")),
        }
    }
}
