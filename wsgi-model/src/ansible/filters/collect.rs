//! Filters that put lists together in new ways.

use minijinja::Error;
use minijinja::value::{Tuple, Value, ValueKind};

use super::filters;
use crate::ansible::call::Call;
use crate::ansible::view::list;

filters! {
    "combinations" => |call| chosen(call, |n, at| at.windows(2).all(|w| w[0] < w[1]) && n > 0),
    "flatten" => flatten,
    "permutations" => |call| chosen(call, |_, at| (1..at.len()).all(|i| !at[..i].contains(&at[i]))),
    "product" => product,
    "zip" => |call| zip(call, None),
    "zip_longest" => |call| {
        let fill = call.kwargs.iter().position(|(name, _)| name == "fillvalue");
        let fill = fill.map_or_else(|| Value::from(()), |i| call.kwargs.remove(i).1);
        zip(call, Some(&fill))
    },
}

/// `flatten(levels=none, skip_nulls=true)`
fn flatten(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let value = call.value.clone();
    let [levels, skip_nulls] = call.bind(["levels", "skip_nulls"])?;
    let levels = call.whole_or(levels.as_ref(), i64::MAX)?;
    let skip_nulls = skip_nulls.is_none_or(|flag| flag.is_true());
    let mut made = Vec::new();
    flatten_into(call, &mut made, &value, levels, skip_nulls, 0)?;
    Ok(Value::from(made))
}

fn flatten_into(
    call: &mut Call<'_, '_, '_>,
    made: &mut Vec<Value>,
    value: &Value,
    levels: i64,
    skip_nulls: bool,
    depth: usize,
) -> Result<(), Error> {
    if depth > 64 {
        return Err(call.wrong("the lists are nested too deep"));
    }
    for item in call.items_of(value)? {
        let null = item.is_none() || matches!(item.as_str(), Some("None" | "null"));
        if null && skip_nulls {
            continue;
        }
        let is_list = matches!(item.kind(), ValueKind::Seq | ValueKind::Iterable);
        if is_list && levels >= 1 {
            flatten_into(call, made, &item, levels - 1, skip_nulls, depth + 1)?;
        } else {
            made.push(item);
        }
    }
    Ok(())
}

/// The lists that the arguments are, after the one before the `|`.
fn lists(call: &mut Call<'_, '_, '_>) -> Result<Vec<Vec<Value>>, Error> {
    let others = std::mem::take(&mut call.args);
    let mut lists = vec![call.items()?];
    for other in others {
        lists.push(call.items_of(&other)?);
    }
    Ok(lists)
}

fn zip(call: &mut Call<'_, '_, '_>, fill: Option<&Value>) -> Result<Value, Error> {
    let lists = lists(call)?;
    let lengths = lists.iter().map(Vec::len);
    let length = match fill {
        Some(_) => lengths.max(),
        None => lengths.min(),
    };
    let length = length.unwrap_or(0);
    call.work(length * lists.len())?;
    let row = |i: usize| {
        let item = |list: &Vec<Value>| list.get(i).or(fill).cloned().unwrap_or_default();
        Value::from(Tuple::from(lists.iter().map(item).collect::<Vec<_>>()))
    };
    Ok(list((0..length).map(row)))
}

/// `product(*lists)`
fn product(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let lists = lists(call)?;
    let mut rows: Vec<Vec<Value>> = vec![Vec::new()];
    for list in lists {
        let size = rows.len().saturating_mul(list.len());
        call.work(size.saturating_mul(4))?;
        rows = rows
            .iter()
            .flat_map(|row| {
                list.iter()
                    .map(move |item| [row.as_slice(), std::slice::from_ref(item)].concat())
            })
            .collect();
    }
    Ok(list(
        rows.into_iter().map(|row| Value::from(Tuple::from(row))),
    ))
}

/// Choices of `n` items whose positions the rule allows, in Python's order.
fn chosen(
    call: &mut Call<'_, '_, '_>,
    allowed: fn(usize, &[usize]) -> bool,
) -> Result<Value, Error> {
    let items = call.items()?;
    let [n] = call.bind(["n"])?;
    let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
    let n = usize::try_from(call.whole_or(n.as_ref(), length)?)
        .map_err(|_| call.wrong("it wants a number of items"))?;
    let mut rows: Vec<Vec<usize>> = vec![Vec::new()];
    for _ in 0..n {
        let mut longer = Vec::new();
        for row in &rows {
            call.work(items.len())?;
            for at in 0..items.len() {
                let candidate = [row.as_slice(), &[at]].concat();
                if allowed(candidate.len(), &candidate) {
                    longer.push(candidate);
                }
            }
        }
        rows = longer;
    }
    let row = |row: Vec<usize>| {
        let row = row.into_iter().map(|at| items[at].clone());
        Value::from(Tuple::from(row.collect::<Vec<_>>()))
    };
    Ok(list(rows.into_iter().map(row)))
}
