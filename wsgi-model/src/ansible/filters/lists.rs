//! Filters of lists.

use std::cmp::Ordering;

use minijinja::Error;
use minijinja::value::{Value, ValueKind};

use super::each::attribute;
use super::filters;
use crate::ansible::call::Call;
use crate::ansible::view::list;

filters! {
    "batch" => batch,
    "count" => length,
    "first" => |call| {
        let items = call.items()?;
        Ok(items.into_iter().next().unwrap_or_else(|| call.nothing("there is no first item")))
    },
    "join" => join,
    "last" => |call| {
        let items = call.items()?;
        Ok(items.into_iter().next_back().unwrap_or_else(|| call.nothing("there is no last item")))
    },
    "length" => length,
    "list" => |call| call.items().map(Value::from),
    "max" => |call| extreme(call, Ordering::Greater),
    "min" => |call| extreme(call, Ordering::Less),
    "reverse" => |call| {
        if let Some(text) = call.value.as_str() {
            return Ok(Value::from(text.chars().rev().collect::<String>()));
        }
        let mut items = call.items()?;
        items.reverse();
        Ok(Value::from(items))
    },
    "slice" => slice,
    "sort" => sort,
    "sum" => sum,
    "unique" => unique,
}

fn length(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    if let Some(text) = call.value.as_str() {
        return Ok(Value::from(text.chars().count()));
    }
    call.value
        .len()
        .map(Value::from)
        .ok_or_else(|| call.wrong("what it is given has no length"))
}

/// `join(d='', attribute=none)`
fn join(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let items = call.items()?;
    let [separator, path] = call.bind(["d", "attribute"])?;
    let separator = call.text_or(separator.as_ref(), "")?;
    let mut out = String::new();
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            out.push_str(&separator);
        }
        let item = match &path {
            Some(path) if !path.is_none() => attribute(item, path)?,
            _ => item.clone(),
        };
        out.push_str(&call.text_of(&item)?);
        call.room(out.len())?;
    }
    Ok(Value::from(out))
}

/// How two values stand to each other in Python; texts are compared by their lower case unless
/// the case counts.
pub(super) fn compare(
    call: &Call<'_, '_, '_>,
    a: &Value,
    b: &Value,
    case: Case,
) -> Result<Ordering, Error> {
    match (a.as_str(), b.as_str()) {
        (Some(a), Some(b)) => Ok(match case {
            Case::Ignored => a.to_lowercase().cmp(&b.to_lowercase()),
            Case::Counts => a.cmp(b),
        }),
        (None, None) => {
            let numeric = |v: &Value| matches!(v.kind(), ValueKind::Number | ValueKind::Bool);
            if (numeric(a) && numeric(b)) || (a.kind() == b.kind() && !a.is_none()) {
                Ok(a.cmp(b))
            } else {
                Err(call.wrong("it cannot compare values of different types"))
            }
        }
        _ => Err(call.wrong("it cannot compare a text with something else")),
    }
}

/// Whether upper and lower case are different.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Case {
    Counts,
    Ignored,
}

impl Case {
    pub(super) fn of(flag: Option<&Value>) -> Self {
        if flag.is_some_and(Value::is_true) {
            Self::Counts
        } else {
            Self::Ignored
        }
    }
}

/// Items with what they are compared by.
fn keyed(call: &mut Call<'_, '_, '_>, path: Option<&Value>) -> Result<Vec<(Value, Value)>, Error> {
    let items = call.items()?;
    items
        .into_iter()
        .map(|item| {
            let key = match path.filter(|p| !p.is_none()) {
                Some(path) => attribute(&item, path)?,
                None => item.clone(),
            };
            Ok((key, item))
        })
        .collect()
}

/// `sort(reverse=false, case_sensitive=false, attribute=none)`
fn sort(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let [reverse, case, path] = call.bind(["reverse", "case_sensitive", "attribute"])?;
    let case = Case::of(case.as_ref());
    let mut items = keyed(call, path.as_ref())?;
    call.work(items.len() * 16)?;
    let mut wrong = None;
    let down = reverse.is_some_and(|flag| flag.is_true());
    items.sort_by(|(a, _), (b, _)| match compare(call, a, b, case) {
        Ok(order) if down => order.reverse(),
        Ok(order) => order,
        Err(error) => {
            wrong.get_or_insert(error);
            Ordering::Equal
        }
    });
    wrong.map_or_else(|| Ok(list(items.into_iter().map(|(_, item)| item))), Err)
}

