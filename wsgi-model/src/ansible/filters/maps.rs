//! Filters of mappings.

use indexmap::IndexMap;
use minijinja::Error;
use minijinja::value::{Tuple, Value, ValueKind};

use super::each::attribute;
use super::filters;
use super::lists::{Case, compare};
use crate::ansible::call::Call;
use crate::ansible::view::{list, look_up};

filters! {
    "attr" => |call| {
        let [name] = call.bind(["name"])?;
        let name = name.ok_or_else(|| call.wrong("it wants a name"))?;
        attribute(&call.value, &name)
    },
    "combine" => combine,
    "dict2items" => dict2items,
    "dictsort" => dictsort,
    "extract" => extract,
    "items" => |call| {
        let value = call.value.clone();
        Ok(pairs(call.entries_of(&value)?))
    },
    "items2dict" => items2dict,
}

fn pairs(entries: Vec<(Value, Value)>) -> Value {
    list(
        entries
            .into_iter()
            .map(|(key, value)| Value::from(Tuple::from([key, value]))),
    )
}

/// What becomes of two lists under one key.
#[derive(Clone, Copy)]
enum ListMerge {
    Replace,
    Keep,
    Append,
    Prepend,
    AppendNew,
    PrependNew,
}

/// `combine(*mappings, recursive=false, list_merge='replace')`
fn combine(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let others = std::mem::take(&mut call.args);
    let [recursive, list_merge] = call.bind(["recursive", "list_merge"])?;
    let recursive = recursive.is_some_and(|flag| flag.is_true());
    let lists = match call.text_or(list_merge.as_ref(), "replace")?.as_str() {
        "replace" => ListMerge::Replace,
        "keep" => ListMerge::Keep,
        "append" => ListMerge::Append,
        "prepend" => ListMerge::Prepend,
        "append_rp" => ListMerge::AppendNew,
        "prepend_rp" => ListMerge::PrependNew,
        _ => {
            return Err(call
                .wrong("`list_merge` is replace, keep, append, prepend, append_rp or prepend_rp"));
        }
    };
    let mut all = Vec::new();
    for value in std::iter::once(call.value.clone()).chain(others) {
        // Ansible flattens lists of mappings, and leaves out what is empty.
        if matches!(value.kind(), ValueKind::Seq | ValueKind::Iterable) {
            all.extend(call.items_of(&value)?);
        } else {
            all.push(value);
        }
    }
    let mut made = Value::from_pairs(std::iter::empty::<(Value, Value)>());
    for value in all {
        if value.kind() != ValueKind::Map {
            return Err(call.wrong("it wants mappings"));
        }
        made = merge(call, &made, &value, recursive, lists, 0)?;
    }
    Ok(made)
}

fn merge(
    call: &mut Call<'_, '_, '_>,
    below: &Value,
    above: &Value,
    recursive: bool,
    lists: ListMerge,
    depth: usize,
) -> Result<Value, Error> {
    if depth > 64 {
        return Err(call.wrong("the mappings are nested too deep"));
    }
    let mut made: IndexMap<Value, Value> = call.entries_of(below)?.into_iter().collect();
    for (key, new) in call.entries_of(above)? {
        let Some(old) = made.get(&key).cloned() else {
            made.insert(key, new);
            continue;
        };
        let is_list = |v: &Value| matches!(v.kind(), ValueKind::Seq | ValueKind::Iterable);
        let value = if recursive && old.kind() == ValueKind::Map && new.kind() == ValueKind::Map {
            merge(call, &old, &new, recursive, lists, depth + 1)?
        } else if is_list(&old) && is_list(&new) {
            let (old_items, new_items) = (call.items_of(&old)?, call.items_of(&new)?);
            let without = |items: Vec<Value>, others: &[Value]| -> Vec<Value> {
                items
                    .into_iter()
                    .filter(|item| !others.contains(item))
                    .collect()
            };
            match lists {
                ListMerge::Replace => new,
                ListMerge::Keep => old,
                ListMerge::Append => Value::from([old_items, new_items].concat()),
                ListMerge::Prepend => Value::from([new_items, old_items].concat()),
                ListMerge::AppendNew => {
                    Value::from([without(old_items, &new_items), new_items].concat())
                }
                ListMerge::PrependNew => {
                    Value::from([new_items.clone(), without(old_items, &new_items)].concat())
                }
            }
        } else {
            new
        };
        made.insert(key, value);
    }
    Ok(Value::from_pairs(made))
}

/// `dict2items(key_name='key', value_name='value')`
fn dict2items(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let value = call.value.clone();
    let [key_name, value_name] = call.bind(["key_name", "value_name"])?;
    let key_name = call.text_or(key_name.as_ref(), "key")?;
    let value_name = call.text_or(value_name.as_ref(), "value")?;
    let entries = call.entries_of(&value)?;
    Ok(list(entries.into_iter().map(|(key, value)| {
        Value::from_pairs([(key_name.as_str(), key), (value_name.as_str(), value)])
    })))
}

/// `items2dict(key_name='key', value_name='value')`
fn items2dict(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let items = call.items()?;
    let [key_name, value_name] = call.bind(["key_name", "value_name"])?;
    let key_name = Value::from(call.text_or(key_name.as_ref(), "key")?);
    let value_name = Value::from(call.text_or(value_name.as_ref(), "value")?);
    let mut made = IndexMap::new();
    for item in items {
        let key = look_up(&item, &key_name);
        let value = look_up(&item, &value_name);
        if key.is_undefined() || value.is_undefined() {
            return Err(call.wrong("an item lacks its key or its value"));
        }
        made.insert(key, value);
    }
    Ok(Value::from_pairs(made))
}

/// `dictsort(case_sensitive=false, by='key', reverse=false)`
fn dictsort(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let value = call.value.clone();
    let [case, by, reverse] = call.bind(["case_sensitive", "by", "reverse"])?;
    let case = Case::of(case.as_ref());
    let by_value = match call.text_or(by.as_ref(), "key")?.as_str() {
        "key" => false,
        "value" => true,
        _ => return Err(call.wrong("`by` is key or value")),
    };
    let mut entries = call.entries_of(&value)?;
    let mut wrong = None;
    let down = reverse.is_some_and(|flag| flag.is_true());
    entries.sort_by(|a, b| {
        let (a, b) = if by_value { (&a.1, &b.1) } else { (&a.0, &b.0) };
        match compare(call, a, b, case) {
            Ok(order) if down => order.reverse(),
            Ok(order) => order,
            Err(error) => {
                wrong.get_or_insert(error);
                std::cmp::Ordering::Equal
            }
        }
    });
    wrong.map_or_else(|| Ok(pairs(entries)), Err)
}

/// `extract(container, morekeys=none)`
fn extract(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let key = call.value.clone();
    let [container, more] = call.bind(["container", "morekeys"])?;
    let container = container.ok_or_else(|| call.wrong("it wants a list or mapping"))?;
    let mut value = look_up(&container, &key);
    let more = match more.filter(|m| !m.is_none()) {
        None => Vec::new(),
        Some(more) if more.kind() == ValueKind::String => vec![more],
        Some(more) => call.items_of(&more)?,
    };
    for key in more {
        value = look_up(&value, &key);
    }
    Ok(value)
}
