//! The tests of Jinja2 and Ansible that need nothing but their input: what stands after `is`.

use minijinja::Error;
use minijinja::value::{Value, ValueKind};

use super::call::Call;
use super::filters::regex::{Flags, compile};

/// A test.
pub(super) struct Predicate {
    pub(super) name: &'static str,
    pub(super) holds: fn(&mut Call<'_, '_, '_>) -> Result<bool, Error>,
}

macro_rules! predicates {
    ($($name:literal => $holds:expr),+ $(,)?) => {
        const PREDICATES: &[Predicate] = &[$(
            Predicate {
                name: $name,
                holds: |call| {
                    call.all_defined()?;
                    let holds: fn(&mut Call<'_, '_, '_>) -> Result<bool, Error> = $holds;
                    let result = holds(call)?;
                    call.all_taken()?;
                    Ok(result)
                },
            }
        ),+];
    };
}

/// Those that are given names without a value.
const OF_UNDEFINED: &[Predicate] = &[
    Predicate {
        name: "defined",
        holds: |call| Ok(is_defined(call)),
    },
    Predicate {
        name: "undefined",
        holds: |call| Ok(!is_defined(call)),
    },
];

/// Every test.
pub(super) fn all() -> impl Iterator<Item = &'static Predicate> {
    OF_UNDEFINED.iter().chain(PREDICATES)
}

/// Tests of Ansible that are refused, and why.
pub(super) const REFUSED: &[(&str, &str)] = &[
    ("abs", FILES),
    ("directory", FILES),
    ("exists", FILES),
    ("file", FILES),
    ("is_abs", FILES),
    ("is_dir", FILES),
    ("is_file", FILES),
    ("is_link", FILES),
    ("is_mount", FILES),
    ("is_same_file", FILES),
    ("link", FILES),
    ("link_exists", FILES),
    ("mount", FILES),
    ("same_file", FILES),
    ("change", TASKS),
    ("changed", TASKS),
    ("failed", TASKS),
    ("failure", TASKS),
    ("finished", TASKS),
    ("reachable", TASKS),
    ("skip", TASKS),
    ("skipped", TASKS),
    ("started", TASKS),
    ("succeeded", TASKS),
    ("success", TASKS),
    ("successful", TASKS),
    ("timedout", TASKS),
    ("unreachable", TASKS),
    ("uri", "it is not available here; use `match`"),
    ("url", "it is not available here; use `match`"),
    ("urn", "it is not available here; use `match`"),
    ("vaulted_file", FILES),
];

const FILES: &str =
    "it looks at files of your machine, and a vars file must mean the same everywhere";
const TASKS: &str = "it looks at the result of a task, and there are no tasks here";

fn is_defined(call: &Call<'_, '_, '_>) -> bool {
    let defined = !call.value.is_undefined();
    if !defined {
        call.session.forgive();
    }
    defined
}

predicates! {
    "!=" => |call| same(call).map(|same| !same),
    "<" => |call| ordered(call, std::cmp::Ordering::is_lt),
    "<=" => |call| ordered(call, std::cmp::Ordering::is_le),
    "==" => same,
    ">" => |call| ordered(call, std::cmp::Ordering::is_gt),
    ">=" => |call| ordered(call, std::cmp::Ordering::is_ge),
    "all" => |call| Ok(call.items()?.iter().all(Value::is_true)),
    "any" => |call| Ok(call.items()?.iter().any(Value::is_true)),
    "boolean" => |call| Ok(call.value.kind() == ValueKind::Bool),
    "callable" => |_| Ok(false),
    "contains" => |call| {
        let value = call.value.clone();
        let item = other(call)?;
        within(call, &item, &value)
    },
    "divisibleby" => |call| {
        let (a, b) = (whole(call, None)?, other(call)?);
        match whole(call, Some(&b))? {
            0 => Err(call.wrong("nothing is divisible by 0")),
            b => Ok(a % b == 0),
        }
    },
    "eq" => same,
    "equalto" => same,
    "escaped" => |_| Ok(false),
    "even" => |call| Ok(whole(call, None)? % 2 == 0),
    "false" => |call| Ok(call.value == Value::from(false) && call.value.kind() == ValueKind::Bool),
    "falsy" => |call| truth(call).map(|truth| !truth),
    "filter" => |call| Ok(super::filters::all().any(|f| call.value.as_str() == Some(f.name))),
    "float" => |call| Ok(call.value.kind() == ValueKind::Number && !call.value.is_integer()),
    "ge" => |call| ordered(call, std::cmp::Ordering::is_ge),
    "greaterthan" => |call| ordered(call, std::cmp::Ordering::is_gt),
    "gt" => |call| ordered(call, std::cmp::Ordering::is_gt),
    "in" => |call| {
        let item = call.value.clone();
        let container = other(call)?;
        within(call, &item, &container)
    },
    "integer" => |call| Ok(call.value.is_integer() && call.value.kind() == ValueKind::Number),
    "isnan" => |call| Ok(f64::try_from(call.value.clone()).is_ok_and(f64::is_nan)),
    "issubset" => |call| subset(call, false),
    "issuperset" => |call| subset(call, true),
    "iterable" => |call| Ok(call.value.as_str().is_some() || call.value.try_iter().is_ok() && !call.value.is_none()),
    "le" => |call| ordered(call, std::cmp::Ordering::is_le),
    "lessthan" => |call| ordered(call, std::cmp::Ordering::is_lt),
    "lower" => |call| {
        let text = call.text()?;
        Ok(text.chars().any(char::is_lowercase) && !text.chars().any(char::is_uppercase))
    },
    "lt" => |call| ordered(call, std::cmp::Ordering::is_lt),
    "mapping" => |call| Ok(call.value.kind() == ValueKind::Map),
    "match" => |call| matches(call, Where::Start),
    "nan" => |call| Ok(f64::try_from(call.value.clone()).is_ok_and(f64::is_nan)),
    "ne" => |call| same(call).map(|same| !same),
    "none" => |call| Ok(call.value.is_none()),
    "number" => |call| Ok(matches!(call.value.kind(), ValueKind::Number | ValueKind::Bool)),
    "odd" => |call| Ok(whole(call, None)? % 2 != 0),
    "regex" => |call| matches(call, Where::Anywhere),
    "sameas" => |call| {
        let value = call.value.clone();
        let other = other(call)?;
        Ok(value.kind() == other.kind() && value.is_integer() == other.is_integer() && value == other)
    },
    "search" => |call| matches(call, Where::Anywhere),
    "sequence" => |call| Ok(matches!(call.value.kind(), ValueKind::String | ValueKind::Seq | ValueKind::Iterable | ValueKind::Map)),
    "string" => |call| Ok(call.value.kind() == ValueKind::String),
    "subset" => |call| subset(call, false),
    "superset" => |call| subset(call, true),
    "test" => |call| Ok(all().any(|p| call.value.as_str() == Some(p.name))),
    "true" => |call| Ok(call.value.kind() == ValueKind::Bool && call.value.is_true()),
    "truthy" => truth,
    "upper" => |call| {
        let text = call.text()?;
        Ok(text.chars().any(char::is_uppercase) && !text.chars().any(char::is_lowercase))
    },
    "version" => version,
    "version_compare" => version,
}

fn other(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let [other] = call.bind(["other"])?;
    other.ok_or_else(|| call.wrong("it wants something to compare with"))
}

fn same(call: &mut Call<'_, '_, '_>) -> Result<bool, Error> {
    let value = call.value.clone();
    Ok(value == other(call)?)
}

fn ordered(
    call: &mut Call<'_, '_, '_>,
    holds: fn(std::cmp::Ordering) -> bool,
) -> Result<bool, Error> {
    let value = call.value.clone();
    let other = other(call)?;
    let numeric = |v: &Value| matches!(v.kind(), ValueKind::Number | ValueKind::Bool);
    if value.kind() != other.kind() && !(numeric(&value) && numeric(&other)) {
        return Err(call.wrong("it cannot compare values of different types"));
    }
    Ok(holds(value.cmp(&other)))
}

fn whole(call: &Call<'_, '_, '_>, value: Option<&Value>) -> Result<i64, Error> {
    let value = value.unwrap_or(&call.value);
    value
        .as_i64()
        .ok_or_else(|| call.wrong("it wants a whole number"))
}

fn within(call: &mut Call<'_, '_, '_>, item: &Value, container: &Value) -> Result<bool, Error> {
    if let Some(text) = container.as_str() {
        return match item.as_str() {
            Some(part) => Ok(text.contains(part)),
            None => Err(call.wrong("only a text can be in a text")),
        };
    }
    Ok(call.items_of(container)?.contains(item))
}

fn subset(call: &mut Call<'_, '_, '_>, swapped: bool) -> Result<bool, Error> {
    let a = call.items()?;
    let b = other(call)?;
    let b = call.items_of(&b)?;
    call.work(a.len() * b.len() / 8)?;
    let (a, b) = if swapped { (b, a) } else { (a, b) };
    Ok(a.iter().all(|item| b.contains(item)))
}

/// `truthy(convert_bool=false)`
fn truth(call: &mut Call<'_, '_, '_>) -> Result<bool, Error> {
    let [convert] = call.bind(["convert_bool"])?;
    let word = call.value.as_str().map(str::to_lowercase);
    if convert.is_some_and(|flag| flag.is_true()) {
        match word.as_deref() {
            Some("yes" | "on" | "1" | "true" | "t" | "y") => return Ok(true),
            Some("no" | "off" | "0" | "false" | "f" | "n" | "") => return Ok(false),
            _ => {}
        }
    }
    Ok(call.value.is_true())
}

#[derive(Clone, Copy, PartialEq)]
enum Where {
    Start,
    Anywhere,
}

/// `match`, `search`, `regex`: `(pattern, ignorecase=false, multiline=false)`
fn matches(call: &mut Call<'_, '_, '_>, place: Where) -> Result<bool, Error> {
    let text = call.text()?;
    let kind = if call.name == "regex" {
        "match_type"
    } else {
        ""
    };
    let [pattern, ignore_case, multi_line, kind] =
        call.bind(["pattern", "ignorecase", "multiline", kind])?;
    let place = match call.text_or(kind.as_ref(), "")?.as_str() {
        "match" => Where::Start,
        "fullmatch" => {
            return Err(call.wrong("`fullmatch` is not available here: end the expression in `$`"));
        }
        _ => place,
    };
    let pattern = call.text_or(pattern.as_ref(), "")?;
    let flags = Flags {
        ignore_case: ignore_case.is_some_and(|flag| flag.is_true()),
        multi_line: multi_line.is_some_and(|flag| flag.is_true()),
    };
    let pattern = match place {
        Where::Start => format!("\\A(?:{pattern})"),
        Where::Anywhere => pattern,
    };
    let regex = compile(call, &pattern, flags)?;
    call.work(text.len())?;
    regex
        .is_match(&text)
        .map_err(|_| call.wrong("the regular expression takes too long on this text"))
}

/// `version(version, operator='eq', strict=none, version_type='loose')`: Python's `LooseVersion`.
fn version(call: &mut Call<'_, '_, '_>) -> Result<bool, Error> {
    let text = call.text()?;
    let [other, operator, strict, kind] =
        call.bind(["version", "operator", "strict", "version_type"])?;
    if strict.is_some_and(|flag| flag.is_true())
        || kind.is_some_and(|k| !k.is_none() && k.as_str() != Some("loose"))
    {
        return Err(call.wrong("only loose versions are compared here"));
    }
    let other = call.text_or(other.as_ref(), "")?;
    let operator = call.text_or(operator.as_ref(), "eq")?;
    let order = compare_loose(&parts(&text), &parts(&other))
        .ok_or_else(|| call.wrong("these versions cannot be compared"))?;
    Ok(match operator.as_str() {
        "==" | "=" | "eq" => order.is_eq(),
        "!=" | "<>" | "ne" => order.is_ne(),
        "<" | "lt" => order.is_lt(),
        "<=" | "le" => order.is_le(),
        ">" | "gt" => order.is_gt(),
        ">=" | "ge" => order.is_ge(),
        _ => return Err(call.wrong("the operator is one of ==, !=, <, <=, > and >=")),
    })
}

#[derive(PartialEq)]
enum Part {
    Number(u64),
    Text(String),
}

/// `re.split(r'(\d+ | [a-z]+ | \.)')` without dots and nothings.
fn parts(version: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut rest = version;
    while let Some(first) = rest.chars().next() {
        let of = |c: char| match c {
            '0'..='9' => 0,
            'a'..='z' => 1,
            '.' => 2,
            _ => 3,
        };
        let end = rest.find(|c| of(c) != of(first)).unwrap_or(rest.len());
        let (part, after) = rest.split_at(end);
        match of(first) {
            0 => parts.push(Part::Number(part.parse().unwrap_or(u64::MAX))),
            2 => {}
            _ => parts.push(Part::Text(part.to_owned())),
        }
        rest = after;
    }
    parts
}

fn compare_loose(a: &[Part], b: &[Part]) -> Option<std::cmp::Ordering> {
    for (a, b) in a.iter().zip(b) {
        let order = match (a, b) {
            (Part::Number(a), Part::Number(b)) => a.cmp(b),
            (Part::Text(a), Part::Text(b)) => a.cmp(b),
            _ => return None,
        };
        if order.is_ne() {
            return Some(order);
        }
    }
    Some(a.len().cmp(&b.len()))
}