/// `min`, `max`: `(case_sensitive=false, attribute=none)`
fn extreme(call: &mut Call<'_, '_, '_>, better: Ordering) -> Result<Value, Error> {
    let [case, path] = call.bind(["case_sensitive", "attribute"])?;
    let case = Case::of(case.as_ref());
    let mut best: Option<(Value, Value)> = None;
    for (key, item) in keyed(call, path.as_ref())? {
        let wins = match &best {
            None => true,
            Some((champion, _)) => compare(call, &key, champion, case)? == better,
        };
        if wins {
            best = Some((key, item));
        }
    }
    Ok(best.map_or_else(|| call.nothing("there is no item"), |(_, item)| item))
}

/// `unique(case_sensitive=false, attribute=none)`, in the order of the first of each.
fn unique(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let [case, path] = call.bind(["case_sensitive", "attribute"])?;
    let case = Case::of(case.as_ref());
    let items = keyed(call, path.as_ref())?;
    let mut seen: Vec<Value> = Vec::new();
    let mut kept = Vec::new();
    for (key, item) in items {
        let key = match key.as_str() {
            Some(text) if case == Case::Ignored => Value::from(text.to_lowercase()),
            _ => key,
        };
        call.work(seen.len())?;
        if !seen.contains(&key) {
            seen.push(key);
            kept.push(item);
        }
    }
    Ok(Value::from(kept))
}

/// `sum(attribute=none, start=0)`
fn sum(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let [path, start] = call.bind(["attribute", "start"])?;
    let start = start.unwrap_or_else(|| Value::from(0));
    let items = keyed(call, path.as_ref())?;
    let values: Vec<Value> = items.into_iter().map(|(key, _)| key).collect();
    if start.kind() == ValueKind::Seq || start.kind() == ValueKind::Iterable {
        let mut all = call.items_of(&start)?;
        for value in values {
            all.extend(call.items_of(&value)?);
        }
        return Ok(Value::from(all));
    }
    let mut whole = start.as_i64().map(i128::from);
    let mut total =
        f64::try_from(start).map_err(|_| call.wrong("it wants a number to start with"))?;
    for value in values {
        let (as_whole, as_float) = match value.kind() {
            ValueKind::Bool => {
                let one = u8::from(value.is_true());
                (Some(i128::from(one)), f64::from(one))
            }
            ValueKind::Number => {
                let whole = value
                    .is_integer()
                    .then(|| i128::try_from(value.clone()).ok());
                let float =
                    f64::try_from(value).map_err(|_| call.wrong("the number is too large"))?;
                (whole.flatten(), float)
            }
            _ => return Err(call.wrong("it wants numbers")),
        };
        whole = whole.zip(as_whole).and_then(|(a, b)| a.checked_add(b));
        total += as_float;
    }
    Ok(whole.map_or_else(|| Value::from(total), Value::from))
}

/// `batch(linecount, fill_with=none)`
fn batch(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let items = call.items()?;
    let [count, fill] = call.bind(["linecount", "fill_with"])?;
    let count = usize::try_from(call.whole_or(count.as_ref(), 0)?).unwrap_or(0);
    if count == 0 {
        return Err(call.wrong("it wants a number of items"));
    }
    call.work(count)?;
    let mut rows: Vec<Vec<Value>> = items.chunks(count).map(<[Value]>::to_vec).collect();
    if let (Some(fill), Some(last)) = (fill.filter(|f| !f.is_none()), rows.last_mut()) {
        last.resize(count, fill);
    }
    Ok(list(rows.into_iter().map(Value::from)))
}

/// `slice(slices, fill_with=none)`
fn slice(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let items = call.items()?;
    let [slices, fill] = call.bind(["slices", "fill_with"])?;
    let slices = usize::try_from(call.whole_or(slices.as_ref(), 0)?).unwrap_or(0);
    if slices == 0 {
        return Err(call.wrong("it wants a number of slices"));
    }
    call.work(slices)?;
    let (short, longer) = (items.len() / slices, items.len() % slices);
    let mut rest = items.into_iter();
    let rows: Vec<Value> = (0..slices)
        .map(|i| {
            let mut row: Vec<Value> = rest
                .by_ref()
                .take(short + usize::from(i < longer))
                .collect();
            if let Some(fill) = fill
                .as_ref()
                .filter(|f| !f.is_none() && i >= longer && longer > 0)
            {
                row.push(fill.clone());
            }
            Value::from(row)
        })
        .collect();
    Ok(Value::from(rows))
}
