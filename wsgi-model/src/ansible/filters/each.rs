//! Filters that do something to each item of a list.

use minijinja::Error;
use minijinja::value::{Kwargs, Tuple, Value, ValueKind};

use super::filters;
use super::lists::{Case, compare};
use crate::ansible::call::Call;
use crate::ansible::view::{list, look_up};
use crate::ansible::weighed::short;

filters! {
    "groupby" => groupby,
    "map" => map,
    "reject" => |call| select(call, Keep::Failing, By::Item),
    "rejectattr" => |call| select(call, Keep::Failing, By::Attribute),
    "select" => |call| select(call, Keep::Passing, By::Item),
    "selectattr" => |call| select(call, Keep::Passing, By::Attribute),
}

/// What a dotted path (or a number) leads to, below `item`. Undefined where it leads nowhere.
pub(super) fn attribute(item: &Value, path: &Value) -> Result<Value, Error> {
    let Some(path) = path.as_str() else {
        return Ok(look_up(item, path));
    };
    let mut value = item.clone();
    for step in path.split('.') {
        let step = match step.parse::<usize>() {
            Ok(number) => Value::from(number),
            Err(_) => Value::from(step),
        };
        value = look_up(&value, &step);
        if value.kind() == ValueKind::Invalid {
            return Err(crate::ansible::session::wait());
        }
        if value.is_undefined() {
            break;
        }
    }
    Ok(value)
}

/// Which items stay.
#[derive(Clone, Copy, PartialEq)]
enum Keep {
    Passing,
    Failing,
}

/// What of an item is tested.
#[derive(Clone, Copy, PartialEq)]
enum By {
    Item,
    Attribute,
}

fn kwargs(call: &mut Call<'_, '_, '_>) -> Option<Value> {
    let named = std::mem::take(&mut call.kwargs);
    (!named.is_empty()).then(|| Value::from(Kwargs::from_iter(named)))
}

/// `select(test, *args)`, `selectattr(attribute, test, *args)`
fn select(call: &mut Call<'_, '_, '_>, keep: Keep, by: By) -> Result<Value, Error> {
    // Jinja looks at what is not empty only.
    let items = if call.value.is_true() {
        call.items()?
    } else {
        Vec::new()
    };
    let named = kwargs(call);
    let mut args = std::mem::take(&mut call.args).into_iter();
    if items.is_empty() {
        return Ok(Value::from(items));
    }
    let path = match by {
        By::Item => None,
        By::Attribute => Some(
            args.next()
                .ok_or_else(|| call.wrong("it wants the name of an attribute"))?,
        ),
    };
    let test = args.next().map(|test| call.text_of(&test)).transpose()?;
    let rest: Vec<Value> = args.chain(named).collect();
    let mut kept = Vec::new();
    for item in items {
        let value = match &path {
            Some(path) => attribute(&item, path)?,
            None => item.clone(),
        };
        let passes = match &test {
            Some(test) => {
                let mut given = vec![value];
                given.extend(rest.iter().cloned());
                call.pay_for(&given[0])?;
                call.state
                    .perform_test(short(test), &given)
                    .map_err(|error| call.unknown(error, "test", test))?
            }
            None if value.is_undefined() => {
                return Ok(call.nothing("an item has no such attribute"));
            }
            None => value.is_true(),
        };
        if passes == (keep == Keep::Passing) {
            kept.push(item);
        }
    }
    Ok(Value::from(kept))
}

/// `map(filter, *args)` or `map(attribute=…, default=…)`
fn map(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let items = if call.value.is_true() {
        call.items()?
    } else {
        Vec::new()
    };
    let mut mapped = Vec::with_capacity(items.len());
    if call.args.is_empty() {
        let [path, otherwise] = call.bind(["attribute", "default"])?;
        let path = path.ok_or_else(|| call.wrong("it wants a filter or an attribute"))?;
        for item in items {
            let value = attribute(&item, &path)?;
            mapped.push(match (value.is_undefined(), &otherwise) {
                (false, _) => value,
                (true, Some(otherwise)) if !otherwise.is_none() => otherwise.clone(),
                (true, _) => return Ok(call.nothing("an item has no such attribute")),
            });
        }
        return Ok(Value::from(mapped));
    }
    let named = kwargs(call);
    let mut args = std::mem::take(&mut call.args).into_iter();
    let filter = args
        .next()
        .map(|filter| call.text_of(&filter))
        .transpose()?;
    let filter = filter.unwrap_or_default();
    let rest: Vec<Value> = args.chain(named).collect();
    for item in items {
        let mut given = vec![item];
        given.extend(rest.iter().cloned());
        call.pay_for(&given[0])?;
        let value = call
            .state
            .apply_filter(short(&filter), &given)
            .map_err(|error| call.unknown(error, "filter", &filter))?;
        mapped.push(value);
    }
    Ok(Value::from(mapped))
}

/// `groupby(attribute, default=none, case_sensitive=false)`: a list of pairs, in order.
fn groupby(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let items = call.items()?;
    let [path, otherwise, case] = call.bind(["attribute", "default", "case_sensitive"])?;
    let path = path.ok_or_else(|| call.wrong("it wants an attribute"))?;
    let case = Case::of(case.as_ref());
    let mut groups: Vec<(Value, Vec<Value>)> = Vec::new();
    for item in items {
        let mut key = attribute(&item, &path)?;
        if key.is_undefined() {
            key = otherwise
                .clone()
                .ok_or_else(|| call.wrong("an item has no such attribute"))?;
        }
        call.work(groups.len())?;
        let mut at = groups.len();
        let mut found = false;
        for (i, (known, _)) in groups.iter().enumerate() {
            match compare(call, &key, known, case)? {
                std::cmp::Ordering::Equal => {
                    (at, found) = (i, true);
                    break;
                }
                std::cmp::Ordering::Less => {
                    at = i;
                    break;
                }
                std::cmp::Ordering::Greater => {}
            }
        }
        if found {
            groups[at].1.push(item);
        } else {
            groups.insert(at, (key, vec![item]));
        }
    }
    let pair =
        |(key, items): (Value, Vec<Value>)| Value::from(Tuple::from([key, Value::from(items)]));
    Ok(list(groups.into_iter().map(pair)))
}
